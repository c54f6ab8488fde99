"""The home page of a production, and of a whole stack. It shows, and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from onmodel.contracts.rows import Kind
from onmodel.formats.wording import ASKED_ABOUT, count, dollars, when
from onmodel.overview.comparison import SideBySide
from onmodel.overview.everything import Overview
from onmodel.overview.lines import Line, page_key
from onmodel.pages.templating import PageCommands, render
from onmodel.registry.rows import AnyRow

TONES: Mapping[str, str] = {
    **dict.fromkeys(("prepared", "ready", "completed", "drawn"), "good"),
    **dict.fromkeys(("refused", "failed", "impossible", "stopped", "gone"), "bad"),
    **dict.fromkeys(("retired", "unknown"), "over"),
}
"""Colours of states that are ends; all others are on their way."""

STATES = {"in_service": "in service", "in_progress": "in training", "running": "in preparation",
          "creating": "being deployed", "retiring": "being switched off"}  # fmt: skip
"""Words for states that people would not read as such."""


@dataclass(frozen=True)
class HomeItem:
    """One thing of a list. `href` leads to its page, '' when there is none yet."""

    title: str
    state: str
    tone: str
    facts: str
    usd: str
    href: str = ""


@dataclass(frozen=True)
class Choice:
    """What a form lets compare: the field's name, all ids, and the two that are shown."""

    field: str
    ids: Sequence[str]
    table: SideBySide


@dataclass(frozen=True)
class Home:
    """All that the page of a production shows.

    Attributes:
        name: of the production, as typed.
        overview: of this production alone.
        now: when it was gathered.
        link: makes a link to a page of the studio bucket, by its key.
        datasets: two of them side by side; None when there are not two.
        trainings: the same.
        notices: for example that a local stack simulates.
        stack_options: of the command `onmodel`, in every command on the page.
    """

    name: str
    overview: Overview
    now: datetime
    link: Callable[[str], str]
    datasets: Choice | None = None
    trainings: Choice | None = None
    notices: Sequence[str] = ()
    stack_options: str = ""


@dataclass(frozen=True)
class ListedProduction:
    """A production in the stack's list."""

    name: str
    href: str
    overview: Overview


def render_home(home: Home) -> bytes:
    """The page of one production."""
    view = home.overview
    listed = [(row, line) for row, line in zip(view.rows, view.lines, strict=True)]
    return render(
        "home.html.j2",
        home=home,
        numbers=_numbers(view),
        questions=[row for row in view.rows if row.kind == Kind.APPROVAL],
        asked_about=ASKED_ABOUT,
        lists=[
            ("Films", "films", [_film(row, line, home) for row, line in _newest_runs(listed)]),
            ("Datasets", "datasets", list(_items(listed, Kind.DATASET, home))),
            ("Models", "models", list(_items(listed, Kind.TRAINING, home))),
            ("Deployments", "deployments", list(_items(listed, Kind.DEPLOYMENT, home))),
            ("Custom Labels models", "detectors", list(_items(listed, Kind.DETECTOR, home))),
            ("Storyboards", "storyboards", list(_items(listed, Kind.STORYBOARD, home))),
        ],
        compared=[choice for choice in (home.datasets, home.trainings) if choice],
        commands=PageCommands(home.stack_options, home.name),
    )


def render_stack(
    stack: str,
    overview: Overview,
    productions: Sequence[ListedProduction],
    *,
    now: datetime,
    notices: Sequence[str] = (),
    stack_options: str = "",
) -> bytes:
    """The page of all productions of a stack."""
    return render(
        "stack.html.j2",
        stack=stack,
        overview=overview,
        numbers=_numbers(overview),
        productions=[(one, _counts(one.overview)) for one in productions],
        names={row.production: one.name for one in productions for row in one.overview.rows},
        now=now,
        notices=notices,
        commands=PageCommands(stack_options),
    )


@dataclass(frozen=True)
class HomeNumber:
    """A number at the beginning of the page."""

    number: str
    unit: str
    remark: str
    warns: bool = False


def _numbers(view: Overview) -> list[HomeNumber]:
    open_questions = [row for row in view.rows if row.kind == Kind.APPROVAL]
    runs = [line for line in view.lines if line.kind == Kind.RUN and line.status == "running"]
    spent = view.spent
    return [
        _bills_now(view),
        HomeNumber(
            dollars(spent.usd),
            "spent, estimated" if spent.is_all else "spent, at least: a price is missing",
            "by our counts and the price book; AWS bills by its own",
        ),
        HomeNumber(
            f"{len(open_questions)}",
            "question to you" if len(open_questions) == 1 else "questions to you",
            "each is answered by the link in its own mail" if open_questions else "none is open",
            warns=bool(open_questions),
        ),
        HomeNumber(
            f"{len(runs)}",
            "film in preparation" if len(runs) == 1 else "films in preparation",
            f"of {count(len(_films(view.rows)), 'film')}",
        ),
    ]


def _bills_now(view: Overview) -> HomeNumber:
    costly = view.billing
    if not costly:
        return HomeNumber("Nothing", "bills by the hour", "no model runs")
    ids = {line.id for line in costly}
    ends = [end for row in view.rows if row.id in ids for end in _ends(row)]
    until = f", at the latest until {when(max(ends))}" if ends else ""
    known = [line.usd_per_hour for line in costly if line.usd_per_hour is not None]
    total = sum(known) if len(known) == len(costly) else None
    return HomeNumber(
        dollars(total),
        "an hour, now",
        f"{count(len(costly), 'model runs', 'models run')}{until}",
        warns=True,
    )


def _ends(row: AnyRow) -> Sequence[datetime]:
    """When what bills ends at the latest: a deployment, or a model that films are searched with."""
    match row.kind:
        case Kind.DEPLOYMENT:
            return (row.body.retires_at,)
        case Kind.DETECTOR:
            return [lease.until for lease in row.body.leases]
    return ()


def _films(rows: Sequence[AnyRow]) -> set[tuple[str, str]]:
    return {(row.production, row.body.run.film_id) for row in rows if row.kind == Kind.RUN}


def _newest_runs(listed: Sequence[tuple[AnyRow, Line]]) -> list[tuple[AnyRow, Line]]:
    """The last run of each film, the newest first: an earlier one is of other settings."""
    newest: dict[str, tuple[AnyRow, Line]] = {}
    for row, line in listed:
        if row.kind == Kind.RUN:
            film = row.body.run.film_id
            if film not in newest or newest[film][0].created_at < row.created_at:
                newest[film] = row, line
    return sorted(newest.values(), key=lambda pair: pair[0].created_at, reverse=True)


def _film(row: AnyRow, line: Line, home: Home) -> HomeItem:
    title = row.body.run.title
    return _item(row, line, home, title, line.what.removeprefix(title).lstrip(":; "))


def _items(listed: Sequence[tuple[AnyRow, Line]], kind: Kind, home: Home) -> Iterator[HomeItem]:
    """The newest first."""
    for row, line in reversed(listed):
        if row.kind == kind:
            name = row.id
            if kind == Kind.STORYBOARD:
                name = f"{row.body.title or row.body.name}, take {row.body.take}"
            yield _item(row, line, home, name, line.what)


def _item(row: AnyRow, line: Line, home: Home, title: str, facts: str) -> HomeItem:
    key = page_key(row)
    return HomeItem(
        title=title,
        state=line.status if row.kind == Kind.DETECTOR else STATES.get(line.status, line.status),
        tone="bills" if line.bills else TONES.get(line.status, "busy"),
        facts=facts,
        usd="" if line.usd is None else dollars(line.usd),
        href="" if key is None else home.link(key),
    )


def _counts(view: Overview) -> str:
    """What a production has, in words."""
    kinds = [line.kind for line in view.lines]
    told = [count(len(_films(view.rows)), "film")]
    told += [count(kinds.count(kind), name) for kind, name in
             ((Kind.DATASET, "dataset"), (Kind.TRAINING, "model"), (Kind.STORYBOARD, "storyboard"))
             if kind in kinds]  # fmt: skip
    return ", ".join(told)
