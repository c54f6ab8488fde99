"""What the review page asks for: the same answers behind a signed link and on 127.0.0.1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

from pydantic import BaseModel, ValidationError

from onmodel.contracts.base import HAND_WRITTEN, Contract
from onmodel.contracts.characters import Character
from onmodel.contracts.review import (
    CorrectionResult,
    CorrectionsRequest,
    CorrectionsSaved,
    FaultCode,
    NewCharacter,
    PostedCorrection,
    ReviewDone,
    ReviewFault,
    ReviewPage,
)
from onmodel.contracts.trainings import DatasetLimits
from onmodel.datasets.corrected import cast_of, id_of_name
from onmodel.errors import OnmodelError
from onmodel.films.corrections import read_corrections, save_corrections
from onmodel.films.near_duplicates import FilmsNearDuplicates
from onmodel.formats.yaml_meaning import first_fault
from onmodel.pages.review import SHELL, page_file
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.steps.review_items import Reviewed, ReviewItems

LARGEST_BODY = 4_000_000
"""Bytes: a hundred corrections with long captions have less."""

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' data: https:; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "referrer-policy": "no-referrer",  # the address contains a secret
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


@dataclass(frozen=True)
class ReviewCall:
    """One request below the review's address."""

    method: str
    path: str
    query: str = ""
    body: str = ""


@dataclass(frozen=True)
class ReviewAnswer:
    status: int
    content_type: str
    body: str
    headers: Mapping[str, str] = field(default_factory=lambda: HEADERS)


@dataclass(frozen=True)
class ReviewSubject:
    """`finish` lets the machine that waits go on; None: no machine waits."""

    reviewed: Reviewed
    finish: Callable[[], str] | None = None


class ReviewRefused(OnmodelError):
    """A request that cannot be answered."""

    def __init__(self, status: int, code: FaultCode, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


@dataclass
class ReviewApi:
    """The services that reviewing needs, and the lists that were read last."""

    items: ReviewItems
    registry: Registry
    studio: ObjectStore
    clock: Clock
    limits: DatasetLimits
    _films: dict[str, FilmsNearDuplicates] = field(default_factory=dict)

    def answer(self, subject: ReviewSubject, call: ReviewCall) -> ReviewAnswer:
        """A page, a file of it, or JSON; a fault is JSON too."""
        try:
            return self._answer(subject, call)
        except ReviewRefused as fault:
            return fault_answer(fault.status, fault.code, str(fault))

    def _answer(self, subject: ReviewSubject, call: ReviewCall) -> ReviewAnswer:
        reads = call.method in {"GET", "HEAD"}
        match (call.method, call.path):
            case (_, "") if reads:
                return self._file(SHELL)
            case (_, path) if reads and path.startswith("static/"):
                return self._file(path.removeprefix("static/"))
            case (_, ("items" | "character" | "groups") as path) if reads:
                return _json(self._told(subject, path, call.query))
            case ("POST", "corrections"):
                return _json(self._save(subject, _parsed(CorrectionsRequest, call.body)))
            case ("POST", "done"):
                return _json(_finished(subject))
        raise ReviewRefused(404, "not_found", "There is nothing at this address.")

    def _told(self, subject: ReviewSubject, path: str, query: str) -> Contract:
        if path == "items":
            return self._items(subject, _argument(query, "after"))
        if path == "character":
            return self._character(subject, _argument(query, "name"))
        return self._near_duplicates(subject, _argument(query, "threshold"))

    def _file(self, name: str) -> ReviewAnswer:
        found = page_file(name)
        if found is None:
            raise ReviewRefused(404, "not_found", "The page has no such file.")
        kept = {} if name == SHELL else {"cache-control": "private, max-age=600"}
        return ReviewAnswer(200, found.content_type, found.text, {**HEADERS, **kept})

    def _items(self, subject: ReviewSubject, after: str) -> ReviewPage:
        start = int(after) if after.isascii() and after.isdigit() and len(after) < 9 else 0
        if after and not start:
            raise ReviewRefused(400, "bad_request", "`after` is not the mark of a page.")
        return self.items.page(subject.reviewed, start, is_waited_for=subject.finish is not None)

    def _character(self, subject: ReviewSubject, typed: str) -> NewCharacter:
        """The id of a typed name: of the character that has it, else as a folder's would be."""
        try:
            name = Character.model_validate({"name": typed}, context=HAND_WRITTEN).name
        except ValidationError as fault:
            why = f"The name {first_fault(fault)}."
            raise ReviewRefused(400, "bad_request", why) from fault
        known = cast_of(
            self.items.listed(subject.reviewed).characters,
            read_corrections(subject.reviewed.production, self.registry),
        )
        identity = id_of_name(name, known)
        return NewCharacter(slug=identity, name=known[identity].name if identity in known else name)

    def _near_duplicates(self, subject: ReviewSubject, wanted: str) -> Contract:
        try:
            threshold = float(wanted)
        except ValueError:
            threshold = 0.0
        if not 0.5 <= threshold <= 1:  # as deduplication.threshold in settings
            raise ReviewRefused(400, "bad_request", "`threshold` is not a number from 0.5 to 1.")
        production = subject.reviewed.production
        if production not in self._films:
            films = FilmsNearDuplicates.read(production, registry=self.registry, studio=self.studio)
            self._films = {production: films}
        settings = self.items.listed(subject.reviewed).settings.deduplication
        chosen = settings.model_copy(update={"threshold": threshold})
        apart = read_corrections(production, self.registry).different_pairs()
        return self._films[production].at(chosen, apart)

    def _save(self, subject: ReviewSubject, asked: CorrectionsRequest) -> CorrectionsSaved:
        known = {crop.crop_id for crop in self.items.listed(subject.reviewed).crops}
        saved = save_corrections(
            subject.reviewed.production,
            [one for one in asked.corrections if one.crop_id in known],
            registry=self.registry,
            clock=self.clock,
            limits=self.limits,
        )
        by_crop = {result.crop_id: result for result in saved}
        return CorrectionsSaved(
            results=tuple(by_crop.get(one.crop_id) or _gone(one) for one in asked.corrections)
        )


def fault_answer(status: int, code: FaultCode, text: str) -> ReviewAnswer:
    return replace(_json(ReviewFault(error=text, code=code)), status=status)


def _gone(posted: PostedCorrection) -> CorrectionResult:
    return CorrectionResult(
        crop_id=posted.crop_id,
        saved=False,
        version=0,
        correction=None,
        reason="This picture is not in the production any more.",
    )


def _finished(subject: ReviewSubject) -> ReviewDone:
    if subject.finish is None:
        raise ReviewRefused(
            409, "closed", "Nothing waits for this review. Corrections hold for the next dataset."
        )
    return ReviewDone(message=subject.finish())


def _argument(query: str, name: str) -> str:
    try:
        return parse_qs(query, max_num_fields=10).get(name, [""])[0]
    except ValueError:
        return ""


def _parsed(model: type[CorrectionsRequest], body: str) -> CorrectionsRequest:
    if len(body) > LARGEST_BODY:
        raise ReviewRefused(400, "bad_request", "The request is too large.")
    try:
        return model.model_validate_json(body)
    except ValidationError as fault:
        place = ".".join(str(part) for part in fault.errors()[0]["loc"])
        text = f"{place}: {fault.errors()[0]['msg']}"
        raise ReviewRefused(400, "bad_request", text) from fault


def _json(content: BaseModel) -> ReviewAnswer:
    return ReviewAnswer(200, "application/json; charset=utf-8", content.model_dump_json())
