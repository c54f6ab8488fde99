"""One fault at any call of any function changes neither the results, the money nor the mails.

The calls of a clean run of each journey are recorded; each function's first call of each operation
of each service or model then meets each kind of fault, in a run of its own. `make test-faults`
tries all; without it every `SAMPLED`th is tried.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import pytest
from drawn.films import draw_film
from fakes.detectors import MODEL
from fakes.faulty import FAULTS, REFUSED, Call, Faulty
from fakes.read_contracts import Examples, newer, recorded
from fakes.scripted_jobs import JobsStack
from fakes.stack_in_memory import PRODUCTION, StackInMemory
from fakes.training_in_memory import CAST, ENOUGH, picture
from pydantic import ValidationError

from onmodel.contracts.crops import Crop
from onmodel.contracts.drawings import DrawingSpec
from onmodel.contracts.film_rows import RunBody
from onmodel.contracts.films import FilmSummary
from onmodel.contracts.keys import DatasetKeys, FilmKeys, face_collections
from onmodel.contracts.panels import DrawnPanel
from onmodel.contracts.questions import StoryboardQuestions
from onmodel.contracts.rows import DatasetBody, StoryboardBody, TrainingBody
from onmodel.contracts.settings import Settings
from onmodel.errors import NotFound
from onmodel.money.finder_usage import CUSTOM_LABELS_HOUR
from onmodel.money.result_cache import INDEX_FACES
from onmodel.registry import kinds
from onmodel.registry.kinds import CORRECTIONS, DATASETS, MAILS, RUNS
from onmodel.registry.newer_fields import rewritten
from onmodel.registry.rows import Rows

SAMPLED = 1 if os.environ.get("ONMODEL_ALL_FAULTS") else 89
"""A prime: over the list, every kind of fault comes up."""

SHARES = 1 if SAMPLED > 1 else 32
"""Tests that the faults are divided among, so that several processes share them."""

PAID = {
    ("rekognition", "detect"): "labels",
    ("faces", "detect"): "faces",
    ("collections", "add"): "known faces",
    ("collections", "search"): "searches",
    ("embeddings", "embed"): "vectors",
    ("captions", "ask"): "captions",
    ("questions", "ask"): "questions",
}
"""Calls that cost money each, and that their service cannot recognise when they come again."""

ANSWER_LOST = {"timeout after effect", "killed after"}
Skew = Mapping[str, timedelta]
"""By how much a function's clock is ahead, by its name."""

NO_SKEW: Skew = {}
MINUTES_OFF = (timedelta(minutes=-10), timedelta(minutes=10))
STORYBOARD = b"title: A day\nstyle: soft\nsize: 512x512\nscenes: [Buck smiles]\n"
MINUTE = 60


@dataclass(frozen=True)
class Result:
    """What must be equal to the clean run.

    Attributes:
        made: what the journey is for, by name.
        paid: how often each paid thing was asked for.
        billing: deployments, jobs and models of a finder that still cost money.
        mails: those that were sent, by kind.
        billed: what the film's report, a take's questions and its panels say was paid for, by item.
        alarms: failed executions and dead letters, which CloudWatch reports.
    """

    made: Mapping[str, bytes]
    paid: Counter[str]
    billing: int
    mails: Counter[str]
    billed: Counter[str]
    alarms: int


# ── the journeys ─────────────────────────────────────────────────────────────────────────────────


def a_film(faulty: Faulty, skew: Skew = NO_SKEW) -> Result:
    """Settings, references and a film are uploaded; the film is prepared."""
    return prepared(StackInMemory(faulty), skew, CAST)


def a_film_of_people(faulty: Faulty, skew: Skew = NO_SKEW) -> Result:
    """The same by faces: found in frames, known by a reference, searched in a collection."""
    stack = StackInMemory(faulty)
    earlier = face_collections("onmodel", PRODUCTION) + "0" * 32
    stack.collections.create(earlier)
    played = prepared(stack, skew, CAST[:1], b"finder: {kind: faces}\nnaming: {kind: faces}\n")
    kept = sorted(stack.collections.kept.items())
    left = {collection: sorted(faces) for collection, faces in kept}
    return replace(played, made={**played.made, "collections": json.dumps(left).encode()})


def prepared(
    stack: StackInMemory, skew: Skew, cast: Sequence[str], settings: bytes = b""
) -> Result:
    stack.skew.update(skew)
    key = f"{PRODUCTION}/settings.yaml"
    stack.upload(key, b"training: {automatic: false}\n" + settings, "upload-s")
    for number, name in enumerate(cast):
        key = f"{PRODUCTION}/characters/{name}/front.png"
        stack.upload(key, picture(number, "png"), f"upload-{name}")
    stack.machines.run_for(minutes=10)
    stack.upload(f"{PRODUCTION}/films/a.mp4", film())
    stack.machines.run_for(hours=2)
    return result(stack, made_of_films(stack))


def a_film_with_a_model(faulty: Faulty, skew: Skew = NO_SKEW) -> Result:
    """A film whose finder asks a Custom Labels model, which is started and stopped."""
    stack = StackInMemory(faulty)
    stack.skew.update(skew)
    settings = f"finder: {{kind: custom_labels, custom_labels: {{model: '{MODEL}'}}}}\n"
    automatic = "training: {automatic: false}\n"
    stack.upload(f"{PRODUCTION}/settings.yaml", f"{settings}{automatic}".encode(), "upload-s")
    stack.upload(f"{PRODUCTION}/films/a.mp4", film())
    stack.machines.run_for(hours=4)
    return result(stack, made_of_films(stack))


def made_of_films(stack: StackInMemory) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    for row in RUNS.list(stack.world.registry, PRODUCTION):
        keys = FilmKeys.of(row.body.run)
        for key in (keys.crops, keys.names, keys.vectors, keys.rejected):
            with suppress(NotFound):
                made[key] = stack.world.studio.get(key)
    return made


def a_training(faulty: Faulty, skew: Skew = NO_SKEW) -> Result:
    """A film is prepared; its training is approved and ends; the model draws and is retired."""
    stack = StackInMemory(faulty)
    stack.skew.update(skew)
    stack.deploy_again_with(SPEND_LIMIT_USD=0)
    stack.answer = "approve"
    stack.film_prepared()
    stack.machines.run_for(hours=2)
    stack.end_jobs()
    stack.machines.run_for(hours=5)
    return result(stack, dataset_of(stack))


def a_review_by_a_work_team(faulty: Faulty, skew: Skew = NO_SKEW) -> Result:
    """Human loops of Amazon A2I are answered an hour after the captions; the training runs on."""
    stack = StackInMemory(faulty)
    stack.skew.update(skew)
    stack.world.set_settings(Settings(review="a2i", training=ENOUGH))
    stack.film_prepared()
    for minutes in (95, 155):  # the second time for loops that a fault delayed
        stack.machines.after(minutes * MINUTE, stack.end_human_loops)
    stack.machines.run_for(hours=4)
    decided = CORRECTIONS.list(stack.world.registry, PRODUCTION)
    reviewed = {row.id: str(row.body.verdict).encode() for row in decided}
    return result(stack, dataset_of(stack) | reviewed)


def drawings_by_jobs(faulty: Faulty, skew: Skew = NO_SKEW) -> Result:
    """A film is prepared; jobs train, and draw a first storyboard and an uploaded one."""
    stack = JobsStack(faulty)
    stack.skew.update(skew)
    stack.film_prepared()
    stack.machines.after(95 * MINUTE, stack.job_events)
    stack.machines.after(
        300 * MINUTE,
        lambda: stack.upload(f"{PRODUCTION}/storyboards/forest.yaml", STORYBOARD, "storyboard-1"),
    )
    stack.machines.run_for(hours=8)
    return result(stack, dataset_of(stack))


def dataset_of(stack: StackInMemory) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    for row in DATASETS.list(stack.world.registry, PRODUCTION):
        with suppress(NotFound):
            made[row.id] = stack.world.studio.get(DatasetKeys(PRODUCTION, row.id).items)
    return made


def result(stack: StackInMemory, made: Mapping[str, bytes]) -> Result:
    rows = MAILS.list_all(stack.world.registry)
    kinds = {row.id: row.body.event.split(":")[0] for row in rows}
    failed = [
        made
        for made in stack.machines.executions.values()
        if made.status not in {"SUCCEEDED", "RUNNING"}
    ]
    return Result(
        made=made,
        paid=Counter(
            {
                "faces": len(stack.faces.pictures),
                "known faces": len(stack.collections.added),
                "searches": len(stack.collections.searched),
            },
            labels=len(stack.labels.pictures),
            vectors=len(stack.embedded),
            captions=len(stack.world.captions.asked),
            questions=len(stack.questions.asked),
            work=stack.started_at_trainer,
        ),
        billing=stack.billing_at_trainer + len(stack.world.detectors.running),
        mails=Counter(kinds[mail.mail_id] for mail in stack.world.mailbox.mails),
        billed=billed(stack),
        alarms=len(failed) + len(stack.dead_letters),
    )


def billed(stack: StackInMemory) -> Counter[str]:
    """Of reports of films, of questions that were written, and of panels that were drawn.

    Without hours of a Custom Labels model: they are measured time, which a repeated call lengthens.
    """
    studio, found = stack.world.studio, Counter[str]()
    for info in list(studio.list(f"{PRODUCTION}/")):
        name = info.key.rsplit("/", 1)[-1]
        if name == "summary.json" and "/films/" in info.key:
            usage = FilmSummary.model_validate_json(studio.get(info.key)).usage
        elif "/panels/" in info.key and name.endswith(".json"):
            usage = DrawnPanel.model_validate_json(studio.get(info.key)).usage
        elif name == "questions.json":
            usage = StoryboardQuestions.model_validate_json(studio.get(info.key)).usage
        else:
            continue
        found.update({use.item: use.paid for use in usage if use.item != CUSTOM_LABELS_HOUR})
    return Counter({item: round(paid, 6) for item, paid in found.items() if paid})


@cache
def film() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        draw_film(path, seconds=3, size=(1280, 720), fps=8, gop=8)
        return path.read_bytes()


class Journey(Protocol):
    def __call__(self, faulty: Faulty, skew: Skew = NO_SKEW) -> Result: ...


JOURNEYS: tuple[Journey, ...] = (
    a_film,
    a_film_with_a_model,
    a_film_of_people,
    a_training,
    a_review_by_a_work_team,
    drawings_by_jobs,
)


EXAMPLES: Examples = {}
"""Of each contract that the clean runs read."""


@cache
def clean(journey: Journey) -> tuple[Result, tuple[Call, ...]]:
    faulty = Faulty()
    with recorded(EXAMPLES):
        played = journey(faulty)
    return played, tuple(dict.fromkeys(faulty.calls))


# ── the comparison ───────────────────────────────────────────────────────────────────────────────


def cases() -> list[tuple[Journey, Call, str]]:
    """A call that two journeys make is tried in the first of them."""
    first = {call: journey for journey in reversed(JOURNEYS) for call in clean(journey)[1]}
    every = [
        (first[call], call, fault)
        for call in sorted(first, key=lambda call: (call.function, call.service, call.operation))
        for fault in (*FAULTS, REFUSED)
    ]
    return every[::SAMPLED]


def paid_again(call: Call, fault: str) -> Counter[str]:
    """What is asked for once more because its answer was lost with the fault, or was not kept."""
    if fault in ANSWER_LOST and (call.service, call.operation) in PAID:
        return Counter({PAID[call.service, call.operation]: 1})
    if fault not in ANSWER_LOST and (call.service, call.operation) == ("cache", "put"):
        return Counter(dict.fromkeys(PAID.values(), 1))  # of one of them
    return Counter()


def not_billed(journey: Journey, call: Call, fault: str) -> Counter[str]:
    """What no bill can count: the face that an attempt of name_crops added before it failed.

    The collection knows the face then, and does not say who paid.
    """
    add, calls = Call("name_crops", "collections", "add"), clean(journey)[1]
    if call.function != add.function or add not in calls:
        return Counter()
    was_added = calls.index(call) > calls.index(add) or (call == add and fault in ANSWER_LOST)
    return Counter({INDEX_FACES: 1} if was_added else {})


def was_paid_again(call: Call, found: Result, expected: Result) -> bool:
    """Whether an answer was not kept, and asked for a second time: the bill has both."""
    is_cached = (call.service, call.operation) == ("cache", "put")
    return is_cached and bool(found.paid - expected.paid)


def is_sent_again(call: Call, fault: str) -> bool:
    """Whether nobody can know that a mail went out: it is sent again, with the same id."""
    if (call.service, call.operation) == ("mailbox", "publish"):
        return fault in ANSWER_LOST
    return (call.service, call.operation, fault) == ("registry", "replace", "killed before")


def difference(journey: Journey, call: Call, fault: str) -> str:
    """What the fault changed; empty for nothing."""
    expected, _ = clean(journey)
    faulty = Faulty(call, fault)
    found = journey(faulty)
    if not faulty.was_injected:
        return "the call was not made"
    changed = [
        f"paid: {found.paid}" if found.paid - expected.paid - paid_again(call, fault) else "",
        f"billing: {found.billing}" if found.billing != expected.billing else "",
    ]
    if fault == REFUSED:
        is_told = found.alarms > expected.alarms or found.mails - expected.mails
        changed.append("silence" if found.made != expected.made and not is_told else "")
    else:
        more_mails = (found.mails - expected.mails).total()
        too_many = more_mails > is_sent_again(call, fault)
        is_other = bool(expected.mails - found.mails) or too_many
        billable = expected.billed - not_billed(journey, call, fault)
        is_dearer = bool(found.billed - billable) and not was_paid_again(call, found, expected)
        changed += [
            f"made: {sorted(found.made)}" if found.made != expected.made else "",
            f"not paid: {found.paid}" if expected.paid - found.paid else "",
            f"mails: {found.mails}" if is_other else "",
            f"billed: {found.billed}" if billable - found.billed or is_dearer else "",
            f"alarms: {found.alarms}" if found.alarms != expected.alarms else "",
        ]
    return ", ".join(part for part in changed if part)


CLEAN_MAILS: tuple[tuple[Journey, dict[str, int]], ...] = (
    (a_film, {"film_prepared": 1}),
    (a_film_with_a_model, {"film_prepared": 1}),
    (a_film_of_people, {"film_prepared": 1}),
    (a_training, {"approval_wanted": 1, "training_started": 1, "model_ready": 1, "retired": 1}),
    (a_review_by_a_work_team, {"approval_wanted": 1, "training_started": 1}),
    (drawings_by_jobs, {"training_started": 1, "model_trained": 1, "storyboard_drawn": 1}),
)


@pytest.mark.parametrize(
    ("journey", "mails"), CLEAN_MAILS, ids=[journey.__name__ for journey, _ in CLEAN_MAILS]
)
def test_run_when_no_fault_is_injected_then_ends_with_its_mails(
    journey: Journey, mails: dict[str, int]
) -> None:
    played, _ = clean(journey)
    assert played.mails == mails
    assert (played.billing, played.alarms) == (0, 0)
    assert played.billed or journey is a_review_by_a_work_team  # its dataset's row has the bill
    assert played.made


def test_runs_when_no_fault_is_injected_then_pay_for_everything() -> None:
    paid = sum((clean(journey)[0].paid for journey in JOURNEYS), Counter())
    assert {name for name, count in paid.items() if count} == {*PAID.values(), "work"}
    calls = {call for journey in JOURNEYS for call in clean(journey)[1]}
    assert set(PAID) <= {(call.service, call.operation) for call in calls}


@pytest.mark.parametrize("share", range(SHARES))
def test_run_when_one_call_fails_then_equal_to_the_clean_run(
    share: int, record_property: Callable[[str, object], None]
) -> None:
    tried = cases()[share::SHARES]
    changed = {
        f"{call.function}, {call.service}.{call.operation}, {fault}": what
        for journey, call, fault in tried
        if (what := difference(journey, call, fault))
    }
    record_property("faults injected", len(tried))  # the summary has their sums
    record_property("faults that changed the result", len(changed))
    assert changed == {}


def skews() -> list[tuple[Journey, str, timedelta]]:
    """Every function of every journey, with its clock behind and ahead."""
    every = [
        (journey, function, off)
        for journey in JOURNEYS
        for function in sorted({call.function for call in clean(journey)[1]})
        for off in MINUTES_OFF
    ]
    return every[::17] if SAMPLED > 1 else every


def test_run_when_the_clock_of_a_function_is_minutes_off_then_equal_to_the_clean_run() -> None:
    changed = {}
    for journey, function, off in skews():
        expected, _ = clean(journey)
        found = journey(Faulty(), {function: off})
        parts = [
            f"{name}: {getattr(found, name)!r:.200}"
            for name in ("paid", "billing", "mails", "billed", "alarms")
            if getattr(found, name) != getattr(expected, name)
        ]
        if parts or found.made != expected.made:
            changed[f"{function} {off}"] = parts or ["made"]
    assert changed == {}


# ── an update back ───────────────────────────────────────────────────────────────────────────────


def test_stored_contract_when_newer_code_added_nested_fields_then_read_without_them() -> None:
    for journey in JOURNEYS:
        clean(journey)
    assert {Settings, RunBody, TrainingBody, DrawingSpec, FilmSummary, Crop} <= set(EXAMPLES)
    for contract, example in EXAMPLES.items():
        written = json.dumps(newer(example, example.model_dump(mode="json")))
        assert contract.from_stored(written) == example
        with pytest.raises(ValidationError):  # as what a person or a state machine gives
            contract.model_validate_json(written)


def test_row_when_older_code_changes_one_field_then_what_newer_code_wrote_stays() -> None:
    for journey in JOURNEYS:
        clean(journey)
    bodies = {rows.body for rows in vars(kinds).values() if isinstance(rows, Rows)} & set(EXAMPLES)
    assert {RunBody, TrainingBody, DatasetBody, StoryboardBody} <= bodies
    for body in bodies:
        example = EXAMPLES[body]
        stored = newer(example, example.model_dump(mode="json"))
        assert rewritten(stored, example) == stored
        for name, field in body.model_fields.items():
            if field.is_required():
                continue
            default = field.get_default(call_default_factory=True)
            changed = example.model_copy(update={name: default})
            written = rewritten(stored, changed)
            assert without(name, written) == without(name, stored)
            assert body.model_validate(written, extra="ignore") == changed


def without(name: str, values: dict[str, Any]) -> dict[str, Any]:
    return {other: value for other, value in values.items() if other != name}
