"""One fault at any call of any function changes neither the dataset, the money nor the mails.

The calls of one clean run, from a prepared film to the retired model, are recorded; each function's
first call of each operation of each service then meets each kind of fault, in a run of its own.
`make test-faults` tries all; without it every `SAMPLED`th is tried.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from functools import cache

import pytest
from fakes.faulty import FAULTS, Call, Faulty
from fakes.stack_in_memory import PRODUCTION, StackInMemory

from onmodel.contracts.datasets import FilmPreparedDetail
from onmodel.contracts.keys import DatasetKeys
from onmodel.registry.kinds import DATASETS, MAILS

PAID_TWICE = {(Call("caption_crop", "cache", "put"), "killed before")}
"""The process ended between the model's answer and its record: the answer is asked for again."""

SENT_TWICE = {
    (Call("notify", "mailbox", "publish"), "timeout after effect"),
    (Call("notify", "mailbox", "publish"), "killed after"),
    (Call("notify", "registry", "replace"), "killed before"),
}
"""Whether the mail went out is not known, so it is sent again, with the same id."""

SAMPLED = 1 if os.environ.get("ONMODEL_ALL_FAULTS") else 29


@dataclass(frozen=True)
class Result:
    """What must be equal to the clean run."""

    dataset: bytes
    captions_paid: int
    deployments: int
    standing: int
    mails: Counter[str]

    def __hash__(self) -> int:
        return hash(self.dataset)


def play(faulty: Faulty) -> Result:
    stack = StackInMemory(faulty)
    stack.world.show_characters()
    run = stack.world.film(crops=6)
    stack.film_prepared(
        FilmPreparedDetail(
            production=run.production,
            film_id=run.film_id,
            run_id=run.run_id,
            correlation_id=run.correlation_id,
        )
    )
    stack.machines.run_for(hours=2)
    stack.end_job()
    stack.machines.run_for(hours=5)
    (dataset,) = DATASETS.list(stack.world.registry, PRODUCTION)
    rows = MAILS.list(stack.world.registry, PRODUCTION)
    kinds = {row.id: row.body.event.split(":")[0] for row in rows}
    return Result(
        dataset=stack.world.studio.get(DatasetKeys(PRODUCTION, dataset.id).items),
        captions_paid=len(stack.world.captions.asked),
        deployments=len(stack.trainer.lives),
        standing=len(stack.trainer.deployments),
        mails=Counter(kinds[mail.mail_id] for mail in stack.world.mailbox.mails),
    )


@cache
def clean() -> tuple[Result, tuple[Call, ...]]:
    faulty = Faulty()
    result = play(faulty)
    return result, tuple(dict.fromkeys(faulty.calls))


def cases() -> list[tuple[Call, str]]:
    every = [(call, fault) for call in clean()[1] for fault in FAULTS]
    return [case for case in every[::SAMPLED] if case not in PAID_TWICE | SENT_TWICE]


def difference(call: Call, fault: str) -> str:
    """What the fault changed; empty for nothing."""
    expected, _ = clean()
    faulty = Faulty(call, fault)
    found = play(faulty)
    if not faulty.was_injected:
        return "the call was not made"
    parts = [
        name
        for name in ("dataset", "captions_paid", "deployments", "standing", "mails")
        if getattr(found, name) != getattr(expected, name)
    ]
    return ", ".join(f"{name}: {getattr(found, name)!r:.200}" for name in parts)


def test_run_when_no_fault_is_injected_then_trains_deploys_and_retires() -> None:
    result, calls = clean()
    assert result.mails == {"training_started": 1, "model_ready": 1, "retired": 1}
    assert (result.captions_paid, result.deployments, result.standing) == (6, 1, 0)
    assert len(calls) > 80


def test_run_when_one_call_fails_then_equal_to_the_clean_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    changed = {
        f"{call.function}, {call.service}.{call.operation}, {fault}": what
        for call, fault in cases()
        if (what := difference(call, fault))
    }
    figures = f"{len(cases())} faults at {len(clean()[1])} calls: {len(changed)} changed the result"
    with capsys.disabled():
        print(f"\n{figures}")  # noqa: T201 - of the command
    assert changed == {}
