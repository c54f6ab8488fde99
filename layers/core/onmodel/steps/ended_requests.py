"""Notifies the outcome of what was asked for, when its execution ended without doing so.

Whatever ends an execution, in whatever state: reconcile finds it among its machine's unsuccessful
executions. Unless it notified its outcome itself, the mail that it should have sent is sent, or
what was approved is continued. The rows say which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from onmodel.contracts.deployments import DeployRequest
from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.films import Run
from onmodel.contracts.generations import Generation
from onmodel.contracts.keys import execution_arn
from onmodel.contracts.rows import (
    DatasetStatus,
    GenerationStatus,
    TrainingStage,
)
from onmodel.datasets.generations import is_tried_again, start_again_by_itself
from onmodel.deployments.events import ready_event
from onmodel.money.approvals import newest_approval
from onmodel.notifications.outcomes import outcome_of
from onmodel.notifications.sending import was_sent
from onmodel.ports.machines import Clock, EndedExecution, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import (
    APPROVALS,
    DATASETS,
    DEPLOYMENTS,
    GENERATIONS,
    RUNS,
    STORYBOARDS,
    TRAININGS,
    GenerationRow,
)
from onmodel.registry.tombstones import was_deleted_since
from onmodel.steps.ended_storyboards import EndedStoryboards
from onmodel.steps.outcome_mails import ENDED, About, OutcomeMails, input_of, is_declined
from onmodel.steps.recovery import is_held

NOT_STARTED = "training_not_started"

BEGUN = frozenset(TrainingStage) - {TrainingStage.STARTING, TrainingStage.IMPOSSIBLE}


@dataclass(frozen=True)
class EndedRequests:
    """The services that notifying needs, and the machines' ARNs."""

    registry: Registry
    studio: ObjectStore
    mails: OutcomeMails
    executions: Executions
    clock: Clock
    prepare_film_arn: str
    train_model_arn: str
    deploy_model_arn: str
    draw_storyboard_arn: str

    def machine_arns(self) -> tuple[str, ...]:
        return tuple(self._acts())

    def ended(self, machine_arn: str, since: datetime) -> list[EndedExecution]:
        """A machine's executions that ended without success since then, the oldest first."""
        found = self.executions.unsuccessful(machine_arn, since)
        return sorted(found, key=lambda ended: ended.ended_at)

    def act(self, machine_arn: str, ended: EndedExecution) -> bool:
        """Whether its outcome was notified, or what it was asked for is tried again.

        Nothing is done about a production that was deleted since: who deletes one stops its
        executions first.
        """
        asked = [each for each in ended.payload.values() if isinstance(each, dict)]
        named = {str(each["production"]) for each in asked if each.get("production")}
        if any(was_deleted_since(one, ended.ended_at, self.registry) for one in named):
            return False
        return self._acts()[machine_arn](ended)

    def _acts(self) -> Mapping[str, Callable[[EndedExecution], bool]]:
        """By the machine's ARN."""
        storyboards = EndedStoryboards(
            self.registry, self.mails, self.executions, self.clock, self.deploy_model_arn
        )
        return {
            self.prepare_film_arn: self._film,
            self.train_model_arn: self._training,
            self.deploy_model_arn: self._deployment,
            self.draw_storyboard_arn: storyboards.act,
        }

    def _film(self, ended: EndedExecution) -> bool:
        run = input_of(Run, ended, "run")
        if run is None or self.mails.is_sent(ended, run.production):
            return False
        row = RUNS.read(self.registry, run.production, run.run_id)
        if row is None:  # it ended before it claimed the run
            what = f"the film {run.title} was not prepared"
            return self.mails.alarm(ended, run, what, "Upload it again")
        if is_held(row, self.executions) or row.status == RunStatus.RUNNING:
            return False  # uploaded again meanwhile; or it is released first
        is_prepared = row.status == RunStatus.PREPARED
        return self.mails.send(
            ended, run, "film_prepared" if is_prepared else "film_refused", run.run_id
        )

    # ── trainings ────────────────────────────────────────────────────────────────────────────────

    def _training(self, ended: EndedExecution) -> bool:
        generation = input_of(Generation, ended, "generation")
        if generation is None:
            return False
        row = GENERATIONS.read(self.registry, generation.production, generation.generation_id)
        if row is None or row.body.attempt > generation.attempt or is_held(row, self.executions):
            return False  # a later attempt has the outcome
        kind = outcome_of(ended.arn, production=row.production, registry=self.registry)
        notified = kind is None
        if kind is None:
            kind, identity = self._came_to(ended, row)
            extra = {"error": ENDED, "attempt": str(generation.attempt)}
            self.mails.send(ended, generation, kind, identity, **extra)
        return (kind == NOT_STARTED and self._try_again(row)) or notified

    def _came_to(self, ended: EndedExecution, row: GenerationRow) -> tuple[str, str]:
        """The kind of the mail that it should have sent, and the id that it is about."""
        if row.status == GenerationStatus.OPEN:
            return NOT_STARTED, row.id
        dataset_id = row.body.dataset_id
        dataset = dataset_id and DATASETS.read(self.registry, row.production, dataset_id)
        if not dataset or dataset.status == DatasetStatus.REFUSED:
            return "dataset_refused", row.id
        asked = newest_approval(row.production, ended.arn, self.registry)
        if asked is not None and is_declined(asked, ended):
            return "approval_ended", dataset.id
        for training in TRAININGS.list(self.registry, row.production):
            if training.body.dataset_id == dataset.id and training.status in BEGUN:
                return "training_started", training.id
        return NOT_STARTED, row.id

    def _try_again(self, row: GenerationRow) -> bool:
        """Start TrainModel again on a closed generation; open ones are resumed by their rows."""
        if row.status == GenerationStatus.OPEN or not is_tried_again(row):
            return False
        if any(
            training.body.dataset_id == row.body.dataset_id
            and training.status != TrainingStage.STARTING
            for training in TRAININGS.list(self.registry, row.production)
        ):
            return False
        return start_again_by_itself(
            row,
            registry=self.registry,
            studio=self.studio,
            executions=self.executions,
            clock=self.clock,
            machine_arn=self.train_model_arn,
        )

    # ── deployments ──────────────────────────────────────────────────────────────

    def _deployment(self, ended: EndedExecution) -> bool:
        request = input_of(DeployRequest, ended, "request")
        if request is None:
            return False
        rows = DEPLOYMENTS.list_all(self.registry)
        own = next((row for row in rows if row.body.planned_by == ended.arn), None)
        if own is not None:
            is_ready = was_sent(self.registry, production=own.production, event=ready_event(own.id))
            if is_ready or self.mails.is_sent(ended, own.production):
                return False
            about = About(own.production, own.body.correlation_id)
            return self.mails.send(ended, about, "deployment_failed", own.id, error=ENDED)
        return self._unplanned(ended, request)

    def _unplanned(self, ended: EndedExecution, request: DeployRequest) -> bool:
        """It ended before a deployment was planned."""
        if request.production is None:
            return self._declined_for_job(ended)
        if self.mails.is_sent(ended, request.production):
            return False
        about = About(request.production, request.correlation_id or ended.arn.split(":")[-1])
        if request.storyboard_key:
            if self._is_drawn_on_deployed(ended, request.production):
                return False  # DrawStoryboard's mail has the outcome
            what = f"the storyboard {request.storyboard_key} was not drawn"
            return self.mails.alarm(ended, about, what, "Upload it again")
        what = f"the model {request.training_id} was not deployed"
        advice = (
            f"`onmodel deploy -p {request.production} --training {request.training_id}` tries again"
        )
        return self.mails.alarm(ended, about, what, advice)

    def _declined_for_job(self, ended: EndedExecution) -> bool:
        """A job's event: its training is deployed again, unless a person declined that."""
        rows = APPROVALS.list_all(self.registry)
        asked = next((row for row in rows if row.body.execution_arn == ended.arn), None)
        if asked is None or not is_declined(asked, ended):
            return False
        if self.mails.is_sent(ended, asked.production):
            return False
        about = About(asked.production, asked.body.correlation_id)
        return self.mails.send(ended, about, "approval_ended", asked.body.subject_id)

    def _is_drawn_on_deployed(self, ended: EndedExecution, production: str) -> bool:
        """Whether it had handed the storyboard to DrawStoryboard, under the name of the state."""
        name = f"again-{ended.arn.split(':')[-1]}"
        drawing = execution_arn(self.draw_storyboard_arn, name)
        return self.executions.is_running(drawing) or any(
            row.holder == drawing for row in STORYBOARDS.list(self.registry, production)
        )
