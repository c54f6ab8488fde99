"""Facts about films: prepared, one or several; refused, failed."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from onmodel.contracts.base import Contract
from onmodel.contracts.film_rows import RunBody, RunStatus
from onmodel.contracts.films import FilmSummary, Run
from onmodel.contracts.keys import FilmKeys, digest
from onmodel.contracts.notifications import NotificationRequest
from onmodel.errors import plain_text
from onmodel.formats.wording import DROPPED
from onmodel.money.usage import counts_answers
from onmodel.notifications.digests import prepared_event
from onmodel.notifications.facts.base import UNKNOWN_FAULT, Facts, Notification, Sources
from onmodel.registry.kinds import RUNS


class FilmPreparedFacts(Facts):
    kind: ClassVar[str] = "film_prepared"

    title: str
    duration_seconds: float
    width: int
    height: int
    frames: int
    crops_found: int
    crops_kept: int
    characters: dict[str, int] = Field(description="kept crops by slug; unnamed under ''")
    character_names: dict[str, str] = Field(default_factory=dict, description="for people, by slug")
    dropped: tuple[tuple[int, str], ...] = Field(description="number and reason, most first")
    notices: tuple[str, ...]
    lost_seconds: tuple[tuple[float, float], ...] = Field(description="start and end of each gap")
    report: str
    pictures: str = Field(description="s3:// address of the crops")
    records: str = Field(description="s3:// address of the run's records")
    usd: float | None = Field(description="None when a price is missing")
    reused: int = Field(description="results that were read from the cache")

    @classmethod
    def of(
        cls,
        summary: FilmSummary,
        *,
        report: str,
        pictures: str,
        records: str,
        notices: tuple[str, ...] = (),
    ) -> FilmPreparedFacts:
        return cls(
            production=summary.production,
            title=summary.title,
            duration_seconds=summary.facts.duration_seconds,
            width=summary.facts.width,
            height=summary.facts.height,
            frames=summary.frames,
            crops_found=summary.crops_found,
            crops_kept=summary.crops_kept,
            characters=with_unnamed(summary.named, summary.crops_kept),
            character_names=summary.character_names,
            dropped=tuple(
                (number, DROPPED[reason])
                for reason, number in sorted(summary.rejected.items(), key=lambda pair: -pair[1])
                if number
            ),
            notices=(*notices, *summary.notices),
            lost_seconds=summary.lost_seconds,
            report=report,
            pictures=pictures,
            records=records,
            usd=summary.estimated_usd,
            reused=sum(use.reused for use in summary.usage if counts_answers(use.item)),
        )


class PreparedFilm(Contract):
    """A film in a digest."""

    title: str
    pictures: int
    characters: int
    notices: int = Field(description="how many the report has")
    report: str


class FilmsPreparedFacts(Facts):
    """Films that were prepared one shortly after the other."""

    kind: ClassVar[str] = "films_prepared"

    films: tuple[PreparedFilm, ...]
    usd: float | None = Field(description="of all of them; None when a price is missing")


class FilmRefusedFacts(Facts):
    """A film that cannot be used; what is wrong and what to do."""

    kind: ClassVar[str] = "film_refused"

    title: str
    reason: str
    advice: str


class FilmFailedFacts(Facts):
    """A film whose preparation ended with an error that the film did not cause."""

    kind: ClassVar[str] = "film_failed"

    title: str
    reason: str


def film_prepared(request: NotificationRequest, sources: Sources) -> Notification:
    body = RUNS.require(sources.registry, request.production, request.id).body
    run, keys = body.run, FilmKeys.of(body.run)
    facts = FilmPreparedFacts.of(
        _summary(run, sources),
        report=sources.link(keys.report),
        pictures=sources.place(f"{keys.pictures}/"),
        records=sources.place(f"{keys.run}/"),
        notices=body.notices,
    )
    return Notification(facts, prepared_event(run.run_id))


def films_prepared(request: NotificationRequest, sources: Sources) -> Notification:
    """`extra` holds the ids of the runs, separated by spaces."""
    run_ids = request.extra["run_ids"].split()
    runs = [RUNS.require(sources.registry, request.production, one).body.run for one in run_ids]
    summaries = [_summary(run, sources) for run in runs]
    known = [summary.estimated_usd for summary in summaries if summary.estimated_usd is not None]
    facts = FilmsPreparedFacts(
        production=request.production,
        films=tuple(
            PreparedFilm(
                title=summary.title,
                pictures=summary.crops_kept,
                characters=sum(bool(name and number) for name, number in summary.named.items()),
                notices=len(summary.notices) + bool(summary.lost_seconds),
                report=sources.link(FilmKeys.of(run).report),
            )
            for run, summary in zip(runs, summaries, strict=True)
        ),
        usd=sum(known) if len(known) == len(summaries) else None,
    )
    return Notification(facts, f"films_prepared:{digest(' '.join(run_ids), 16)}")


def _summary(run: Run, sources: Sources) -> FilmSummary:
    return FilmSummary.from_stored(sources.read(FilmKeys.of(run).summary))


def film_refused(request: NotificationRequest, sources: Sources) -> Notification:
    """The run's row says whether the film was refused or its preparation failed."""
    row = RUNS.require(sources.registry, request.production, request.id)
    if row.status == RunStatus.FAILED:
        return film_failed(request, sources)
    facts = FilmRefusedFacts(
        production=request.production,
        title=row.body.run.title,
        reason=_reason(row.body),
        advice=row.body.advice or "",
    )
    return Notification(facts, _ended_event(request.id, row.body.run.attempt))


def film_failed(request: NotificationRequest, sources: Sources) -> Notification:
    """`extra` may hold the reason, when the row does not hold it yet."""
    body = RUNS.require(sources.registry, request.production, request.id).body
    facts = FilmFailedFacts(
        production=request.production,
        title=body.run.title,
        reason=request.extra.get("reason") or _reason(body),
    )
    return Notification(facts, _ended_event(request.id, body.run.attempt))


def _reason(body: RunBody) -> str:
    return body.plain_reason or plain_text(body.reason or UNKNOWN_FAULT)


def _ended_event(run_id: str, attempt: int) -> str:
    """One event for refused and failed: an attempt of a run sends one of the two mails."""
    return f"film_refused:{run_id}:{attempt}"


def with_unnamed(named: dict[str, int], kept: int) -> dict[str, int]:
    """Kept crops by character, the unnamed ones under ''; only characters with crops."""
    found = {name: number for name, number in named.items() if name and number}
    unnamed = kept - sum(found.values())
    return found | {"": unnamed} if unnamed else found
