import json
from collections.abc import Sequence

import numpy as np
import pytest
from fakes.caption_model import FakeCaptionModel
from fakes.training_in_memory import TrainingInMemory, says_its_name

from onmodel.contracts.captions import CaptionAnswer, CaptionItem, CaptionMessage
from onmodel.contracts.datasets import DatasetRef
from onmodel.contracts.models import PictureLimits, Turn
from onmodel.datasets.caption_answers import read_answer
from onmodel.datasets.captioning import MOST_ASKS
from onmodel.errors import AccessDenied, Conflict, ServiceUnavailable, Throttled
from onmodel.steps.caption_crop import CLAIM_SECONDS, LAST_RECEIVE, MOST_THROTTLES
from onmodel.vision.encoding import encode_picture
from onmodel.vision.picture_header import read_header

NONSENSE = "Here is your caption: a rabbit."


class FilmsInMemory(TrainingInMemory):
    """A dataset of which one crop waits for its caption."""

    def __init__(self) -> None:
        super().__init__()
        self.dataset: DatasetRef = self.assemble(self.generation())
        self.item: CaptionItem = self.waiting(self.dataset)[0]

    def answer(self) -> CaptionAnswer | None:
        return read_answer(self.item.crop_id, self.keys(self.dataset), self.studio)


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory()


def raises(fault: Exception) -> object:
    def answer(turns: Sequence[Turn]) -> str:
        raise fault

    return answer


def test_caption_when_well_answered_then_written_and_the_task_succeeds(
    world: FilmsInMemory,
) -> None:
    token = world.caption(world.item)
    answer = world.answer()
    assert answer is not None and answer.caption is not None
    assert answer.caption.text.startswith(("Big Buck runs", "Frank runs"))
    assert not answer.caption.repaired
    assert [use.item for use in answer.usage] == [
        "bedrock.fake-captions.input-1k", "bedrock.fake-captions.output-1k",
    ]  # fmt: skip
    assert world.tokens.succeeded == {token: {}}


@pytest.mark.parametrize(
    ("size_bytes", "longest_side"), [(400_000, 8_000), (20_000_000, 1_000), (60_000, 2_000)]
)
def test_caption_when_a_crop_is_above_the_models_limit_then_shrunk_before_it_is_sent(
    world: FilmsInMemory, size_bytes: int, longest_side: int
) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (700, 1200, 3), np.uint8)
    crop = encode_picture(noise, "png")
    world.studio.put(world.item.key, crop, "image/png")
    limits = PictureLimits(size_bytes=size_bytes, longest_side=longest_side)
    world.captions.picture_limits = limits
    world.caption(world.item)
    ((turn,),) = world.captions.asked
    assert turn.picture is not None and turn.picture.data is not None
    header = read_header(turn.picture.data)
    assert header is not None and (header.format, turn.picture.format) == ("jpeg", "jpeg")
    assert len(turn.picture.data) <= size_bytes
    assert max(header.width, header.height) <= longest_side
    assert header.width / header.height == pytest.approx(12 / 7, abs=0.02)
    if size_bytes == 400_000:
        assert (header.width, header.height) == (1200, 700)  # a lower quality is enough
    assert world.studio.get(world.item.key) == crop


def test_caption_when_a_crop_is_within_the_models_limit_then_sent_as_it_is(
    world: FilmsInMemory,
) -> None:
    world.caption(world.item)
    ((turn,),) = world.captions.asked
    assert turn.picture is not None
    assert turn.picture.data == world.studio.get(world.item.key)


def test_caption_when_a_person_typed_a_new_name_then_the_prompt_has_it_as_typed(
    world: FilmsInMemory,
) -> None:
    named = {"character": "mcbuck", "character_name": "McBuck"}
    world.caption(world.item.model_copy(update=named))
    assert "recognised as McBuck." in world.captions.asked[0][0].text
    world.studio.delete_prefix(world.keys(world.dataset).caption_answers)
    world.caption(world.item.model_copy(update={"character": "other-one"}))
    assert "recognised as Other One." in world.captions.asked[1][0].text


def test_caption_when_a_person_named_the_figure_beside_then_the_prompt_names_it_too(
    world: FilmsInMemory,
) -> None:
    shown = {"beside": ("frank", "mcbuck", "other-one"), "names_beside": {"mcbuck": "McBuck"}}
    world.caption(world.item.model_copy(update=shown))
    assert "Recognised beside it: Frank, McBuck and Other One." in world.captions.asked[0][0].text


def test_caption_when_the_message_repeats_then_not_paid_again(world: FilmsInMemory) -> None:
    world.caption(world.item)
    world.caption(world.item)
    assert len(world.captions.asked) == 1


def test_caption_when_only_the_cache_knows_it_then_not_paid_again(world: FilmsInMemory) -> None:
    """Died between the paid answer and S3."""
    world.caption(world.item)
    world.studio.delete_prefix(world.keys(world.dataset).caption_answers)
    token = world.caption(world.item)
    answer = world.answer()
    assert answer is not None and answer.caption is not None and answer.usage == ()
    assert len(world.captions.asked) == 1
    assert token in world.tokens.succeeded


def test_caption_when_the_token_expired_then_it_counts_as_done(world: FilmsInMemory) -> None:
    message = CaptionMessage(token="expired", item=world.item, correlation_id="c")
    world.captioner.caption(message, 1)
    assert world.answer() is not None
    assert not world.tokens.succeeded and not world.tokens.failed


def test_caption_when_its_production_is_deleted_while_the_model_is_asked_then_nothing_is_written(
    world: FilmsInMemory,
) -> None:
    def answer(turns: Sequence[Turn]) -> str:
        world.studio.delete_versions(world.studio.versions("bunny/"))
        return says_its_name(turns)

    world.captions._answer = answer
    token = world.caption(world.item)
    assert world.tokens.failed[token][0] == "NotFound"
    assert list(world.studio.versions("")) == []


def test_caption_when_the_first_answer_is_useless_then_one_repair_heals_it(
    world: FilmsInMemory,
) -> None:
    world.captions._answer = lambda turns: NONSENSE if len(turns) == 1 else says_its_name(turns)
    world.caption(world.item)
    answer = world.answer()
    assert answer is not None and answer.caption is not None and answer.caption.repaired
    assert [turn.role for turn in world.captions.asked[1]] == ["user", "assistant", "user"]
    assert answer.usage[0].paid == pytest.approx(3.0)  # two calls of 1,500 tokens


def test_caption_when_the_repair_is_useless_too_then_the_task_fails_at_once(
    world: FilmsInMemory,
) -> None:
    world.captions._answer = NONSENSE
    token = world.caption(world.item)
    assert len(world.captions.asked) == MOST_ASKS
    error, cause = world.tokens.failed[token]
    assert error == "AnswerRefused" and "JSON" in cause
    answer = world.answer()
    assert answer is not None and answer.caption is None and "JSON" in answer.reason
    assert answer.usage[0].paid == pytest.approx(3.0)


@pytest.mark.parametrize(
    "filtered",
    [
        "",
        json.dumps({"alt_text": "The generated text has been blocked by our content filters."}),
    ],
)
def test_caption_when_filtered_or_empty_then_never_a_caption(
    world: FilmsInMemory, filtered: str
) -> None:
    world.captions._answer = filtered
    cached = set(world.cache.keys())
    token = world.caption(world.item)
    assert world.tokens.failed[token][0] == "AnswerRefused"
    answer = world.answer()
    assert answer is not None and answer.caption is None
    assert set(world.cache.keys()) == cached


def test_caption_when_tried_again_after_a_failure_then_costs_add_up(world: FilmsInMemory) -> None:
    world.captions._answer = NONSENSE
    world.caption(world.item)
    world.captions._answer = says_its_name
    world.caption(world.item, attempt=2)
    answer = world.answer()
    assert answer is not None and answer.caption is not None
    assert answer.usage[0].paid == pytest.approx(4.5)


@pytest.mark.parametrize(("useless", "calls"), [("", 1), (NONSENSE, MOST_ASKS)])
def test_caption_when_a_message_without_a_usable_answer_repeats_then_it_fails_and_nothing_is_paid(
    world: FilmsInMemory, useless: str, calls: int
) -> None:
    world.captions._answer = useless
    token = world.caption(world.item)
    first, failure = world.answer(), world.tokens.failed.pop(token)
    assert world.caption(world.item) == token
    assert len(world.captions.asked) == calls
    assert world.tokens.failed == {token: failure} and failure[0] == "AnswerRefused"
    assert world.answer() == first


def test_caption_when_a_failure_was_written_before_its_attempt_was_then_asked_again(
    world: FilmsInMemory,
) -> None:
    failed = CaptionAnswer(crop_id=world.item.crop_id, caption=None, reason="the answer is empty")
    key = world.keys(world.dataset).caption(world.item.crop_id)
    written = failed.model_dump_json()
    assert "token" not in written
    world.studio.put(key, written.encode(), "application/json")
    assert world.caption(world.item) in world.tokens.succeeded
    assert len(world.captions.asked) == 1


def test_caption_when_denied_and_delivered_again_then_asked_since_it_cost_nothing(
    world: FilmsInMemory,
) -> None:
    world.captions._answer = raises(AccessDenied("AccessDeniedException"))  # type: ignore[assignment]
    world.caption(world.item)
    world.captions._answer = says_its_name
    assert world.caption(world.item) in world.tokens.succeeded


@pytest.mark.parametrize("useless", [True, False])
def test_caption_when_a_delivery_ended_before_the_other_claimed_then_paid_for_once(
    world: FilmsInMemory, useless: bool
) -> None:
    """The other one had looked for an answer when there was none."""
    world.captions._answer = "" if useless else says_its_name
    claim = world.cache.claim

    def claims_late(key: str, seconds: float) -> bool:
        world.cache.claim = claim  # type: ignore[method-assign]
        world.caption(world.item)
        return claim(key, seconds)

    world.cache.claim = claims_late  # type: ignore[method-assign]
    world.caption(world.item)
    assert len(world.captions.asked) == 1


def test_caption_when_throttled_then_put_back_with_a_growing_pause(world: FilmsInMemory) -> None:
    world.captions._answer = raises(Throttled("slow down"))  # type: ignore[assignment]
    for throttled in (0, 1, 10):
        world.caption(world.item, receives=LAST_RECEIVE, throttled=throttled)
    assert [pause for _, pause in world.queue.sent] == [15, 30, 900]
    again = CaptionMessage.model_validate_json(world.queue.sent[0][0])
    assert again.throttled == 1 and again.item == world.item
    assert not world.tokens.failed  # the token still waits: its message has a copy


def test_caption_when_throttled_for_hours_then_the_task_fails(world: FilmsInMemory) -> None:
    world.captions._answer = raises(Throttled("slow down"))  # type: ignore[assignment]
    token = world.caption(world.item, throttled=MOST_THROTTLES)
    assert world.tokens.failed[token][0] == "Throttled"
    assert not world.queue.sent


def test_caption_when_the_service_fails_then_the_queue_hands_it_out_again(
    world: FilmsInMemory,
) -> None:
    world.captions._answer = raises(ServiceUnavailable("away"))  # type: ignore[assignment]
    with pytest.raises(ServiceUnavailable):
        world.caption(world.item, receives=LAST_RECEIVE - 1)
    assert not world.tokens.failed and not world.tokens.succeeded


def test_caption_when_denied_then_the_task_fails_at_once(world: FilmsInMemory) -> None:
    """Four more receives are two hours, and end the same."""
    world.captions._answer = raises(AccessDenied("AccessDeniedException"))  # type: ignore[assignment]
    token = world.caption(world.item, receives=1)
    assert world.tokens.failed[token] == ("AccessDenied", "AccessDeniedException")
    answer = world.answer()
    assert answer is not None and answer.reason == "AccessDeniedException"


def test_caption_when_a_row_was_written_meanwhile_then_it_comes_again(world: FilmsInMemory) -> None:
    world.captions._answer = raises(Conflict("somebody was first"))  # type: ignore[assignment]
    with pytest.raises(Conflict):
        world.caption(world.item, receives=1)
    assert not world.tokens.failed


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (ServiceUnavailable("away"), "ServiceUnavailable"),
        (ZeroDivisionError("ours"), "CaptionFailed"),
    ],
)
def test_caption_when_the_last_receive_fails_then_the_token_is_answered(
    world: FilmsInMemory, fault: Exception, name: str
) -> None:
    world.captions._answer = raises(fault)  # type: ignore[assignment]
    token = world.caption(world.item, receives=LAST_RECEIVE)
    assert world.tokens.failed[token][0] == name


def test_caption_when_the_picture_is_gone_then_the_task_fails_at_once(world: FilmsInMemory) -> None:
    world.studio.delete_prefix(world.item.key)
    token = world.caption(world.item)
    assert world.tokens.failed[token][0] == "NotFound"
    assert not world.captions.asked


def test_caption_when_the_picture_is_none_then_nothing_is_asked(world: FilmsInMemory) -> None:
    world.studio.put(world.item.key, b"<html>", "text/html")
    token = world.caption(world.item)
    assert world.tokens.failed[token][0] == "AnswerRefused"
    assert not world.captions.asked


def test_caption_when_the_cached_answer_is_corrupt_then_asked_again(world: FilmsInMemory) -> None:
    world.caption(world.item)
    world.studio.delete_prefix(world.keys(world.dataset).caption_answers)
    cached = world.cache.keys()
    for key in cached:
        world.cache.put(key, b"{")
    world.caption(world.item)
    answer = world.answer()
    assert answer is not None and answer.caption is not None
    assert len(world.captions.asked) == 2


def test_caption_when_one_message_is_delivered_several_times_at_once_then_paid_for_once() -> None:
    """The second delivery comes while the model answers the first."""
    world = TrainingInMemory()
    dataset = world.assemble(world.generation())
    item = world.waiting(dataset)[0]

    def answers_late(turns: Sequence[Turn]) -> str:
        if len(world.captions.asked) == 1:
            world.caption(item)
        return says_its_name(turns)

    world.captions = FakeCaptionModel(answers_late)
    token = world.caption(item)
    assert len(world.captions.asked) == 1
    ((body, pause),) = world.queue.sent
    assert (CaptionMessage.model_validate_json(body).item, pause) == (item, 60)
    assert token in world.tokens.succeeded
    world.caption(item)
    assert len(world.captions.asked) == 1


def test_caption_when_the_invocation_that_claimed_it_has_ended_then_taken_over() -> None:
    world = TrainingInMemory()
    dataset = world.assemble(world.generation())
    item = world.waiting(dataset)[0]
    with pytest.raises(KeyboardInterrupt):  # nobody catches it, as when a process is ended
        ends_half_way(world, item)
    world.captions = FakeCaptionModel(says_its_name)
    assert world.caption(item) not in world.tokens.succeeded
    world.clock.advance(seconds=CLAIM_SECONDS)
    assert world.caption(item) in world.tokens.succeeded


def ends_half_way(world: TrainingInMemory, item: CaptionItem) -> None:
    def ends(turns: Sequence[Turn]) -> str:
        raise KeyboardInterrupt

    world.captions = FakeCaptionModel(ends)
    world.caption(item)
