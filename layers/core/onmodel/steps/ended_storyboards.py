"""Notifies the outcome of an uploaded storyboard whose execution ended without doing so."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.deployments import DeployRequest
from onmodel.contracts.rows import ApprovalStatus, StoryboardStatus
from onmodel.contracts.storyboards import StoryboardRequest
from onmodel.money.approvals import newest_approval
from onmodel.notifications.outcomes import record_outcome
from onmodel.ports.machines import Clock, EndedExecution, Executions
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import STORYBOARDS, ApprovalRow
from onmodel.steps.outcome_mails import OutcomeMails, input_of, is_declined
from onmodel.storyboards.drawers import newest_training


@dataclass(frozen=True)
class EndedStoryboards:
    """The services that notifying needs."""

    registry: Registry
    mails: OutcomeMails
    executions: Executions
    clock: Clock
    deploy_model_arn: str

    def act(self, ended: EndedExecution) -> bool:
        """Whether its outcome was notified, or what was approved is continued."""
        request = input_of(StoryboardRequest, ended, "request")
        if request is None or request.deployment_id is not None or request.training_id is not None:
            return False  # the mail of its DeployModel has the outcome
        if self.mails.is_sent(ended, request.production):
            return False
        take = next(
            (
                row
                for row in STORYBOARDS.list(self.registry, request.production)
                if row.holder == ended.arn
            ),
            None,
        )
        if take is not None and take.status == StoryboardStatus.DRAWN:
            return self.mails.send(ended, request, "storyboard_drawn", take.id)
        asked = newest_approval(request.production, ended.arn, self.registry)
        if asked is not None and _is_deployment_approved(asked):
            trained = newest_training(request.production, self.registry)
            training_id = asked.body.training_id or (trained.id if trained else None)
            if training_id is not None:
                return self._deploy_for(ended, request, asked, training_id)
        if asked is not None and is_declined(asked, ended):
            return self.mails.send(ended, request, "approval_ended", asked.body.subject_id)
        key = request.storyboard_key
        what = f"the storyboard {key} was not drawn" if key else "a storyboard was not drawn"
        if take is None:  # it was not planned, or refused, and only its execution knew why
            advice = "Upload it again; if it cannot be drawn, a mail says why"
        else:
            advice = "Upload it again; pictures that were drawn are kept"
        return self.mails.alarm(ended, request, what, advice)

    def _deploy_for(
        self,
        ended: EndedExecution,
        request: StoryboardRequest,
        asked: ApprovalRow,
        training_id: str,
    ) -> bool:
        """Start DeployModel as the machine does, under the same name: at most once."""
        wanted = DeployRequest(
            production=request.production,
            training_id=training_id,
            storyboard_key=request.storyboard_key,
            storyboard_version=request.storyboard_version,
            retire_after_drawing=True,
            hours=asked.body.hours,
            correlation_id=request.correlation_id,
        )
        name = ended.arn.split(":")[-1]
        payload = {"request": wanted.model_dump(mode="json")}
        started = self.executions.start(self.deploy_model_arn, name, payload)
        record_outcome(
            ended.arn,
            production=request.production,
            kind="model_ready",  # DeployModel sends it, or why not
            registry=self.registry,
            clock=self.clock,
        )
        return started


def _is_deployment_approved(asked: ApprovalRow) -> bool:
    """A drawing that was approved is paid for by the job, and needs no deployment."""
    return asked.status == ApprovalStatus.APPROVED and asked.body.purpose == "deployment"
