"""Human loops that end: in any order, twice, without answers, after the review."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace

import pytest
from fakes.training_in_memory import PRODUCTION, TrainingInMemory

from onmodel.contracts.human_loops import (
    LARGEST_OUTPUT_BYTES,
    HumanLoopEvent,
    HumanLoopRead,
    HumanLoopStatus,
)
from onmodel.contracts.review import PostedCorrection, Verdict
from onmodel.contracts.rows import ApprovalStatus
from onmodel.contracts.settings import Settings
from onmodel.datasets.human_loops import NOBODY
from onmodel.errors import AccessDenied, Conflict
from onmodel.films.corrections import read_corrections, save_corrections
from onmodel.ports.human_loops import HumanLoopState
from onmodel.registry.kinds import APPROVALS, HUMAN_LOOPS, ApprovalRow, HumanLoopRow
from onmodel.steps.decisions import Deciding
from onmodel.steps.ended_human_loops import EndedHumanLoops, OpenHumanLoops
from onmodel.steps.read_human_loop import read_human_loop
from onmodel.trainers.catalogue import common_limits


@dataclass
class Review:
    """A dataset of 24 pictures in two human loops, whose review waits."""

    world: TrainingInMemory = field(default_factory=TrainingInMemory)

    def __post_init__(self) -> None:
        world = self.world
        world.set_settings(Settings(review="a2i"))
        generation = world.generation(crops=24)
        self.execution = world.holder(generation)
        self.dataset = world.assemble(generation)
        for item in world.waiting(self.dataset):
            world.caption(item)
        world.collect_captions(self.dataset)
        world.start_human_loops(self.dataset, self.execution)
        self.first, self.second = world.human_loops.started

    def ask(self) -> None:
        self.world.ask(
            purpose="review", subject_id=self.dataset.dataset_id, usd=0,
            execution_arn=self.execution,
        )  # fmt: skip

    def event(self, name: str, state: HumanLoopState) -> HumanLoopRead:
        detail = {
            "humanLoopName": name,
            "humanLoopStatus": state.status.capitalize(),
            "humanLoopOutput": state.output_uri and {"outputS3Uri": state.output_uri},
            "failureReason": state.reason or None,
        }
        event = HumanLoopEvent.model_validate(
            {
                "id": "event-1", "source": "aws.sagemaker",
                "detail-type": "SageMaker A2I HumanLoop Status Change", "detail": detail,
            }
        )  # fmt: skip
        return read_human_loop(event, registry=self.world.registry, ended=self.ended)

    @property
    def ended(self) -> EndedHumanLoops:
        world = self.world
        return EndedHumanLoops(
            registry=world.registry,
            studio=world.studio,
            deciding=Deciding(world.registry, world.tokens, world.executions, world.clock),
            clock=world.clock,
            limits=common_limits(),
        )

    def check(self, name: str) -> bool:
        self.world.clock.advance(minutes=20)
        return self.open.check(self.row(name))

    @property
    def open(self) -> OpenHumanLoops:
        world = self.world
        return OpenHumanLoops(
            registry=world.registry,
            loops=world.human_loops,
            ended=self.ended,
            executions=world.executions,
            clock=world.clock,
        )

    def row(self, name: str) -> HumanLoopRow:
        return HUMAN_LOOPS.require(self.world.registry, PRODUCTION, name)

    @property
    def approval(self) -> ApprovalRow:
        (row,) = APPROVALS.list(self.world.registry, PRODUCTION)
        return row

    @property
    def pictures(self) -> list[str]:
        return [one.id for one in self.world.human_loops.contents[self.first].pictures]


@pytest.fixture(scope="module")
def started() -> Review:
    """To be copied, not changed."""
    return Review()


@pytest.fixture
def review(started: Review) -> Review:
    return deepcopy(started)


def test_loop_when_answered_then_its_answers_are_corrections_of_the_production(
    review: Review,
) -> None:
    review.ask()
    rejected, renamed, captioned = review.pictures[:3]
    said = {
        f"verdict-{rejected}": {"reject": True, "keep": False},
        f"character-{renamed}": NOBODY,
        f"caption-{captioned}": "Big Buck, as a person saw him.",
    }
    state = review.world.human_loops.answer(review.first, said)
    assert review.event(review.first, state) == HumanLoopRead(outcome="read", saved=20)
    corrections = read_corrections(PRODUCTION, review.world.registry)
    assert corrections.is_rejected(rejected)
    assert corrections.character(renamed, "frank") is None
    assert corrections.caption(captioned) == "Big Buck, as a person saw him."
    assert sum(corrections.is_kept(one) for one in review.pictures) == 19
    assert review.approval.status == ApprovalStatus.PENDING
    assert "task-1" in review.world.tokens.waiting


def test_loops_when_the_last_one_ended_then_the_machine_goes_on_once(review: Review) -> None:
    review.ask()
    loops = review.world.human_loops
    for name in (review.second, review.first, review.first, review.second):
        state = loops.answer(name) if review.row(name).status == "started" else loops.states[name]
        review.event(name, state)
    assert review.approval.status == ApprovalStatus.APPROVED
    assert review.world.tokens.succeeded["task-1"] == {"approved": True}


def test_loop_when_one_failed_then_the_review_ends_with_the_reason(review: Review) -> None:
    review.ask()
    loops = review.world.human_loops
    review.event(review.first, loops.answer(review.first))
    review.event(review.second, loops.fail(review.second, "no worker could see it"))
    assert review.approval.status == ApprovalStatus.DECLINED
    assert review.approval.body.reason == (
        "1 of 2 human loops of Amazon A2I ended without all answers: no worker could see it"
    )
    review.world.notify("approval_ended", review.dataset.dataset_id, execution_arn=review.execution)
    mail = review.world.mailbox.mails[-1]
    assert "could not be finished" in mail.subject
    assert "ended without all answers: no worker could see it." in " ".join(mail.body.split())
    assert len(list(read_corrections(PRODUCTION, review.world.registry).decisions)) == 20


@pytest.mark.parametrize(
    ("body", "why"),
    [(b"no JSON", "its output.json cannot be read"), (None, "human-loops")],
)
def test_loop_when_its_output_cannot_be_read_then_failed_with_the_reason(
    review: Review, body: bytes | None, why: str
) -> None:
    state = review.world.human_loops.answer(review.first)
    assert state.output_uri is not None
    if body is None:
        state = state.model_copy(update={"output_uri": "s3://another/human-loops/output.json"})
    else:
        review.world.studio.put(state.output_uri.removeprefix("s3://studio/"), body, "text/plain")
    assert review.event(review.first, state).outcome == "ended"
    row = review.row(review.first)
    assert (row.status, why in row.body.reason) == (HumanLoopStatus.FAILED, True)


def test_loop_when_a_person_decided_meanwhile_then_that_stands(review: Review) -> None:
    crop = review.pictures[0]
    posted = PostedCorrection(crop_id=crop, version=0, verdict=Verdict.REJECTED)
    world = review.world
    save_corrections(
        PRODUCTION, [posted], registry=world.registry, clock=world.clock, limits=common_limits()
    )
    answer = review.event(review.first, world.human_loops.answer(review.first))
    assert answer.saved == 19
    assert read_corrections(PRODUCTION, world.registry).is_rejected(crop)


def test_loop_when_it_is_not_ours_then_left_alone(review: Review) -> None:
    state = HumanLoopState(status=HumanLoopStatus.STOPPED)
    assert review.event("their-loop-1", state) == HumanLoopRead(outcome="unknown")
    assert review.event("onmodel-other-0a1b2c3d-1", state).outcome == "unknown"


def test_loop_when_not_all_pictures_were_answered_then_those_are_saved_and_the_review_fails(
    review: Review,
) -> None:
    review.ask()
    loops = review.world.human_loops
    left_out = {f"verdict-{review.pictures[0]}": ""}
    answer = review.event(review.first, loops.answer(review.first, left_out))
    assert answer == HumanLoopRead(outcome="ended", saved=19)
    review.event(review.second, loops.answer(review.second))
    assert review.approval.status == ApprovalStatus.DECLINED
    assert "its output.json answers about 19 of 20 pictures" in review.approval.body.reason


def test_loop_when_its_output_is_huge_then_failed_without_reading_it(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = review.world.human_loops.answer(review.first)
    assert state.output_uri is not None
    key = state.output_uri.removeprefix("s3://studio/")
    review.world.studio.put(key, b" " * (LARGEST_OUTPUT_BYTES + 1), "application/json")
    monkeypatch.delattr(type(review.world.studio), "get")
    review.event(review.first, state)
    assert review.row(review.first).body.reason == (
        "its output.json has 8,000,001 bytes, over 8,000,000"
    )


def test_loop_when_its_output_may_not_be_read_then_failed_with_the_reason(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = review.world.human_loops.answer(review.first)

    def denied(_key: str) -> bytes:
        raise AccessDenied("kms:Decrypt is not allowed")

    monkeypatch.setattr(review.world.studio, "get", denied)
    assert review.event(review.first, state).outcome == "ended"
    row = review.row(review.first)
    assert (row.status, row.body.reason) == (
        HumanLoopStatus.FAILED, "kms:Decrypt is not allowed",
    )  # fmt: skip


def test_loop_when_a_person_gave_no_verdict_then_the_teams_is_added_to_what_they_wrote(
    review: Review,
) -> None:
    crop, other = review.pictures[:2]
    world = review.world
    written = PostedCorrection(
        crop_id=crop, version=0, caption="Big Buck, as I see him.", not_a_match=(other,)
    )
    save_corrections(
        PRODUCTION, [written], registry=world.registry, clock=world.clock, limits=common_limits()
    )
    said = {f"verdict-{crop}": "reject", f"caption-{crop}": "Big Buck, as a worker sees him."}
    answer = review.event(review.first, world.human_loops.answer(review.first, said))
    assert answer.saved == 20
    stands = read_corrections(PRODUCTION, world.registry).of(crop)
    assert stands is not None
    assert (stands.verdict, stands.caption, stands.not_a_match) == (
        Verdict.REJECTED, "Big Buck, as I see him.", (other,),
    )  # fmt: skip


@pytest.mark.parametrize("found", [{"outputS3Uri": None}, {}, {"outputS3Uri": "https://x/y"}])
def test_event_when_it_has_no_address_of_s3_then_the_loop_failed(
    review: Review, found: dict[str, str | None]
) -> None:
    event = HumanLoopEvent.model_validate(
        {
            "id": "event-1", "source": "aws.sagemaker",
            "detail-type": "SageMaker A2I HumanLoop Status Change",
            "detail": {"humanLoopName": review.first, "humanLoopStatus": "Completed",
                       "humanLoopOutput": found},
        }
    )  # fmt: skip
    read = read_human_loop(event, registry=review.world.registry, ended=review.ended)
    assert read.outcome == "ended"
    assert "its answers are at " in review.row(review.first).body.reason


def test_loop_when_its_row_was_written_meanwhile_then_conflict_and_a_repeat_decides(
    review: Review,
) -> None:
    """As where start_human_loops notes the start while the event is acted on."""
    review.ask()
    loops, registry = review.world.human_loops, review.world.registry
    review.event(review.second, loops.answer(review.second))
    state, before = loops.answer(review.first), review.row(review.first)
    HUMAN_LOOPS.replace(registry, before, review.world.clock())
    with pytest.raises(Conflict):
        review.ended.end(before, state)
    assert review.approval.status == ApprovalStatus.PENDING
    assert review.event(review.first, state).saved == 20
    assert review.approval.status == ApprovalStatus.APPROVED


# ── what reconcile does ──────────────────────────────────────────────────────────────────────────


def test_loop_when_its_event_was_lost_then_reconcile_reads_it(review: Review) -> None:
    review.ask()
    review.world.human_loops.answer(review.first)
    assert review.check(review.first) is True
    assert review.row(review.first).status is HumanLoopStatus.COMPLETED
    assert review.check(review.first) is False


def test_loops_when_they_ended_before_the_question_was_written_then_it_is_decided_later(
    review: Review,
) -> None:
    for name in (review.first, review.second):
        review.event(name, review.world.human_loops.answer(name))
    review.ask()
    assert review.ended.finish(review.approval) is True
    assert review.ended.finish(review.approval) is False
    assert review.approval.status == ApprovalStatus.APPROVED


def test_loop_when_nothing_waits_for_it_then_stopped(review: Review) -> None:
    review.ask()
    assert review.check(review.first) is False
    review.world.executions.finish(review.execution)
    assert review.check(review.first) is True
    assert review.world.human_loops.stopped == [review.first]
    assert review.check(review.first) is True
    assert review.row(review.first).status is HumanLoopStatus.STOPPED


def test_loop_when_the_question_expired_then_stopped(review: Review) -> None:
    review.ask()
    review.world.clock.advance(days=8)
    assert review.check(review.first) is True
    assert review.world.human_loops.stopped == [review.first]


def test_loop_when_it_was_never_started_then_given_up_after_its_execution(review: Review) -> None:
    del review.world.human_loops.states[review.first]
    assert review.check(review.first) is False
    review.world.executions.finish(review.execution)
    assert review.check(review.first) is True
    row = review.row(review.first)
    assert (row.status, row.body.reason) == (
        HumanLoopStatus.STOPPED, "it does not exist at Amazon A2I",
    )  # fmt: skip


def test_loops_when_calls_about_them_are_slow_then_every_one_comes_within_some_rounds(
    review: Review,
) -> None:
    clock = review.world.clock
    row = review.row(review.first)
    rows = [replace(row, id=f"loop-{number}") for number in range(40)]
    ended = replace(row, id="ended").with_status(HumanLoopStatus.COMPLETED)
    assert list(review.open.due([*rows, ended])) == []  # their start may not be over
    seen: set[str] = set()
    for _ in range(20):
        clock.advance(minutes=15)
        looked_at = []
        for one in review.open.due([*rows, ended]):
            looked_at.append(one.id)
            clock.advance(seconds=10)
        assert len(looked_at) == 12
        seen.update(looked_at)
    assert seen == {one.id for one in rows}


def test_loops_when_both_last_ones_end_at_once_then_the_machine_goes_on_once(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second event is acted on between the row and the decision of the first one."""
    review.ask()
    loops = review.world.human_loops
    states = {name: loops.answer(name) for name in (review.first, review.second)}
    finish, meanwhile = EndedHumanLoops.finish, [review.second]

    def interrupted(ended: EndedHumanLoops, approval: ApprovalRow) -> bool:
        if meanwhile:
            name = meanwhile.pop()
            review.event(name, states[name])
        return finish(ended, approval)

    monkeypatch.setattr(EndedHumanLoops, "finish", interrupted)
    review.event(review.first, states[review.first])
    assert review.approval.status == ApprovalStatus.APPROVED
    assert review.world.tokens.succeeded["task-1"] == {"approved": True}


def test_loop_when_its_function_ended_before_the_decision_then_the_repeated_event_decides(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    review.ask()
    loops = review.world.human_loops
    review.event(review.first, loops.answer(review.first))
    state = loops.answer(review.second)
    with monkeypatch.context() as killed:
        killed.delattr(EndedHumanLoops, "finish")
        with pytest.raises(AttributeError):
            review.event(review.second, state)
    assert review.approval.status == ApprovalStatus.PENDING
    review.event(review.second, state)
    assert review.approval.status == ApprovalStatus.APPROVED
