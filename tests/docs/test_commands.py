"""What the pages tell people to type is typed here, page by page, on a local stack.

A page's lines are run in their order by bash; `NAME=$(…)` sets what later lines of it use. A line
that an earlier one repeats word for word is run once, and of a command that is only named, without
what it requires, the help is read. What nobody runs here stands in a table with its reason, and a
line that is neither run nor explained fails: so does an explanation that no page needs.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from docs.pages import ROOT, Command, blocks, commands
from docs.sandbox import OTHER_FILM, PRODUCTION, Sandbox, open_sandbox
from typed_commands import PROGRAM, command_of
from typer.exceptions import TyperException
from typer.testing import CliRunner

from onmodel_cli.main import app

PAGES = (
    "docs/debugging.md", "docs/operating.md", "docs/costs.md", "docs/safety.md",
    "docs/security.md", "docs/sampling.md", "docs/characters.md", "docs/characters-measured.md",
    "docs/trainers.md", "docs/judging.md", "docs/exports.md", "docs/review.md",
    "docs/review-a2i.md", "docs/architecture.md",
    "docs/scaling.md", "docs/uploads.md", "docs/captions.md", "trainer/README.md",
    "events/README.md", "local/onmodel_local/README.md", "CONTRIBUTING.md",
    "README.md",  # last: it ends with a model deleted
)  # fmt: skip
COMMANDS = [command for page in PAGES for command in commands(page)]

BY_CI = frozenset({
    "make test", "make test-fuzz", "make lint", "make lint types", "make check-template",
    "make check-security", "make test-trainer", "make test-loaders", "make check-build",
})  # fmt: skip
"""Lines of .ci/run, which runs before every merge."""

ELSEWHERE = {
    ".ci/run": "runs these tests",
    "make demo": "tests/e2e goes the same way with a drawn film; this one takes minutes",
    "make demo FILM=my.mp4": "as make demo",
    "onmodel demo --keep": "as make demo",
    "make demo TRAINER=sagemaker": "make test-trainer runs the same programs, after fetching torch",
    "aws sagemaker-a2i-runtime delete-human-loop": (
        "deletes A2I's own record of a loop; nothing of the stack depends on it"
    ),
    "make build": "make check-build in .ci/run builds first",
    "make test-faults": "takes minutes; make test runs a sample of it",
    "make audit": "asks PyPI; tests/unit/template/test_audit.py holds what works offline",
    "aws secretsmanager put-secret-value": "would make all links invalid",
    "ONMODEL_WRITE_DOCS=1 .venv/bin/pytest tests/docs/test_reference.py": (
        "writes pages; tests/docs/test_reference.py compares them"
    ),
    "onmodel local down": "ends the pages' stack: its fixture types it at the end",
    "onmodel local up --fresh": "tests/integration/local/test_mail_and_daemon.py types it",
    "onmodel local up --weights DIR": (
        "tests/unit/local/test_trainer_files.py links weights; they need a GPU to be used"
    ),
    "make trainer-environment": "fetches torch; make test-trainer in .ci/run does so too",
    "onmodel local up --demo": "tests/unit/cli/test_local_stack.py; needs the data of a demo",
    "onmodel review": "as onmodel review -p NAME",
    "onmodel open": "as onmodel open -p NAME",
    "onmodel review -p NAME": "tests/unit/cli/test_review_server.py; it serves until Ctrl-C",
    "onmodel review --folder FOLDER": (
        "tests/unit/cli/exports/test_folder_stack.py; it serves until Ctrl-C"
    ),
    "onmodel import FOLDER -p NAME": (
        "tests/unit/cli/test_importing.py; the pages' production would get pictures of its own"
    ),
    "onmodel dedup -p NAME --threshold 0.9 --save": (
        "tests/unit/cli/test_dedup.py; the pages' drawn films need a threshold of their own"
    ),
    "onmodel delete-production -p NAME": (
        "tests/e2e/test_delete_production.py; other lines need the pages' production"
    ),
    "make lock": "changes what is locked; tests/unit/template/test_locks.py holds the result",
    "make test-runtime": "needs the SAM CLI and Python 3.13: minutes, and a command of its own",
    "make seed": "make test-runtime fills a stack with it",
    "make sam-local": "needs Docker; make test-runtime calls the same functions without",
    "make sam-local STEP=sample_chunk": "as make sam-local",
    "make sam-local BY=start-lambda": "as make sam-local",
    "make sam-local STEP=sample_chunk EVENT=event.json": "as make sam-local",
    "sam local invoke": "as make sam-local",
    "sam local start-lambda": "as make sam-local",
    "sam local invoke -e": "as make sam-local",
    "sam local invoke --env-vars": "as make sam-local",
    "sam local invoke SampleChunkFunction -e event.json": "as make sam-local",
    "sam deploy": "tests/runtime/test_sam_deploy.py runs it against the local stack",
    ".venv-sam/bin/sam deploy --guided": "tests/runtime/test_sam_deploy.py, likewise",
    "sam deploy --parameter-overrides Name=value …": "tests/runtime/test_sam_deploy.py, likewise",
    "onmodel trainer prepare": "tests/unit/cli/test_preparing.py; a local stack has no such job",
    "onmodel trainer prepare --from DIR": "tests/unit/trainer/test_prepare.py uploads one",
    "onmodel model fetch -p NAME": (
        "tests/unit/cli/test_fetching.py; Bedrock, which trains on the pages' stack, gives out no"
        " weights"
    ),
    "sam delete": "tests/integration/local deletes a guarded stack",
    'aws stepfunctions list-executions --map-run-arn "$MAP" --status-filter FAILED --max-items 5': (
        "the page's film breaks off before it comes to its map"
    ),
    "make bench-cuts": "a measurement of a quarter of an hour",
    "make bench-characters": "a measurement of half an hour",
    ".venv/bin/python bench/characters.py --films more --embedder stand-in --method ours": (
        "a measurement of minutes; tests/integration/test_bench.py runs a short one"
    ),
    "make bench-duplicates": "a measurement of minutes; test_bench.py runs a short one",
    "make bench-judging": "a measurement of minutes, with the trainer's environment",
    "make bench-scale": "minutes; a line of docs/scaling.md runs a part of it",
    ".venv/bin/python bench/scale_inputs.py FILM": "a measurement, on a film of minutes",
    ".venv/bin/python bench/long_shot.py": "a measurement of a minute",
    "make cases": "tries every row of docs/uploads.md, and takes minutes",
    ".venv/bin/pytest tests/unit/datasets/test_caption_repairs.py": "make test runs it",
    "python train.py --model MODEL --dataset DATASET --out OUT --checkpoints CHECKPOINTS": (
        "make test-trainer runs it, after fetching torch"
    ),
    "python draw.py --model MODEL --storyboard STORYBOARD --out OUT --adapter ADAPTER": (
        "make test-trainer runs it, after fetching torch"
    ),
    ".venv/bin/python bench/dissolves.py": (
        "a measurement of a minute; tests/integration/test_bench.py runs a short one"
    ),
    "make bench": "a measurement of half an hour; tests/integration/test_bench.py runs a short one",
}
"""Why a command is not run here, and what holds it instead."""

LACKING = {
    "aws stepfunctions redrive-execution": "the emulator has no RedriveExecution",
}
"""What the local stack cannot answer: skipped by name. It must refuse it, or the entry is old."""

THE_ID = "the id of the production's mails"

TWO_DATASETS = "the ids of the production's two oldest datasets"

FILLED = {
    r"\bA B\b": TWO_DATASETS,
    r"0f7f2c1e-5b0a-4c55-9d3a-3a7a3a1b9c11|THE-ID": THE_ID,
    r"\bFILM\b": OTHER_FILM,
    r"\bNAME\b": PRODUCTION,
    r"\bSTEP\b": "probe_film",
    r"\bFILE\.jpg\b": "sheet.jpg",
    r"\bFILE\b": "morning.yaml",
}
"""What a reader puts in by the names of the sandbox."""

KNOWN_BY_THE_SANDBOX: dict[str, Callable[[Sandbox], str]] = {
    THE_ID: lambda sandbox: sandbox.identity,
    TWO_DATASETS: lambda sandbox: sandbox.two_datasets,
}

SHOWN = {
    "onmodel status": "switches itself off in",
    "onmodel doctor": "MapConcurrency",
    "onmodel diff": " pictures: ",
    "aws stepfunctions list-executions": '"status": "FAILED"',
    "aws stepfunctions get-execution-history": '"type": "ExecutionFailed"',
    "aws logs filter-log-events": THE_ID,
    "aws logs get-query-results": '"field": "@timestamp"',
    "onmodel event probe_film": '"correlation_id"',
}
"""What a reader is promised to see, by how the line begins; else the exit code must do."""


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = open_sandbox(tmp_path_factory.mktemp("reader"))
    try:
        yield sandbox
    finally:
        sandbox.must("onmodel local down")


def no_live_model(sandbox: Sandbox) -> None:
    """A reader deploys what does not answer."""
    if sandbox.has_live_model():
        sandbox.must(f"onmodel retire -p {PRODUCTION}")


def a_live_model(sandbox: Sandbox) -> None:
    if not sandbox.has_live_model():
        sandbox.must(f"onmodel deploy -p {PRODUCTION} --yes")
    sandbox.until_it_answers()


BEFORE: dict[str, Callable[[Sandbox], None]] = {
    "onmodel deploy": no_live_model,
    "onmodel storyboard": a_live_model,
    "onmodel extend": a_live_model,
    "onmodel retire": a_live_model,
    "onmodel status": a_live_model,
    "onmodel train": lambda sandbox: sandbox.prepare_another_film(),
    "onmodel diff": lambda sandbox: sandbox.make_another_dataset(),
}
"""What has happened before a reader types this, by how the line begins."""


def filled(text: str, sandbox: Sandbox | None = None) -> str:
    """A line with the names of the sandbox; without one, what only it knows stays in words."""
    for pattern, value in FILLED.items():
        if re.search(pattern, text):
            known = KNOWN_BY_THE_SANDBOX.get(value)
            text = re.sub(pattern, known(sandbox) if known and sandbox else value, text)
    return text


def is_pointed_to(text: str) -> bool:
    """Whether a command of ours is only named: what it requires is left out."""
    program, *words = shlex.split(text)
    if not program.endswith("onmodel") or words[0].startswith("--"):  # one acts when it is parsed
        return False
    command, rest = command_of(words)
    try:
        command.make_context(text, rest)
    except TyperException as fault:
        assert type(fault).__name__ == "MissingParameter", f"{text}: {fault}"
        return True
    return False


def explanation(command: Command) -> str | None:
    if command.text in BY_CI:
        return ".ci/run runs it"
    return ELSEWHERE.get(command.text)


def to_be_typed() -> Iterator[Command]:
    """A line stands for all that say the same; one with a variable does so with another value."""
    typed = set()
    for command in COMMANDS:
        line = filled(command.text)
        is_new = line not in typed or "$" in line
        typed.add(line)
        if is_new and explanation(command) is None and not is_pointed_to(command.text):
            yield command


NAMED = sorted({c.text for c in COMMANDS if explanation(c) is None and is_pointed_to(c.text)})


@pytest.mark.parametrize("text", NAMED)
def test_page_when_it_only_names_a_command_then_its_help_is_shown(text: str) -> None:
    _, *words = shlex.split(text)
    shown = CliRunner().invoke(app, [*words, "--help"])
    assert shown.exit_code == 0
    assert f"Usage: {text}" in shown.output


@pytest.mark.parametrize("command", list(to_be_typed()), ids=str)
def test_page_when_its_line_is_typed_then_it_works(command: Command, sandbox: Sandbox) -> None:
    begins = " ".join(command.text.split()[:3])
    for start, happens in BEFORE.items():
        if command.text.startswith(start):
            happens(sandbox)
    line = filled(command.text, sandbox)
    if assigned := re.match(r"([A-Z_]+)=", line):
        sandbox.assign(assigned[1], line)
        return
    done = sandbox.type(line, answers="y\n")
    if begins in LACKING:
        assert done.code != 0, f"{begins} works by now: {LACKING[begins]}"
        pytest.skip(LACKING[begins])
    assert done.code == 0, f"{line}\n{done}"
    for start, promised in SHOWN.items():
        if line.startswith(start):
            text = sandbox.identity if promised is THE_ID else promised
            assert text in done.out, f"{line}\n{done}"


def test_python_of_the_local_stacks_page_when_run_beside_a_stack_then_works(
    sandbox: Sandbox,
) -> None:
    page = "local/onmodel_local/README.md"
    text = "\n".join(block.text for block in blocks(page) if block.language == "python")
    (sandbox.folder / "page.py").write_text(text, encoding="utf-8")
    assert re.fullmatch(r"\d+ uploads; \S+ USD an hour\n", sandbox.must("python page.py"))


def test_pages_when_listed_then_have_all_of_the_docs() -> None:
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} <= set(PAGES)


def test_tables_when_read_then_each_entry_is_of_a_page() -> None:
    typed = {command.text for command in COMMANDS}
    assert BY_CI | ELSEWHERE.keys() <= typed
    assert all(any(text.startswith(start) for text in typed) for start in LACKING)


def test_ci_when_read_then_runs_what_it_is_said_to_run() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert {target for line in BY_CI for target in line.split()[1:]} <= set(
        re.findall(r"^make (\S+)", script, re.MULTILINE)
    )


def test_make_targets_that_pages_name_then_exist_and_take_what_is_given() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lines = [command.text.split() for command in COMMANDS if command.text.startswith("make ")]
    assert lines
    for word in (word for line in lines for word in line[1:]):
        name, given, _ = word.partition("=")
        wanted = rf"\$\({name}\)" if given else rf"^{name}:"
        assert re.search(wanted, makefile, re.MULTILINE), word


def test_files_that_explanations_name_then_exist() -> None:
    named = re.findall(r"tests/[\w/.]+\w", " ".join(ELSEWHERE.values()))
    assert named
    assert all(Path(ROOT / name).exists() for name in named)


def test_pages_when_put_together_then_type_every_command_in_full() -> None:
    in_full = " ".join(
        each.text for each in COMMANDS if explanation(each) or not is_pointed_to(each.text)
    )
    missing = [name for name in PROGRAM.commands if f"onmodel {name}" not in in_full]
    assert missing == []
