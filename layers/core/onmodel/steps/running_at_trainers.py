"""What runs or stands at the trainers' services: looked at, and asked to stop, for a deletion."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from onmodel.contracts.deployments import DeploymentStatus
from onmodel.contracts.operations import OurResource, ResourceKind
from onmodel.contracts.rows import StoryboardStatus, TrainingStage
from onmodel.deployments.lifecycle import OVER, ask_to_stop
from onmodel.errors import AccessDenied
from onmodel.money.pricebook import PriceBook
from onmodel.observability import logger
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import Trainer, Trainers
from onmodel.registry.kinds import DEPLOYMENTS, STORYBOARDS, TRAININGS, StoryboardRow

LONGEST_START_CALL = timedelta(minutes=2)
"""The timeout of start_training: its call may still run, and no list has the training yet."""

LONGEST_DRAWING_START = timedelta(minutes=6)
"""Likewise of start_drawing, which runs for five minutes at most."""

LONGEST_DRAWING = timedelta(hours=26)
"""A job waits for an hour at most, and runs for a day at most."""

JOBS = (ResourceKind.TRAINING, ResourceKind.DRAWING, ResourceKind.PREPARATION)

RUNNING = frozenset({TrainingStage.STARTING, TrainingStage.IN_PROGRESS})
"""Statuses of a training that may cost money, by its row."""


@dataclass(frozen=True)
class RunningAtTrainers:
    """The trainers of the stack, and the rows of what was begun at them."""

    registry: Registry
    trainers: Trainers
    prices: PriceBook
    clock: Clock

    def denied(self) -> set[str]:
        """Names of the trainers whose service denies every list."""
        return {name for name in self.trainers if self._is_denied(name)}

    def open_at(self, denied: Collection[str]) -> str:
        """Ids of what may still bill at these trainers, by the rows alone."""
        deployments = [
            row.id
            for row in DEPLOYMENTS.list_all(self.registry)
            if row.status not in OVER and row.body.trainer in denied
        ]
        trainings = [
            row.id
            for row in TRAININGS.list_all(self.registry)
            if row.status in RUNNING and row.body.trainer in denied
        ]
        drawings = [
            row.id for row in self._drawings_since(LONGEST_DRAWING) if row.body.trainer in denied
        ]
        return ", ".join(sorted([*deployments, *trainings, *drawings]))

    def deployments(self, trainers: Trainers) -> list[str]:
        """Everything that bills by the hour, with or without a row; each is stopped again."""
        standing: list[str] = []
        for trainer in trainers.values():
            deployer = trainer.deployer
            if deployer is None:
                continue
            for thing in trainer.list_ours(ResourceKind.DEPLOYMENT):
                if deployer.describe_deployment(thing.ref).status != DeploymentStatus.GONE:
                    ask_to_stop(deployer, thing.ref)
                    standing.append(thing.ref)
        return standing

    def jobs(self, trainers: Trainers, stopped: set[str]) -> list[str]:
        """Names of jobs that run or may just be started; each is asked to stop again."""
        running: list[str] = []
        for trainer in trainers.values():
            for job in trainer.list_ours(*JOBS):
                _stop_job(trainer, job)
                stopped.add(job.ref)
                running.append(job.name)
        starting = [
            row.id
            for row in TRAININGS.list_all(self.registry)
            if row.status == TrainingStage.STARTING
            and self.clock() - row.updated_at < LONGEST_START_CALL
        ]
        drawings = [
            row.id
            for row in self._drawings_since(LONGEST_DRAWING_START)
            if row.body.drawing_ref is None
        ]
        return [*running, *starting, *drawings]

    def models_that_stay(self, trainers: Trainers) -> str:
        """In words, what a deletion of the stack leaves: trained models, and what they cost."""
        told = [
            self._models(trainer, models)
            for trainer in trainers.values()
            if (models := trainer.list_ours(ResourceKind.MODEL))
        ]
        return ". ".join(told) or "No custom model stays"

    def _models(self, trainer: Trainer, models: Sequence[OurResource]) -> str:
        item = trainer.items.model_month
        price = self.prices.price(item) if item else None
        cost = ""
        if price is not None and price.usd is not None:
            cost = f", {price.usd * len(models):.2f} USD a month until they are deleted"
        names = ", ".join(sorted(model.name for model in models))
        return f"Custom models that stay: {len(models)}{cost}: {names}"

    def _is_denied(self, trainer: str) -> bool:
        """Whether its service denies every list, as where an account may not use it."""
        for kind in self.trainers[trainer].kinds:
            try:
                self.trainers[trainer].list_ours(kind)
            except AccessDenied as fault:
                logger.warning("%s of %s cannot be listed: %s", kind, trainer, fault)
            else:
                return False
        return True

    def _drawings_since(self, age: timedelta) -> Iterator[StoryboardRow]:
        """Takes that a job draws, by their rows; an execution that failed leaves its row as it is.

        Args:
            age: of the last change of the row, at most.
        """
        for row in STORYBOARDS.list_all(self.registry):
            is_by_job = row.status == StoryboardStatus.DRAWING and row.body.deployment_id is None
            if is_by_job and self.clock() - row.updated_at < age:
                yield row


def _stop_job(trainer: Trainer, job: OurResource) -> None:
    if job.kind != ResourceKind.DRAWING:
        trainer.stop_training(job.ref)
    elif trainer.drawing_jobs is not None:
        trainer.drawing_jobs.stop_drawing(job.ref)
