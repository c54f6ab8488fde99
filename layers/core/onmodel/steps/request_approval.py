"""Ask a person before money is spent, or captions are trained on.

The machine waits; the door answers its token.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.rows import ApprovalBody, ApprovalStatus, DatasetBody, Kind
from onmodel.contracts.trainings import Approved, RequestApprovalRequest
from onmodel.errors import EventRefused
from onmodel.links.tokens import Door
from onmodel.money.approvals import DECIDED, approval_id
from onmodel.notifications.mails import Mail, approval_wanted, review_wanted
from onmodel.notifications.sending import send_once
from onmodel.ports.account import Mailbox
from onmodel.ports.machines import Clock, TaskTokens
from onmodel.ports.registry import Record, Registry

ALWAYS_ASKED = "A deployment is billed by the hour for as long as it answers."


@dataclass(frozen=True)
class RequestApproval:
    """The services that asking needs."""

    registry: Registry
    tokens: TaskTokens
    door: Door
    mailbox: Mailbox
    clock: Clock
    approval_days: float

    def ask(self, request: RequestApprovalRequest) -> None:
        """Write the question down and mail it, once.

        A state that is tried again hands in a new token: the question stays the same, and one that
        is decided is answered at once.

        Raises:
            Conflict: it was decided at this moment; the machine tries again.
        """
        identity = approval_id(request)
        record = self.registry.get(request.production, Kind.APPROVAL, identity)
        if record is not None and record.status in DECIDED:
            approved = Approved(approved=record.status == ApprovalStatus.APPROVED)
            self.tokens.succeed(request.token, approved.model_dump())
            return
        record = self._create(request, identity) if record is None else self._renew(record, request)
        self._mail(record)

    def _create(self, request: RequestApprovalRequest, identity: str) -> Record:
        now = self.clock()
        why, assumptions = self._reasons(request)
        body = ApprovalBody(
            purpose=request.purpose,
            subject_id=request.subject_id,
            usd=request.usd,
            why=why,
            assumptions=assumptions,
            task_token=request.token,
            expires_at=now + timedelta(days=self.approval_days),
            correlation_id=request.correlation_id,
        )
        return self.registry.create(
            Record(
                production=request.production,
                kind=Kind.APPROVAL,
                id=identity,
                status=ApprovalStatus.PENDING,
                created_at=now,
                updated_at=now,
                body=body.model_dump(mode="json"),
            )
        )

    def _renew(self, record: Record, request: RequestApprovalRequest) -> Record:
        body = ApprovalBody.model_validate(record.body)
        renewed = body.model_copy(update={"task_token": request.token, "asked": body.asked + 1})
        return self.registry.replace(
            record.model_copy(
                update={"updated_at": self.clock(), "body": renewed.model_dump(mode="json")}
            )
        )

    def _reasons(self, request: RequestApprovalRequest) -> tuple[str, tuple[str, ...]]:
        """Why it is asked, and what the quote rests on."""
        if request.purpose == "review":
            return "", ()  # of no money
        dataset = self.registry.get(request.production, Kind.DATASET, request.subject_id)
        if dataset is None:
            return (ALWAYS_ASKED if request.purpose == "deployment" else ""), ()
        quoted = DatasetBody.model_validate(dataset.body)
        return quoted.why_asked, quoted.assumptions

    def _mail(self, record: Record) -> None:
        body = ApprovalBody.model_validate(record.body)
        send_once(
            self._letter(record, body),
            production=record.production,
            event=f"approval_wanted:{record.id}",
            correlation_id=body.correlation_id,
            registry=self.registry,
            mailbox=self.mailbox,
            clock=self.clock,
        )

    def _letter(self, record: Record, body: ApprovalBody) -> Mail:
        link = self.door.link_to_approval(record.production, record.id, self.approval_days)
        if body.purpose == "review":
            keys = DatasetKeys(record.production, body.subject_id)
            return review_wanted(
                production=record.production,
                dataset_id=body.subject_id,
                pictures=self._captioned(record.production, body.subject_id),
                captions=self.door.link_to_object(keys.captions, self.approval_days),
                link=link,
                expires_at=body.expires_at,
                correlation_id=body.correlation_id,
            )
        return approval_wanted(
            production=record.production,
            purpose=body.purpose,
            subject=body.subject_id,
            usd=body.usd,
            why=body.why,
            assumptions=body.assumptions,
            link=link,
            expires_at=body.expires_at,
            correlation_id=body.correlation_id,
        )

    def _captioned(self, production: str, dataset_id: str) -> int:
        """Pictures with a caption. Raises EventRefused: there is no such dataset."""
        record = self.registry.get(production, Kind.DATASET, dataset_id)
        if record is None:
            raise EventRefused(f"No dataset {dataset_id} in {production}")
        body = DatasetBody.model_validate(record.body)
        return body.pictures if body.captioned is None else body.captioned
