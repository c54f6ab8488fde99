"""Answer a link of a mail. GET only shows, because scanners follow links; POST decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from onmodel.contracts.datasets import DatasetShown
from onmodel.contracts.keys import DatasetKeys, FilmKeys
from onmodel.contracts.links import LinkAnswer, LinkRequest
from onmodel.contracts.rows import ApprovalStatus
from onmodel.contracts.trainings import CostQuote
from onmodel.datasets.shown import dataset_of, some_pictures
from onmodel.errors import Conflict, LinkRefused, NotFound, ServiceUnavailable, Throttled
from onmodel.films.folders import production_name
from onmodel.formats.wording import ASKED_ABOUT, person_name, when
from onmodel.links.tokens import (
    ApprovalTarget,
    HomeTarget,
    ObjectTarget,
    SignedLinks,
    StackTarget,
)
from onmodel.money.approvals import get_approval
from onmodel.notifications.commands import production_argument
from onmodel.observability import logger
from onmodel.pages.link import AskedAgain, Question, ShownPicture, message_page, question_page
from onmodel.pages.templating import data_uri
from onmodel.pages.what_follows import what_follows
from onmodel.ports.machines import Clock, Executions, TaskTokens
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import RUNS, TRAININGS, ApprovalRow
from onmodel.steps.decisions import Deciding, is_about_over

PRESIGNED_SECONDS = 300
"""Long enough for a slow browser; a copied address soon expires."""

LARGEST_PAGE_BYTES = 4_500_000
"""A function's answer has 6 MB at most, after escaping. Pages are sent from here and not from S3,
because a link of a presigned page to the next page is not presigned."""

HOME_DAYS = 1.0
"""Of the link to the home page below an answer: mails have one of 30 days."""

TRY_AGAIN = "Open the link again in a minute: it shows what was decided."
BY_THIS_NOTHING = "By this one nothing was started."
SEE_LOG = "If this page comes again, look into the log of the function {}."

DECISIONS = {"approve": ApprovalStatus.APPROVED, "decline": ApprovalStatus.DECLINED}

PAGE_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",  # the address contains the token
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


@dataclass(frozen=True)
class FollowLink:
    """The services that following a link needs."""

    registry: Registry
    studio: ObjectStore
    tokens: TaskTokens
    executions: Executions
    links: SignedLinks
    clock: Clock
    stack_options: str

    @property
    def _deciding(self) -> Deciding:
        return Deciding(self.registry, self.tokens, self.executions, self.clock)

    def follow(self, request: LinkRequest) -> LinkAnswer:
        """A page or a redirect; a link that is not valid gives a page with the reason."""
        method = request.context.http.method.upper()
        if method not in {"GET", "HEAD", "POST"}:
            return link_page(405, message_page("A link takes GET and POST only"))
        try:
            match self.links.read(request.token):
                case ObjectTarget() as target:
                    return self._object(target, request, method)
                case ApprovalTarget() as target:
                    return self._approval(target, request, method)
                case HomeTarget() | StackTarget():
                    return link_page(405, message_page("There is nothing to decide here"))
        except LinkRefused as fault:
            return link_page(403, message_page(fault.reason, f"{fault.advice}."))

    def _object(self, target: ObjectTarget, request: LinkRequest, method: str) -> LinkAnswer:
        if method == "POST":
            return link_page(405, message_page("There is nothing to decide here"))
        page = request.page
        if request.picture:
            return self._picture(target, request)
        if page and target.is_page and not request.folder:  # a mail of before
            return _redirect("/".join([target.key.split("/")[-2], page]))
        key = target.page(page) if page and target.is_page else target.key
        try:
            size = self.studio.head(key).size
            if target.is_page and size <= LARGEST_PAGE_BYTES:
                return link_page(200, self.studio.get(key))
        except NotFound:
            return link_page(
                404, message_page("This page is gone", "It was deleted from the bucket.")
            )
        return _redirect(self.studio.presign(key, PRESIGNED_SECONDS))

    def _picture(self, target: ObjectTarget, request: LinkRequest) -> LinkAnswer:
        """A picture of the report that the link is to, as it is trained on."""
        try:
            key = f"{self._pictures_of(target.key, request.folder)}/{request.picture}"
            self.studio.head(key)
        except NotFound:
            return link_page(404, message_page("This picture is not there"))
        return _redirect(self.studio.presign(key, PRESIGNED_SECONDS))

    def _pictures_of(self, report: str, folder: str) -> str:
        """The prefix of the pictures that a report shows. Raises NotFound for another object."""
        match report.split("/"):
            case [production, "films", _, "runs", run_id, "report", _] if folder == "crops":
                row = RUNS.read(self.registry, production, run_id)
                if row is not None:
                    return FilmKeys.of(row.body.run).pictures
            case [production, "datasets", dataset_id, "report", _] if folder == "pictures":
                return DatasetKeys(production, dataset_id).pictures
        raise NotFound(f"{report} shows no {folder}")

    def _approval(self, target: ApprovalTarget, request: LinkRequest, method: str) -> LinkAnswer:
        row = get_approval(target.production, target.id, self.registry)
        if method == "POST":
            wanted = DECISIONS.get(request.field("decision"))
            if wanted is None:
                return link_page(400, message_page("Neither approved nor declined", "Choose one."))
            row = self._deciding.decide(row, wanted)
        return self._show(row)

    def _show(self, row: ApprovalRow) -> LinkAnswer:
        body = row.body
        is_pending = row.status == ApprovalStatus.PENDING
        is_expired = row.status == ApprovalStatus.EXPIRED
        if is_expired and not is_about_over(body, self.clock()):
            return link_page(
                410,
                message_page(
                    "Nothing was started", "What asked this has ended. A mail says what follows."
                ),
            )
        if is_expired or (is_pending and self.clock() >= body.expires_at):
            kept = "Nobody waits for this answer any more. What exists is kept."
            return link_page(
                410,
                message_page("Too late: nothing was started", kept, again=self._asked_again(row)),
            )
        if row.status == ApprovalStatus.WITHDRAWN:
            return link_page(
                410,
                message_page("This question is over", f"{body.reason}.", BY_THIS_NOTHING)
                if body.reason
                else message_page(
                    "A newer question took the place of this one",
                    f"Its link is in the newest mail. {BY_THIS_NOTHING}",
                ),
            )
        if not is_pending:
            decided = when(body.decided_at) if body.decided_at else "before"
            approved = row.status == ApprovalStatus.APPROVED
            return link_page(
                200,
                message_page(
                    f"The {ASKED_ABOUT[body.purpose]} was {row.status}",
                    f"Decided {decided}; the first answer counts.",
                    *(() if approved else ("Nothing is started, and what exists is kept.",)),
                    follows=what_follows(body.purpose, body.parts) if approved else (),
                    again=None if approved else self._asked_again(row),
                    home=self.links.link_to_home(row.production, HOME_DAYS),
                ),
            )
        return link_page(200, question_page(self._question(row)))

    def _asked_again(self, row: ApprovalRow) -> AskedAgain:
        """How a question that is over is asked again, as the mail about its end says too."""
        purpose, subject = row.body.purpose, row.body.subject_id
        name = production_name(row.production, self.registry)
        production = f"--production {production_argument(name, row.production)}"
        if purpose == "deployment" and TRAININGS.read(self.registry, row.production, subject):
            return AskedAgain(
                "To deploy the model later", f"onmodel deploy {production} {self.stack_options}"
            )
        if purpose in {"drawing", "deployment"}:
            return AskedAgain("To be asked again, upload the storyboard once more")
        return AskedAgain("To be asked again", f"onmodel train {production} {self.stack_options}")

    def _question(self, row: ApprovalRow) -> Question:
        body = row.body
        dataset = dataset_of(row.production, body.shown_id, self.registry)
        return Question(
            production=production_name(row.production, self.registry),
            purpose=body.purpose,
            subject_id=body.subject_id,
            usd=body.usd,
            usual_usd=CostQuote(usd=body.usd, parts=body.parts, assumptions=()).usual_usd,
            parts=body.parts,
            why=body.why,
            follows=what_follows(body.purpose, body.parts),
            assumptions=body.assumptions,
            dataset=dataset,
            pictures=tuple(self._pictures(dataset, row.production)) if dataset else (),
            expires=when(body.expires_at),
        )

    def _pictures(self, dataset: DatasetShown, production: str) -> Iterator[ShownPicture]:
        """Some of the dataset's pictures; a question without them can be answered too."""
        try:
            for item in some_pictures(dataset, production, self.studio):
                uri = data_uri(self.studio.get(item.key))
                slug = item.character or ""
                name = dataset.character_names.get(slug) or person_name(slug)
                yield ShownPicture(uri, name or "not named")
        except NotFound as fault:
            logger.warning("pictures of %s are gone: %s", dataset.dataset_id, fault)


def _redirect(location: str) -> LinkAnswer:
    headers = {
        "location": location,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
    }
    return LinkAnswer(statusCode=302, headers=headers)


def link_page(status: int, html: bytes) -> LinkAnswer:
    """A page with the headers of every page behind a link."""
    return LinkAnswer(statusCode=status, headers=PAGE_HEADERS, body=html.decode())


def fault_page(
    fault: Exception, *, again: str = TRY_AGAIN, function: str = "follow_link"
) -> LinkAnswer:
    """The page for a request that failed; the log has the fault, the page does not.

    Args:
        fault: what was raised.
        again: why the link can be opened again.
        function: whose log has the fault.
    """
    if isinstance(fault, Throttled | ServiceUnavailable | Conflict):
        return link_page(503, message_page("This did not work just now", again))
    return link_page(500, message_page("This did not work", again, SEE_LOG.format(function)))
