"""The demo's second half: dataset, training, deployment, storyboard, and retirement."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from onmodel.contracts.rows import ApprovalBody
from onmodel.deployments.lifecycle import OVER
from onmodel.formats.wording import ASKED_ABOUT, COST_PARTS, dollars
from onmodel.overview.lines import billing, look
from onmodel.wiring import now
from onmodel_cli.connection import Connection
from onmodel_cli.harvest import harvest
from onmodel_cli.journey import Journey, Place
from onmodel_cli.models import ask_to_retire, until_retired
from onmodel_cli.results import Result
from onmodel_cli.waiting import show_stages, waiting

if TYPE_CHECKING:
    from onmodel_local.daemon import RunningStack
    from onmodel_local.mail import MailCatcher

FORM_SECONDS = 60.0
MAIL_SECONDS = 20.0  # a mail is sent a moment after its row is written


@dataclass(frozen=True)
class Post:
    """Mails that would have been sent, as text files."""

    catcher: MailCatcher
    folder: Path

    @classmethod
    def of(cls, running: RunningStack, folder: Path) -> Post:
        from onmodel_local.mail import MailCatcher

        return cls(MailCatcher(running, running.outputs["TopicArn"]), folder)

    def wait_for(self, words: str) -> None:
        """Wait for a mail with these words in its subject, or for MAIL_SECONDS."""
        end = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < end:
            new = self.catcher.collect(self.folder, wait_seconds=1)
            if any(words in subject(path) for path in new):
                return

    def link_of(self, subject_id: str) -> str | None:
        """The link of the mail that asks about a subject; None while no such mail came."""
        for path in reversed(self.all()):
            text = path.read_text(encoding="utf-8")
            if subject(path).endswith("?") and f"({subject_id})" in text:
                _, _, after = text.partition("approval:\n")
                return after.split()[0]
        return None

    def all(self) -> list[Path]:
        self.catcher.collect(self.folder)
        return sorted(self.folder.glob("*.txt"))


def finish(
    connection: Connection,
    result: Result,
    output: Path,
    post: Post,
    console: Console,
    *,
    runs_trainer: bool,
) -> None:
    """Follow the film's generation to its end, fetch the results, retire the model.

    Args:
        connection: to the local stack.
        result: of the film.
        output: where the results go.
        post: the mails.
        console: for people.
        runs_trainer: whether the trainer's own programs run, on the tiny model.
    """
    run = result.run
    journey = Journey(
        production=run.production,
        run_id=run.run_id,
        registry=connection.registry,
        studio=connection.studio,
        executions=connection.executions,
        clock=now,
        sleep=time.sleep,
        monotonic=time.monotonic,
    )
    how = "a tiny model; hours take minutes" if runs_trainer else "simulated; hours take seconds"
    console.print(f"\n[bold]From pictures to a model[/]  [dim]({how})[/]")
    place = show_stages(
        console, _answering(journey.watch(), post, console), attrgetter("stage"), "collecting films"
    )
    if place is None:
        return
    if place.end:
        console.print(f"[yellow]![/] {escape(place.end)}")
    _switch_off(connection, place, post, console)
    for name, path in harvest(place, run.production, connection.studio, output).rows():
        console.print(f"[bold]{name:<10}[/] {path.as_uri()}")
    console.print("\n[bold]Mails that would have been sent[/]")
    for path in post.all():
        console.print(f"  {path}  [dim]{escape(subject(path))}[/]")
    _bill(connection, run.production, console)


def _answering(places: Iterator[Place], post: Post, console: Console) -> Iterator[Place]:
    """Answer each question by its mail's link, as a person would, and show what was asked."""
    answered: set[str] = set()
    for place in places:
        asked = place.approval
        if asked is not None and asked.id not in answered:
            link = post.link_of(asked.body.subject_id)
            if link is not None:
                _show_question(asked.body, console)
                _press(link, "approve")
                console.print("[green]✓[/] The demo answers: approved. A person would decide.")
                answered.add(asked.id)
        yield place


def _show_question(body: ApprovalBody, console: Console) -> None:
    what = ASKED_ABOUT[body.purpose]
    console.print(f"[yellow]?[/] A mail asks: {what} for at most {dollars(body.usd)}?")
    for part in body.parts:
        usual = f"; usually {dollars(part.usual_usd)}" if part.usual_usd != part.usd else ""
        console.print(f"  {dollars(part.usd):>9}  {COST_PARTS[part.name]}{usual}")
    console.print(f"  [dim]{escape(body.why)}[/]")


def _press(link: str, decision: str) -> None:
    """Send the form of the page behind a link."""
    form = f"decision={decision}".encode()
    with urllib.request.urlopen(link, data=form, timeout=FORM_SECONDS) as page:  # noqa: S310 - a local stack's link
        page.read()


def subject(path: Path) -> str:
    """The subject of a mail that was written as text."""
    return path.read_text(encoding="utf-8").splitlines()[0].removeprefix("Subject: ")


def _switch_off(connection: Connection, place: Place, post: Post, console: Console) -> None:
    """Retire the model, so that the demo leaves nothing that bills."""
    found = place.deployment
    if found is None or found.status in OVER:
        return
    post.wait_for("is ready and draws")
    ask_to_retire(connection, found, "the demo is over")
    with waiting(console, "Switching the model off"):
        gone = until_retired(connection, found, time.sleep, time.monotonic)
    post.wait_for("is switched off")
    console.print(f"[green]✓[/] Model {gone.id} drew its first storyboard and is switched off")


def _bill(connection: Connection, production: str, console: Console) -> None:
    lines = look(connection.registry, production, now())
    known = [line for line in lines if line.usd is not None]
    console.print("\n[bold]What AWS would ask, estimated[/]")
    for line in known:
        console.print(f"  {dollars(line.usd):>9}  {line.kind} {line.id}")
    console.print(f"  {dollars(sum(line.usd or 0 for line in known)):>9}  in all. Here: nothing.")
    costly = billing(look(connection.registry, None, now()))
    for line in costly:
        console.print(f"[bold red]{line.id} is billing {dollars(line.usd_per_hour)} an hour[/]")
    if not costly:
        console.print("[green]✓[/] Nothing is billing.")
