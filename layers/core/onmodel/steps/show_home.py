"""Answer the link of a home page. It reads rows and settings, and can change nothing.

No link on the page decides anything: a question is answered by the link in its own mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from onmodel.contracts.judging import Judgement
from onmodel.contracts.keys import StoryboardKeys
from onmodel.contracts.links import LinkAnswer, LinkRequest
from onmodel.contracts.rows import Kind
from onmodel.errors import LinkRefused, NotFound
from onmodel.films.folders import production_name
from onmodel.films.settings import settings_in_force
from onmodel.links.tokens import HomeTarget, SignedLinks, StackTarget
from onmodel.overview.coming import quiet_time
from onmodel.overview.comparison import (
    chosen_two,
    compare_datasets,
    compare_trainings,
    newest_judged,
)
from onmodel.overview.everything import Overview, gather
from onmodel.pages.home import Choice, Home, ListedProduction, render_home, render_stack
from onmodel.pages.link import message_page
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.rows import AnyRow
from onmodel.steps.follow_link import fault_page, link_page

DAYS = 1.0
"""Of the links on the page: whoever may see it follows them at once."""


@dataclass(frozen=True)
class ShowHome:
    """The services that a home page needs."""

    registry: Registry
    studio: ObjectStore
    links: SignedLinks
    clock: Clock
    stack: str
    quiet_seconds: float
    stack_options: str = ""
    notices: Sequence[str] = field(default=())

    def follow(self, request: LinkRequest) -> LinkAnswer:
        """The page; for a link that is not valid the reason."""
        if request.context.http.method.upper() not in {"GET", "HEAD"}:
            return link_page(405, message_page("There is nothing to decide here"))
        try:
            match self.links.read(request.token):
                case HomeTarget(production=production):
                    return link_page(200, self._home(production, request))
                case StackTarget():
                    return link_page(200, self._stack())
        except LinkRefused as fault:
            return link_page(403, message_page(fault.reason, f"{fault.advice}."))
        return link_page(404, message_page("This link is not one to a home page"))

    def _home(self, production: str, request: LinkRequest) -> bytes:
        overview = self._gather(production)
        return render_home(
            Home(
                name=production_name(production, self.registry),
                overview=overview,
                now=self.clock(),
                link=lambda key: self.links.link_to_object(key, DAYS),
                datasets=self._datasets(overview, request.asked("dataset")),
                trainings=self._trainings(overview, request.asked("training")),
                notices=self.notices,
                stack_options=self.stack_options,
            )
        )

    def _stack(self) -> bytes:
        overview = self._gather(None)
        productions = [
            ListedProduction(
                name=production_name(identity, self.registry),
                href=self.links.link_to_home(identity, DAYS),
                overview=overview.of(identity),
            )
            for identity in overview.productions
        ]
        return render_stack(
            self.stack,
            overview,
            productions,
            now=self.clock(),
            notices=self.notices,
            stack_options=self.stack_options,
        )

    def _gather(self, production: str | None) -> Overview:
        return gather(self.registry, production, now=self.clock(), quiet_of=self._quiet_of)

    def _quiet_of(self, production: str) -> timedelta | None:
        return quiet_time(settings_in_force(production, self.studio), self.quiet_seconds)

    def _datasets(self, overview: Overview, wanted: Sequence[str]) -> Choice | None:
        rows = [row for row in overview.rows if row.kind == Kind.DATASET]
        both = chosen_two(rows, wanted)
        return both and Choice("dataset", _ids(rows), compare_datasets(both))

    def _trainings(self, overview: Overview, wanted: Sequence[str]) -> Choice | None:
        rows = [row for row in overview.rows if row.kind == Kind.TRAINING]
        both = chosen_two(rows, wanted)
        if both is None:
            return None
        judged = {row.id: self._judgement(row, overview) for row in both}
        found = {identity: one for identity, one in judged.items() if one is not None}
        return Choice("training", _ids(rows), compare_trainings(both, found))

    def _judgement(self, training: AnyRow, overview: Overview) -> Judgement | None:
        """Of the training's newest storyboard; None when none was judged."""
        board = newest_judged(training.id, overview.rows)
        if board is None:
            return None
        keys = StoryboardKeys(board.production, board.body.name, board.body.take)
        try:
            return Judgement.from_stored(self.studio.get(keys.judgement))
        except NotFound:
            return None


def home_fault_page(fault: Exception) -> LinkAnswer:
    """The page for a request that failed; nobody decided anything by it."""
    return fault_page(
        fault, again="Open the link again in a minute: nothing was changed.", function="show_home"
    )


def _ids(rows: Sequence[AnyRow]) -> list[str]:
    return sorted((row.id for row in rows), reverse=True)
