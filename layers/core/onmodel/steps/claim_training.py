"""Decide what a changed training, or a wish to deploy one, is answered with: once, whoever asks.

The event only says that something may have changed. The truth is read from the trainer, the claim
is the lease on the training's row, and everything that is not ours to act on ends quietly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from onmodel.contracts.deployments import ClaimedTraining, ClaimTrainingRequest, DeployRequest
from onmodel.contracts.rows import Kind, TrainingBody, TrainingStage
from onmodel.contracts.trainings import TrainingState, TrainingStatus
from onmodel.deployments.lifecycle import OVER, Deployment, deployments_of
from onmodel.films.settings import settings_in_force
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Record, Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import Trainer

GRACE_AFTER_START = timedelta(minutes=15)
"""A training that was just started may not be found yet; one that is older and unknown is gone."""

ENDS = {
    TrainingStatus.FAILED: TrainingStage.FAILED,
    TrainingStatus.STOPPED: TrainingStage.STOPPED,
    TrainingStatus.GONE: TrainingStage.GONE,
}

WITHOUT_REASON = {
    TrainingStage.FAILED: "The service gives no reason",
    TrainingStage.STOPPED: "Somebody stopped it",
    TrainingStage.GONE: "The trainer does not know it any more",
}


@dataclass(frozen=True)
class ClaimTraining:
    """The services that claiming needs. `longest_hours`: of a deployment nobody asked more for."""

    registry: Registry
    studio: ObjectStore
    trainer: Trainer
    executions: Executions
    clock: Clock
    longest_hours: float

    def claim(self, asked: ClaimTrainingRequest) -> ClaimedTraining:
        """Answer for one event or wish.

        Raises:
            Conflict: another execution claimed at the same moment; retried by the machine, and then
                the other one is seen.
        """
        record = self._find(asked.request)
        if record is None:
            return _ignored("not a training of ours")
        holder = record.holder
        if (
            holder is not None
            and holder != asked.execution_arn
            and self.executions.is_running(holder)
        ):
            return _ignored(f"{holder} is at it")
        body = TrainingBody.model_validate(record.body)
        ref = body.job_ref or self.trainer.find(record.production, record.id)
        if record.status == TrainingStage.IMPOSSIBLE or ref is None:
            return _ignored(f"training {record.id} never began")
        state = self.trainer.describe(ref)
        if not state.status.is_over or self._not_seen_yet(record, state):
            return _ignored(f"training {record.id} is still {state.status}")
        if state.status == TrainingStatus.COMPLETED:
            return self._deploy(record, body, state, asked)
        return self._failed(record, body, state, asked)

    def _find(self, request: DeployRequest) -> Record | None:
        """The training's row, read strongly."""
        if request.production is not None and request.training_id is not None:
            return self.registry.get(request.production, Kind.TRAINING, request.training_id)
        rows = [(row, TrainingBody.model_validate(row.body)) for row in self._all()]
        found = next((row for row, body in rows if body.job_ref == request.job_arn), None)
        unnamed = [row for row, body in rows if body.job_ref is None]
        if found is None and unnamed:  # its start died before the reference was written down
            found = next(
                (
                    row
                    for row in unnamed
                    if self.trainer.find(row.production, row.id) == request.job_arn
                ),
                None,
            )
        return found and self.registry.get(found.production, Kind.TRAINING, found.id)

    def _all(self) -> list[Record]:
        return list(self.registry.list_all(Kind.TRAINING))

    def _not_seen_yet(self, record: Record, state: TrainingState) -> bool:
        return (
            state.status == TrainingStatus.GONE
            and self.clock() - record.created_at < GRACE_AFTER_START
        )

    def _failed(
        self,
        record: Record,
        body: TrainingBody,
        state: TrainingState,
        asked: ClaimTrainingRequest,
    ) -> ClaimedTraining:
        """Told again and again is told once: the mail knows whether it was sent."""
        stage = ENDS[state.status]
        reason = state.reason or WITHOUT_REASON[stage]
        ended = body.model_copy(update={"job_ref": state.training_ref, "reason": reason})
        if record.status == TrainingStage.COMPLETED and self._deployments(record):
            return _ignored(f"training {record.id} was deployed before it was deleted")
        self._write(record, stage, ended, asked.execution_arn)
        return ClaimedTraining(
            action="failed",
            reason=reason,
            production=record.production,
            training_id=record.id,
            correlation_id=body.correlation_id,
        )

    def _deploy(
        self,
        record: Record,
        body: TrainingBody,
        state: TrainingState,
        asked: ClaimTrainingRequest,
    ) -> ClaimedTraining:
        before = self._deployments(record)
        own = [found for found in before if found.record.holder == asked.execution_arn]
        if not own:
            if asked.request.job_arn is not None and before:
                return _ignored(f"training {record.id} was deployed before")
            if any(found.stage not in OVER for found in before):
                return _ignored(f"training {record.id} is deployed")
        completed = body.model_copy(
            update={"job_ref": state.training_ref, "model_ref": state.model_ref, "reason": None}
        )
        self._write(record, TrainingStage.COMPLETED, completed, asked.execution_arn)
        number = 1 + max((found.number for found in before), default=0)
        request = asked.request
        return ClaimedTraining(
            action="deploy",
            production=record.production,
            training_id=record.id,
            deployment_id=own[0].id if own else f"{record.id}-{number}",
            correlation_id=request.correlation_id or body.correlation_id,
            hours=request.hours or self._hours(record.production),
            storyboard_key=request.storyboard_key,
            retire_after_drawing=request.retire_after_drawing,
        )

    def _hours(self, production: str) -> float:
        """The production's wish, within what the stack allows without being asked."""
        wish = settings_in_force(production, self.studio).deployment.hours
        return min(wish, self.longest_hours)

    def _deployments(self, record: Record) -> list[Deployment]:
        return [
            found
            for found in deployments_of(self.registry, record.production)
            if found.body.training_id == record.id
        ]

    def _write(
        self, record: Record, stage: TrainingStage, body: TrainingBody, execution_arn: str
    ) -> None:
        self.registry.replace(
            record.model_copy(
                update={
                    "status": stage,
                    "holder": execution_arn,
                    "updated_at": self.clock(),
                    "body": body.model_dump(mode="json"),
                }
            )
        )


def _ignored(reason: str) -> ClaimedTraining:
    return ClaimedTraining(action="ignore", reason=reason)
