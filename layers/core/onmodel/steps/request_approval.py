"""Ask a person before money is spent, or captions are trained on.

The machine waits; follow_link answers its token.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import ApprovalBody, ApprovalStatus
from onmodel.contracts.trainings import Approved, CostQuote, RequestApprovalRequest
from onmodel.money.approvals import (
    DECIDED,
    approval_id,
    decide,
    get_approval,
    hand_over,
    replaced_by,
)
from onmodel.notifications.facts.approvals import approval_wanted, review_wanted
from onmodel.notifications.sending import Mails
from onmodel.ports.machines import Clock, TaskTokens
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import APPROVALS, DATASETS, ApprovalRow


@dataclass(frozen=True)
class RequestApproval:
    """The services that asking needs."""

    registry: Registry
    tokens: TaskTokens
    mails: Mails
    clock: Clock
    approval_days: float

    def ask(self, request: RequestApprovalRequest) -> None:
        """Store the question and mail it, once; then withdraw those that it takes the place of.

        A retried state gives a new token: the question stays the same, and a question that is
        decided is answered at once.

        Raises:
            Conflict: it was decided at this moment; the machine tries again.
        """
        identity = approval_id(request)
        row = APPROVALS.read(self.registry, request.production, identity)
        if row is not None and row.status in DECIDED:
            approved = Approved(approved=row.status == ApprovalStatus.APPROVED)
            self.tokens.succeed(request.token, approved.model_dump())
            return
        row = self._create(request, identity) if row is None else self._renew(row, request)
        self._mail(row)
        for replaced in row.body.replaces:
            self._withdraw(row.production, replaced)

    def _create(self, request: RequestApprovalRequest, identity: str) -> ApprovalRow:
        now = self.clock()
        quote = request.quote or self._kept_quote(request)
        body = ApprovalBody(
            purpose=request.purpose,
            subject_id=request.subject_id,
            usd=request.usd,
            parts=quote.parts,
            why=quote.why,
            assumptions=quote.assumptions,
            training_id=quote.training_id,
            hours=quote.hours,
            task_token=request.token,
            execution_arn=request.execution_arn,
            expires_at=now + timedelta(days=self.approval_days),
            correlation_id=request.correlation_id,
            replaces=tuple(row.id for row in replaced_by(request, self.registry, now)),
        )
        return APPROVALS.create(
            self.registry,
            request.production,
            identity,
            status=ApprovalStatus.PENDING,
            body=body,
            now=now,
        )

    def _renew(self, row: ApprovalRow, request: RequestApprovalRequest) -> ApprovalRow:
        renewed = row.with_fields(task_token=request.token, asked=row.body.asked + 1)
        return APPROVALS.replace(self.registry, renewed, self.clock())

    def _withdraw(self, production: str, replaced: str) -> None:
        """End an older question, unless it was decided first; a repeat answers its task again."""
        row = get_approval(production, replaced, self.registry)
        row, _ = decide(row, ApprovalStatus.WITHDRAWN, registry=self.registry, clock=self.clock)
        if row.status == ApprovalStatus.WITHDRAWN:
            hand_over(row, registry=self.registry, tokens=self.tokens, clock=self.clock)

    def _kept_quote(self, request: RequestApprovalRequest) -> CostQuote:
        """The quote that is kept with the dataset; an empty one when there is none."""
        dataset = DATASETS.read(self.registry, request.production, request.subject_id)
        if request.purpose == "review" or dataset is None:
            return CostQuote(usd=request.usd, parts=(), assumptions=())
        body = dataset.body
        return CostQuote(
            usd=request.usd,
            parts=body.quoted_parts,
            assumptions=body.assumptions,
            why=body.why_asked,
        )

    def _mail(self, row: ApprovalRow) -> None:
        gather = review_wanted if row.body.purpose == "review" else approval_wanted
        request = NotificationRequest(
            kind=gather.__name__,
            production=row.production,
            id=row.id,
            correlation_id=row.body.correlation_id,
        )
        told = gather(request, self.mails.sources())
        self.mails.send_once(told, row.body.correlation_id)
