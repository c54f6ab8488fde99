"""A folder like a reader's clone, with a film, pictures and a local stack: where pages are told."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from docs.pages import ROOT
from drawn.films import draw_film
from drawn.references import cut_references
from waiting import PATIENCE_SECONDS, wait_until

from onmodel.adapters.dynamodb import DynamoRegistry
from onmodel.contracts.rows import DeploymentStage, Kind, StoryboardStatus
from onmodel_local.daemon import RunningStack, find_stack
from onmodel_local.mail import MailCatcher

PARTS_OF_A_CLONE = (
    ".venv",
    "template.yaml",
    "functions",
    "layers",
    "statemachine",
    "bench",
    "trainer",
)
_LINK = re.compile(r"approval:\n\s*(\S+)")

# What the pages' examples are called. The drawn figures play the rabbit and his squirrels.
PRODUCTION = "bunny"
FILM = "bbb.mp4"
OTHER_FILM = "film.mp4"
CAST = {"mira": "Buck", "otto": "Frank", "pip": "Rinky"}
SETTINGS_OF_THE_DRAWN = b"""
sampling: {interval_seconds: 0.5, chunk_seconds: 5}
crop: {min_figure_pixels: 40, max_enlargement: 16}
deduplication: {threshold: 0.98}
naming: {threshold: 0.4, margin: 0.01}
"""


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.out[-2000:]}\n{self.err[-2000:]}"


@dataclass
class Sandbox:
    """`variables` are those of the shell: what a page tells its reader to set."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @cached_property
    def stack(self) -> RunningStack:
        running = find_stack(self.folder)
        assert running is not None, "onmodel local up left no stack behind"
        return running

    def type(self, line: str, *, answers: str = "") -> Done:
        """Run a line by bash, as a reader with the stack's credentials would."""
        if self.variables:  # version 1 of the AWS CLI finds SQS by no variable
            line = f'aws() {{ command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }}; {line}'
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            # More than one command, so that the shell stays: completion asks which one started it.
            ["bash", "-c", f"{line}\nexit $?"],
            cwd=self.folder,
            env={
                "HOME": str(self.folder),
                "PATH": path,
                "AWS_PAGER": "",
                "BROWSER": "true",
                **self.variables,
            },
            input=answers,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def must(self, line: str) -> str:
        """The output of a line that is no page's but the test's own."""
        done = self.type(line)
        assert done.code == 0, f"{line}: {done}"
        return done.out

    def assign(self, name: str, line: str) -> None:
        """Run `NAME=…` and keep what the shell would know from then on."""
        done = self.type(f'{line}; code=$?; printf %s "${name}"; exit $code')
        assert done.code == 0 and done.out, f"{line}\n{done}"
        self.variables[name] = done.out

    @cached_property
    def identity(self) -> str:
        """The id that the production's mails end with."""
        event = self.must(f"onmodel event probe_film -p {PRODUCTION} --film {FILM}")
        return str(json.loads(event)["run"]["correlation_id"])

    def approve(self) -> None:
        """Answer the mail that asks for money by its link, as a person would."""
        catcher = MailCatcher(self.stack, self.stack.outputs["TopicArn"])
        folder = Path(self.stack.folder) / "mails"  # where `onmodel local mails` shows them
        links: list[str] = []

        def asked() -> bool:
            for mail in catcher.collect(folder):
                links.extend(_LINK.findall(mail.read_text(encoding="utf-8")))
            return bool(links)

        self.until(asked, "no mail asks for an approval")
        with urllib.request.urlopen(
            links[-1], data=b"decision=approve", timeout=PATIENCE_SECONDS
        ) as page:
            page.read()

    def prepare_another_film(self) -> None:
        """Something to train on that was not trained on: a film of other content."""
        number = len(list(self.folder.glob("another-*.mp4")))
        filler = number.to_bytes(4, "big")  # a box that every reader skips makes other content
        box = (8 + len(filler)).to_bytes(4, "big") + b"free" + filler
        film = self.folder / f"another-{number}.mp4"
        film.write_bytes((self.folder / FILM).read_bytes() + box)
        self.must(f"onmodel run {film.name} -p {PRODUCTION}")

    def make_another_dataset(self) -> None:
        """A second dataset at least, whether or not earlier lines made one."""

        def are_two() -> bool:
            return len(self.statuses(Kind.DATASET)) > 1

        if not are_two():
            self.prepare_another_film()
            self.must(f"onmodel train -p {PRODUCTION}")
            self.until(are_two, f"{PRODUCTION} has one dataset")

    @cached_property
    def registry(self) -> DynamoRegistry:
        return DynamoRegistry(self.stack.client("dynamodb"), self.stack.outputs["RegistryTable"])

    def statuses(self, kind: Kind) -> list[str]:
        """Of the production's rows, oldest first. Read here: a command would take a second."""
        return [row.status for row in self.registry.list(PRODUCTION, kind)]

    @property
    def two_datasets(self) -> str:
        """The ids of the production's two oldest datasets."""
        first, second, *_ = (row.id for row in self.registry.list(PRODUCTION, Kind.DATASET))
        return f"{first} {second}"

    def has_live_model(self) -> bool:
        """Whether a model is deployed, or will be soon."""
        live = {DeploymentStage.PLANNED, DeploymentStage.CREATING, DeploymentStage.IN_SERVICE}
        return bool(live & set(self.statuses(Kind.DEPLOYMENT)))

    def break_an_execution(self) -> None:
        """One that failed, for the reader who looks for such."""
        machine = self.stack.outputs["PrepareFilmArn"]
        client = self.stack.client("stepfunctions")
        client.start_execution(stateMachineArn=machine, input="{}")
        failed = {"stateMachineArn": machine, "statusFilter": "FAILED"}
        self.until(lambda: bool(client.list_executions(**failed)["executions"]), "nothing failed")

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Raises AssertionError when it never becomes true."""
        wait_until(true, lambda: f"{what}:\n{self.must('onmodel status')}")

    def until_it_answers(self) -> None:
        """A trained model is deployed, and its first storyboard drawn."""

        def answers() -> bool:
            return DeploymentStage.IN_SERVICE in self.statuses(
                Kind.DEPLOYMENT
            ) and StoryboardStatus.DRAWN in self.statuses(Kind.STORYBOARD)

        self.until(answers, f"no model of {PRODUCTION} answers")


def open_sandbox(folder: Path) -> Sandbox:
    """Lay the folder out, start its stack, and make the production that the pages speak of."""
    for part in PARTS_OF_A_CLONE:
        (folder / part).symlink_to(ROOT / part)
    drawn = draw_film(folder / FILM, seconds=20)
    shutil.copy(drawn.path, folder / OTHER_FILM)
    for name, picture in cut_references(drawn).items():
        path = folder / "characters" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)
    for drawn_as, called in CAST.items():
        (folder / "characters" / drawn_as).rename(folder / "characters" / called)
    (folder / "drawn.yaml").write_bytes(SETTINGS_OF_THE_DRAWN)
    (folder / "morning.yaml").write_text("scenes: [Buck smiles]\n")
    sandbox = Sandbox(folder)
    sandbox.must("onmodel local up")
    # Lines of the pages call most functions again and again; each start of one takes a second.
    sandbox.stack.control("simulation-settings", {"idle_seconds": 3600})
    sandbox.variables |= sandbox.stack.environment()
    sandbox.must(
        f"onmodel run {FILM} -p {PRODUCTION} --settings drawn.yaml --characters characters/"
    )
    sandbox.approve()
    sandbox.until_it_answers()
    sandbox.break_an_execution()
    return sandbox
