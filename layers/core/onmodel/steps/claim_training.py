"""Decide what to do about a training that changed, or that is to be deployed, exactly once.

The event only shows that something may have changed: the state is read from the trainer. The
execution claims the training's row. An event that needs no action ends without a mail. What a
person asked for does not: it waits, or is refused with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from onmodel.contracts.deployments import ClaimedTraining, ClaimTrainingRequest, DeployRequest
from onmodel.contracts.rows import ApprovalStatus, DeploymentStage, TrainingStage
from onmodel.contracts.trainings import CostQuote, TrainingState, TrainingStatus, WorkPart
from onmodel.deployments.events import failed_event, ready_event, trained_event
from onmodel.deployments.lifecycle import OVER, number_of
from onmodel.deployments.questions import (
    approved_hours,
    question_about,
    was_refused,
    withdraw_question,
)
from onmodel.deployments.trainings import find_training
from onmodel.errors import EventRefused
from onmodel.films.settings import settings_in_force
from onmodel.money.agreements import why_deployment_is_asked
from onmodel.money.approvals import is_open
from onmodel.money.pricebook import PriceBook, estimate
from onmodel.money.training_quotes import cost_quote
from onmodel.notifications.sending import was_sent
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import Trainers
from onmodel.registry.kinds import (
    DEPLOYMENTS,
    TRAININGS,
    DeploymentRow,
    TrainingRow,
)

GRACE_AFTER_START = timedelta(minutes=15)
"""A new training may not be found yet; an older one that is not found does not exist any more."""

ENDS = {
    TrainingStatus.FAILED: TrainingStage.FAILED,
    TrainingStatus.STOPPED: TrainingStage.STOPPED,
    TrainingStatus.GONE: TrainingStage.GONE,
}

WITHOUT_REASON = {
    TrainingStage.FAILED: "The service gives no reason",
    TrainingStage.STOPPED: "It was stopped outside onmodel",
    TrainingStage.GONE: "It does not exist at the trainer any more",
}


@dataclass(frozen=True)
class ClaimTraining:
    """The services and limits that claiming needs.

    Attributes:
        registry: holds trainings, deployments and approvals.
        studio: holds the production's settings.
        trainers: one of them is the training's.
        executions: says whether another execution works on the training.
        prices: the price book in force.
        clock: now.
        longest_hours: of a deployment by default.
        provision_minutes: the longest time until a deployment is in service.
        spend_limit_usd: above it a person is asked.
    """

    registry: Registry
    studio: ObjectStore
    trainers: Trainers
    executions: Executions
    prices: PriceBook
    clock: Clock
    longest_hours: float
    provision_minutes: float
    spend_limit_usd: float

    def claim(self, asked: ClaimTrainingRequest) -> ClaimedTraining:
        """Decide about one event or request.

        Raises:
            Conflict: another execution claimed at the same moment; retried by the machine.
            EventRefused: a person asked for what cannot be done.
        """
        decided = self._decide(asked)
        if decided.action == "ignore" and asked.request.job_arn is None:
            return self._wait_or_refuse(asked.request, decided.reason)
        return decided

    def _wait_or_refuse(self, request: DeployRequest, reason: str) -> ClaimedTraining:
        """Raises EventRefused unless there is a deployment that the storyboard can wait for."""
        training = find_training(request, self.registry, self.trainers)
        standing = [] if training is None else self._standing(training)
        is_held = training is not None and self._is_held(training)
        if training is None or request.storyboard_key is None or not (standing or is_held):
            raise EventRefused(reason, "See `onmodel status` for what is trained and deployed")
        return ClaimedTraining(
            action="draw" if any(map(self._stays, standing)) else "wait",
            reason=reason,
            production=training.production,
            training_id=training.id,
            correlation_id=request.correlation_id or training.body.correlation_id,
            storyboard_key=request.storyboard_key,
            storyboard_version=request.storyboard_version,
        )

    def _standing(self, training: TrainingRow) -> list[DeploymentRow]:
        return [row for row in self._deployments(training) if row.status not in OVER]

    def _stays(self, deployment: DeploymentRow) -> bool:
        """Whether it answers, and is not retired as soon as a storyboard of its own is drawn."""
        return (
            deployment.status == DeploymentStage.IN_SERVICE
            and not deployment.body.retire_after_drawing
            and deployment.body.retires_at > self.clock()
        )

    def _is_held(self, training: TrainingRow) -> bool:
        return training.holder is not None and self.executions.is_running(training.holder)

    def _decide(self, asked: ClaimTrainingRequest) -> ClaimedTraining:
        training = find_training(asked.request, self.registry, self.trainers)
        if training is None:
            return _ignored("not a training of ours")
        if (
            training.holder != asked.execution_arn
            and self._is_held(training)
            and not self._may_take_over(training, asked.request)
        ):
            return _ignored(f"{training.holder} works on it")
        trainer = self.trainers[training.body.trainer]
        ref = training.body.job_ref or trainer.find(training.production, training.id)
        if training.status == TrainingStage.IMPOSSIBLE or ref is None:
            return _ignored(f"training {training.id} never began")
        state = trainer.describe(ref)
        if not state.status.is_over or self._not_seen_yet(training, state):
            return _ignored(f"training {training.id} is still {state.status}")
        if state.status == TrainingStatus.COMPLETED:
            return self._deploy(training, state, asked)
        return self._failed(training, state, asked)

    def _may_take_over(self, training: TrainingRow, request: DeployRequest) -> bool:
        """Whether the other execution only waits for an answer, and a person wants it deployed."""
        newest = question_about(training, self.registry)
        asks = newest is not None and is_open(newest, self.clock())
        return asks and request.job_arn is None

    def _not_seen_yet(self, training: TrainingRow, state: TrainingState) -> bool:
        return (
            state.status == TrainingStatus.GONE
            and self.clock() - training.created_at < GRACE_AFTER_START
        )

    def _failed(
        self,
        training: TrainingRow,
        state: TrainingState,
        asked: ClaimTrainingRequest,
    ) -> ClaimedTraining:
        """Repeated requests send one mail: its row says whether it was sent."""
        stage = ENDS[state.status]
        reason = state.reason or WITHOUT_REASON[stage]
        if training.status == TrainingStage.COMPLETED and self._deployments(training):
            return _ignored(f"training {training.id} was deployed before it was deleted")
        ended = training.with_status(stage).with_fields(
            job_ref=state.training_ref, reason=reason, **self._bill(state)
        )
        self._write(ended, asked.execution_arn)
        return ClaimedTraining(
            action="failed",
            reason=reason,
            production=training.production,
            training_id=training.id,
            correlation_id=training.body.correlation_id,
        )

    def _deploy(
        self,
        training: TrainingRow,
        state: TrainingState,
        asked: ClaimTrainingRequest,
    ) -> ClaimedTraining:
        if self.trainers[training.body.trainer].deployer is None:
            return self._draw_by_job(training, state, asked)
        before = self._deployments(training)
        own = [found for found in before if found.holder == asked.execution_arn]
        request = asked.request
        if not own:
            if request.job_arn is not None and (before or self._is_notified(training)):
                return _ignored(f"training {training.id} was deployed before")
            if self._standing(training):
                return _ignored(f"training {training.id} is deployed")
        hours = request.hours or self._hours(training, request)
        by_itself = request.job_arn is not None and not own
        quote = self._to_be_asked(training, hours) if by_itself else None
        if quote is not None and was_refused(training, self.registry, self.clock()):
            return _ignored(f"the deployment of training {training.id} was not approved")
        if request.job_arn is None and not withdraw_question(training, self.registry, self.clock):
            return _ignored(f"the deployment of training {training.id} was approved just now")
        self._write(self._completed(training, state), asked.execution_arn)
        number = 1 + max((number_of(found) for found in before), default=0)
        return ClaimedTraining(
            action="deploy" if quote is None else "ask",
            production=training.production,
            training_id=training.id,
            deployment_id=own[0].id if own else f"{training.id}-{number}",
            correlation_id=request.correlation_id or training.body.correlation_id,
            hours=hours,
            storyboard_key=request.storyboard_key,
            storyboard_version=request.storyboard_version,
            retire_after_drawing=request.retire_after_drawing,
            quote=quote,
        )

    def _draw_by_job(
        self, training: TrainingRow, state: TrainingState, asked: ClaimTrainingRequest
    ) -> ClaimedTraining:
        """Draw the first storyboard of a new model that is not deployed, once."""
        if asked.request.job_arn is None:
            return _ignored(f"the model of {training.id} is not deployed: upload a storyboard")
        event = trained_event(training.id)
        if was_sent(self.registry, production=training.production, event=event):
            return _ignored(f"the first storyboard of {training.id} was drawn before")
        self._write(self._completed(training, state), asked.execution_arn)
        return ClaimedTraining(
            action="draw_by_job",
            production=training.production,
            training_id=training.id,
            correlation_id=asked.request.correlation_id or training.body.correlation_id,
        )

    def _completed(self, training: TrainingRow, state: TrainingState) -> TrainingRow:
        return training.with_status(TrainingStage.COMPLETED).with_fields(
            job_ref=state.training_ref,
            model_ref=state.model_ref,
            checkpoints=state.checkpoints,
            reason=None,
            **self._bill(state),
        )

    def _bill(self, state: TrainingState) -> dict[str, Any]:
        """What the training cost, where its trainer says it. Fields of the row."""
        if not state.usage:
            return {}
        total = estimate(state.usage, self.prices).total_usd
        return {
            "usage": state.usage,
            "estimated_usd": None if total is None else round(float(total), 2),
        }

    def _is_notified(self, training: TrainingRow) -> bool:
        """Whether a mail about its first deployment was sent; its row may be deleted since."""
        first = f"{training.id}-1"
        return any(
            was_sent(self.registry, production=training.production, event=event)
            for event in (ready_event(first), failed_event(first))
        )

    def _to_be_asked(self, training: TrainingRow, hours: float) -> CostQuote | None:
        """The quote of a deployment that a person must approve first; None when it may begin."""
        deployer = self.trainers[training.body.trainer].deployer
        if deployer is None:
            return None
        work = deployer.deployment_work(hours, self.provision_minutes)
        quote = cost_quote((WorkPart(name="deployment", work=work),), self.prices)
        why = why_deployment_is_asked(training.body, quote, self.spend_limit_usd)
        newest = question_about(training, self.registry)
        if not why or (newest is not None and newest.status == ApprovalStatus.APPROVED):
            return None
        return quote.model_copy(update={"why": why, "hours": hours})

    def _hours(self, training: TrainingRow, request: DeployRequest) -> float:
        """The hours that the settings wish, within the stack's limit and what was approved."""
        wish = settings_in_force(training.production, self.studio).deployment.hours
        approved = None if request.job_arn is None else approved_hours(training, self.registry)
        return min(wish, self.longest_hours, approved or wish)

    def _deployments(self, training: TrainingRow) -> list[DeploymentRow]:
        return [
            found
            for found in DEPLOYMENTS.list(self.registry, training.production)
            if found.body.training_id == training.id
        ]

    def _write(self, training: TrainingRow, execution_arn: str) -> None:
        TRAININGS.replace(self.registry, training.with_holder(execution_arn), self.clock())


def _ignored(reason: str) -> ClaimedTraining:
    return ClaimedTraining(action="ignore", reason=reason)
