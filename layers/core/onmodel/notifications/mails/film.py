"""What is told of a film: prepared, or refused."""

from __future__ import annotations

from onmodel.contracts.films import FilmSummary, RejectReason
from onmodel.formats.wording import count, dollars, duration, listed, person_name, timecode
from onmodel.notifications.mails.letter import Mail, letter, places, printable, sentence, table

DROPPED: dict[RejectReason, str] = {
    RejectReason.BLACK: "black",
    RejectReason.BLANK: "blank",
    RejectReason.FADE: "in a fade",
    RejectReason.BLURRED: "blurred",
    RejectReason.UNCHANGED: "unchanged since the frame before",
    RejectReason.NO_FIGURE: "without a figure",
    RejectReason.TOO_SMALL: "figures too small to learn from",
    RejectReason.SURPLUS: "figures beyond the largest of their frame",
    RejectReason.NEAR_DUPLICATE: "near-duplicates of a kept picture",
    RejectReason.UNREADABLE: "unreadable",
}
"""Plain words for each reason, as they follow a number."""


def film_prepared(
    *,
    summary: FilmSummary,
    report: str,
    pictures: str,
    records: str,
    correlation_id: str,
    advice: str = "",
) -> Mail:
    """A film's pictures are ready to look at.

    Args:
        summary: what was kept, dropped and paid.
        report: where the report can be opened (a link, or an s3:// address).
        pictures: s3:// address of the crops.
        records: s3:// address of the run's records.
        correlation_id: of the upload.
        advice: what to do next, when the facts ask for something; a sensible one is found.
    """
    title = printable(summary.title)
    names = {name: number for name, number in summary.named.items() if name and number}
    if not summary.crops_kept:
        subject = f"{title}: no pictures were kept"
    elif names:
        subject = f"{title} is prepared: {count(summary.crops_kept, 'picture')} of " + count(
            len(names), "character"
        )
    else:
        subject = f"{title} is prepared: {count(summary.crops_kept, 'picture')}, none named yet"
    return letter(
        subject,
        f"“{title}” ({duration(summary.facts.duration_seconds)}, "
        f"{summary.facts.width}×{summary.facts.height}) of production {summary.production} "
        "has been looked at from end to end.",
        _figures(summary),
        _named(names, summary.crops_kept),
        _dropped(summary),
        "\n".join(printable(notice) for notice in summary.notices),
        _lost(summary),
        advice or _advice(summary, names),
        "Where things lie:\n"
        + places([("report", report), ("pictures", pictures), ("records", records)]),
        _money(summary),
        correlation_id=correlation_id,
    )


def film_refused(
    *, production: str, title: str, reason: str, advice: str, correlation_id: str
) -> Mail:
    """A film that cannot be used: what is wrong and what to do."""
    shown = printable(title)
    return letter(
        f"{shown} could not be used",
        f"“{shown}” of production {production} could not be used:",
        f"  {sentence(reason)}",
        sentence(advice),
        "Nothing was kept of it and nothing of it is running. Other films are not held up.",
        correlation_id=correlation_id,
    )


def film_failed(*, production: str, title: str, reason: str, correlation_id: str) -> Mail:
    """A film whose preparation broke through no fault of the film's."""
    shown = printable(title)
    return letter(
        f"{shown} could not be prepared this time",
        f"Preparing “{shown}” of production {production} broke off:",
        f"  {sentence(reason)}",
        "Upload the film again to go on: finished parts are not worked again and nothing that "
        "was paid for is paid for twice. If it breaks off again, search the logs for the id below.",
        "Nothing of it is running. Other films are not held up.",
        correlation_id=correlation_id,
    )


def _figures(summary: FilmSummary) -> str:
    return table(
        [
            (f"{summary.frames:,}", "frames looked at"),
            (f"{summary.crops_found:,}", "figures found"),
            (f"{summary.crops_kept:,}", "pictures kept"),
        ]
    )


def _named(names: dict[str, int], kept: int) -> str:
    if not kept:
        return ""
    rows = [
        (f"{number:,}", person_name(name))
        for name, number in sorted(names.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    unnamed = kept - sum(names.values())
    if unnamed:
        rows.append((f"{unnamed:,}", "not named"))
    return "Who is in them:\n" + table(rows)


def _dropped(summary: FilmSummary) -> str:
    rows = [
        (f"{number:,}", DROPPED[reason])
        for reason, number in sorted(summary.rejected.items(), key=lambda pair: -pair[1])
        if number
    ]
    return "Dropped (the report shows each one and why):\n" + table(rows) if rows else ""


def _lost(summary: FilmSummary) -> str:
    if not summary.lost_seconds:
        return ""
    spans = [f"{timecode(start)} to {timecode(end)}" for start, end in summary.lost_seconds]
    shown = spans[:5] + ([f"{len(spans) - 5} more"] if len(spans) > 5 else [])
    return f"Some of the film is damaged and could not be read: {listed(shown)}."


def _advice(summary: FilmSummary, names: dict[str, int]) -> str:
    production = summary.production
    if not summary.crops_kept:
        return (
            "Nothing will be trained from it. See in the report why the frames were dropped; "
            f"finder.labels and sampling in {production}/settings.yaml decide it. "
            "Upload the film again afterwards: what was paid for is not paid for again."
        )
    if not names:
        return (
            f"To have the pictures named, upload a few pictures of each character to "
            f"{production}/characters/<name>/ and then the film again. "
            "Only the new pictures are paid for."
        )
    return ""


def _money(summary: FilmSummary) -> str:
    reused = sum(usage.reused for usage in summary.usage)
    again = f" {count(reused, 'answer')} came from earlier work and cost nothing." if reused else ""
    if summary.estimated_usd is None:
        return (
            "The cost is not known: the price book has no price for one of the services used."
            + again
        )
    return f"Estimated cost of the paid calls: {dollars(summary.estimated_usd)}.{again}"
