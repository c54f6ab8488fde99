"""Answer a link to a review: the page, its items, corrections, and that the review is over.

As with other links GET only shows; POST saves corrections and lets the machine go on.
"""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.links import LinkAnswer, ReviewRequest
from onmodel.contracts.review import FaultCode
from onmodel.contracts.rows import ApprovalStatus
from onmodel.errors import Conflict, LinkExpired, LinkRefused, ServiceUnavailable, Throttled
from onmodel.links.tokens import ApprovalTarget, SignedLinks
from onmodel.money.approvals import get_approval
from onmodel.pages.link import message_page
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import ApprovalRow
from onmodel.steps.decisions import Deciding
from onmodel.steps.follow_link import PAGE_HEADERS
from onmodel.steps.review_api import (
    ReviewAnswer,
    ReviewApi,
    ReviewCall,
    ReviewRefused,
    ReviewSubject,
    fault_answer,
)
from onmodel.steps.review_items import Reviewed

GOES_ON = "Thank you. The dataset is finished with your corrections; a mail says what follows."
OVER = (
    "The review is over: nothing is trained on this dataset. Your corrections are kept, and hold"
    " for the next one."
)


@dataclass(frozen=True)
class ReviewCrops:
    """The services that answering needs."""

    api: ReviewApi
    registry: Registry
    links: SignedLinks
    deciding: Deciding
    clock: Clock

    def follow(self, request: ReviewRequest) -> LinkAnswer:
        """A page or JSON; for a link that is not valid the reason."""
        what = request.what
        if what is None:  # programs that show mails leave out the slash
            return LinkAnswer(
                statusCode=308,
                headers={"location": f"{request.review_token}/", "cache-control": "no-store"},
            )
        try:
            subject = self._subject(request.review_token)
            body = request.text
        except ReviewRefused as fault:
            return _refusal(fault, what)
        except ValueError:
            return _as_link(fault_answer(400, "bad_request", "The request is no text."))
        method = request.context.http.method.upper()
        return _as_link(self.api.answer(subject, ReviewCall(method, what, request.query, body)))

    def _subject(self, token: str) -> ReviewSubject:
        """What the link is about. Raises ReviewRefused when it cannot be reviewed any more."""
        try:
            target = self.links.read(token)
            if not isinstance(target, ApprovalTarget):
                raise LinkRefused("This link is not one to a review", "Take it from the mail")
            row = get_approval(target.production, target.id, self.registry)
        except LinkExpired as fault:
            raise ReviewRefused(410, "expired", f"{fault.reason}. {fault.advice}.") from fault
        except LinkRefused as fault:
            raise ReviewRefused(404, "not_found", f"{fault.reason}. {fault.advice}.") from fault
        if row.body.purpose != "review":
            raise ReviewRefused(404, "not_found", "This link is not one to a review.")
        is_open = row.status == ApprovalStatus.PENDING
        if row.status == ApprovalStatus.EXPIRED or (is_open and self._is_late(row)):
            raise ReviewRefused(410, "expired", OVER)
        reviewed = Reviewed(row.production, row.body.subject_id)
        return ReviewSubject(reviewed, (lambda: self._finish(row)) if is_open else None)

    def _is_late(self, row: ApprovalRow) -> bool:
        return self.clock() >= row.body.expires_at

    def _finish(self, row: ApprovalRow) -> str:
        """Raises ReviewRefused when the review was ended in another way at the same time."""
        decided = self.deciding.decide(row, ApprovalStatus.APPROVED)
        if decided.status == ApprovalStatus.APPROVED:
            return GOES_ON
        if decided.status == ApprovalStatus.EXPIRED:
            raise ReviewRefused(410, "expired", OVER)
        raise ReviewRefused(409, "closed", f"The review was {decided.status} meanwhile. {OVER}")


def _refusal(fault: ReviewRefused, what: str) -> LinkAnswer:
    """A page for a browser that opens the link, JSON for the page that is open already."""
    if what:
        return _as_link(fault_answer(fault.status, fault.code, str(fault)))
    title = "This review is over" if fault.code == "expired" else "There is no review here"
    return LinkAnswer(
        statusCode=fault.status,
        headers=PAGE_HEADERS,
        body=message_page(title, str(fault)).decode(),
    )


def _as_link(answer: ReviewAnswer) -> LinkAnswer:
    return LinkAnswer(
        statusCode=answer.status,
        headers={**answer.headers, "content-type": answer.content_type},
        body=answer.body,
    )


def fault_json(fault: Exception) -> LinkAnswer:
    """The answer to a request that failed; the log has the fault, the answer does not."""
    passes = isinstance(fault, Throttled | ServiceUnavailable | Conflict)
    code: FaultCode = "unavailable"
    text = "This did not work just now. Nothing is lost: it is tried again."
    return _as_link(fault_answer(503 if passes else 500, code, text))
