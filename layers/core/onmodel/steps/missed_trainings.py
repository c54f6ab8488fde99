"""Trainings that are over, and that no execution acted on: an event was lost, or one failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from onmodel.contracts.rows import TrainingStage
from onmodel.deployments.events import (
    failed_event,
    ready_event,
    trained_event,
    training_failed_event,
)
from onmodel.deployments.questions import was_refused
from onmodel.notifications.sending import was_sent
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import Trainers
from onmodel.registry.kinds import DEPLOYMENTS, TRAININGS, TrainingRow
from onmodel.registry.tombstones import is_being_deleted
from onmodel.steps.recovery import GRACE, is_held


@dataclass(frozen=True)
class MissedTrainings:
    """The services that finding them needs."""

    registry: Registry
    trainers: Trainers
    executions: Executions
    clock: Clock

    def ended_job(self, listed: TrainingRow, since: datetime) -> str | None:
        """The reference of a training's job that is over and was not acted on; None otherwise.

        Args:
            listed: the training.
            since: a training that was completed before, and not deployed, is left out.
        """
        training = TRAININGS.read(self.registry, listed.production, listed.id)
        if training is None or is_held(training, self.executions):
            return None
        if not self._was_missed(training, since):
            return None
        trainer = self.trainers[training.body.trainer]
        ref = training.body.job_ref or trainer.find(training.production, training.id)
        if ref is None or not trainer.describe(ref).status.is_over:
            return None
        return ref

    def _was_missed(self, training: TrainingRow, since: datetime) -> bool:
        """Whether no execution acted on the training's end, or the one that did has failed."""
        if self.clock() - training.updated_at < GRACE:
            return False
        if is_being_deleted(training.production, self.registry):
            return False
        match training.status:
            case TrainingStage.STARTING | TrainingStage.IN_PROGRESS:
                return True
            case TrainingStage.COMPLETED:
                return (
                    training.updated_at > since
                    and not self._was_deployed(training)
                    and not was_refused(training, self.registry, self.clock())
                )
            case TrainingStage.FAILED | TrainingStage.STOPPED | TrainingStage.GONE:
                event = training_failed_event(training.id)
                return not was_sent(self.registry, production=training.production, event=event)
        return False

    def _was_deployed(self, training: TrainingRow) -> bool:
        """Whether it was deployed: by its rows or, if these were deleted, by the sent mails."""
        rows = DEPLOYMENTS.list(self.registry, training.production)
        if any(row.body.training_id == training.id for row in rows):
            return True
        first = f"{training.id}-1"
        events = (ready_event(first), failed_event(first), trained_event(training.id))
        return any(
            was_sent(self.registry, production=training.production, event=event) for event in events
        )
