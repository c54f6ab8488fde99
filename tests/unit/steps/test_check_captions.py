import json
from collections.abc import Sequence

import pytest
from fakes.caption_model import FakeCaptionModel
from fakes.training_in_memory import (
    PRODUCTION,
    TrainingInMemory,
    names_another_at_first,
    says_its_name,
)

from onmodel.contracts.caption_checks import CaptionFaultKind
from onmodel.contracts.captions import Caption, CaptionItem
from onmodel.contracts.datasets import DatasetRef, DatasetSummary
from onmodel.contracts.models import Turn
from onmodel.contracts.review import CorrectionBody, CorrectionStatus
from onmodel.contracts.settings import CaptionSettings, Settings
from onmodel.datasets.caption_answers import read_answer, read_answers
from onmodel.errors import EventRefused, ServiceUnavailable
from onmodel.formats.jsonl import read_lines
from onmodel.registry.kinds import CORRECTIONS, DATASETS


def dataset_with(
    world: TrainingInMemory, percent: int = 100
) -> tuple[DatasetRef, tuple[CaptionItem, ...]]:
    """Eight pictures, all captioned, of whose captions so many may be asked for again."""
    generation = world.generation()
    world.set_settings(Settings(captions=CaptionSettings(asked_again_percent=percent)))
    dataset = world.assemble(generation)
    items = world.waiting(dataset)
    for item in items:
        world.caption(item)
    return dataset, items


def again(world: TrainingInMemory, dataset: DatasetRef) -> tuple[CaptionItem, ...]:
    return read_lines(
        CaptionItem, world.studio.get(world.check_captions(dataset).to_caption_again_key)
    )


def texts(world: TrainingInMemory, dataset: DatasetRef) -> list[str]:
    world.collect_captions(dataset)
    lines = read_lines(Caption, world.studio.get(world.keys(dataset).captions))
    return [line.text for line in lines]


def introduces(turns: Sequence[Turn]) -> str:
    return says_its_name(turns).replace("Big Buck", "A cartoon rabbit named Big Buck")


def names_another_always(turns: Sequence[Turn]) -> str:
    return says_its_name(turns).replace("Big Buck", "Frank")


def test_check_when_captions_are_good_then_nothing_is_asked_again() -> None:
    world = TrainingInMemory()
    dataset, _ = dataset_with(world)
    checked = world.check_captions(dataset)
    assert (checked.stripped, checked.to_caption_again) == (0, 0)
    assert len(world.captions.asked) == 8


def test_check_when_a_rule_suffices_then_put_right_without_a_call() -> None:
    world = TrainingInMemory(introduces)
    dataset, items = dataset_with(world)
    checked = world.check_captions(dataset)
    assert (checked.stripped, checked.to_caption_again) == (4, 0)
    assert len(world.captions.asked) == 8
    assert all("cartoon" not in text for text in texts(world, dataset))
    answer = read_answer(items[0].crop_id, world.keys(dataset), world.studio)
    assert answer is not None and answer.caption is not None
    assert (answer.caption.text, answer.caption.first) == (
        "Big Buck runs across a meadow, a butterfly just ahead.",
        "A cartoon rabbit named Big Buck runs across a meadow, a butterfly just ahead.",
    )
    assert world.check_captions(dataset).stripped == 0  # a repeat finds them put right


def test_check_when_another_is_named_then_asked_again_with_the_fault_and_scored() -> None:
    world = TrainingInMemory(names_another_at_first)
    dataset, _ = dataset_with(world)
    assert world.caption_again(dataset) == 4
    *_, (first, before, fault) = world.captions.asked
    assert (first.role, before.role, fault.role) == ("user", "assistant", "user")
    assert json.loads(before.text)["alt_text"].startswith("Frank runs")
    assert "name Big Buck, not only Frank" in fault.text
    assert sum(text.startswith("Big Buck") for text in texts(world, dataset)) == 4
    summary = DatasetSummary.model_validate_json(world.studio.get(world.keys(dataset).summary))
    check = summary.captions
    assert check is not None
    assert check.before.faults == {CaptionFaultKind.NAME: 4}
    assert (check.after.faulty, check.asked_again, check.changed_by_asking) == (0, 4, 4)
    row = DATASETS.require(world.registry, PRODUCTION, dataset.dataset_id)
    assert row.body.caption_check == check
    # 8 captions and 4 asked again, of 1,500 tokens each
    assert row.body.estimated_usd == pytest.approx(12 * 0.0015 + 0.010, abs=1e-3)


def test_check_when_the_model_insists_then_the_caption_stays_and_is_asked_once() -> None:
    world = TrainingInMemory(names_another_always)
    dataset, items = dataset_with(world)
    assert world.caption_again(dataset) == 4
    assert world.caption_again(dataset) == 0
    assert len(world.captions.asked) == 12
    answers = read_answers((item.crop_id for item in items), world.keys(dataset), world.studio)
    assert sum(answer.asked_again for answer in answers.values()) == 4
    assert all(text.startswith("Frank") for text in texts(world, dataset))


@pytest.mark.parametrize("useless", ["not JSON", "", json.dumps({"alt_text": "your text"})])
def test_check_when_the_second_answer_is_useless_then_the_first_caption_stays(
    useless: str,
) -> None:
    world = TrainingInMemory(
        lambda turns: names_another_always(turns) if len(turns) == 1 else useless
    )
    dataset, _ = dataset_with(world)
    assert world.caption_again(dataset) == 4
    assert len(texts(world, dataset)) == 8
    assert not world.tokens.failed


def test_check_when_fewer_may_be_asked_then_no_more_in_all() -> None:
    world = TrainingInMemory(names_another_always)
    dataset, _ = dataset_with(world, percent=30)
    assert world.caption_again(dataset) == 3  # 30 % of 8, rounded up
    assert world.caption_again(dataset) == 0


def test_check_when_killed_between_two_answers_then_a_repeat_asks_only_the_rest() -> None:
    world = TrainingInMemory(names_another_at_first)
    dataset, _ = dataset_with(world)
    for item in again(world, dataset)[:2]:
        world.caption(item)
    left = again(world, dataset)
    assert len(left) == 2
    for item in left:
        world.caption(item)
    assert len(world.captions.asked) == 12
    assert again(world, dataset) == ()


def test_check_when_killed_between_the_answer_and_s3_then_not_paid_again() -> None:
    world = TrainingInMemory(names_another_at_first)
    dataset, _ = dataset_with(world)
    keys = world.keys(dataset)
    item = again(world, dataset)[0]
    before = world.studio.get(keys.caption(item.crop_id))
    world.caption(item)
    world.studio.put(keys.caption(item.crop_id), before, "application/json")
    world.caption(item)
    assert len(world.captions.asked) == 9
    answer = read_answer(item.crop_id, keys, world.studio)
    assert answer is not None and answer.caption is not None
    assert (answer.asked_again, answer.caption.text.startswith("Big Buck")) == (True, True)


def test_check_when_the_service_fails_then_the_message_comes_again() -> None:
    world = TrainingInMemory(names_another_at_first)
    dataset, _ = dataset_with(world)
    item = again(world, dataset)[0]

    def away(turns: Sequence[Turn]) -> str:
        raise ServiceUnavailable("away")

    world.captions = FakeCaptionModel(away)
    with pytest.raises(ServiceUnavailable):
        world.caption(item)
    world.captions = FakeCaptionModel(says_its_name)
    assert world.caption(item) in world.tokens.succeeded


def test_check_when_a_message_is_delivered_twice_at_once_then_paid_for_once() -> None:
    world = TrainingInMemory(names_another_at_first)
    dataset, _ = dataset_with(world)
    item = again(world, dataset)[0]

    def answers_late(turns: Sequence[Turn]) -> str:
        if len(world.captions.asked) == 1:
            world.caption(item)
        return says_its_name(turns)

    world.captions = FakeCaptionModel(answers_late)
    world.caption(item)
    assert len(world.captions.asked) == 1
    assert [pause for _, pause in world.queue.sent] == [60]


def test_check_when_a_person_wrote_the_caption_then_it_is_neither_changed_nor_asked() -> None:
    world = TrainingInMemory(names_another_always)
    dataset, items = dataset_with(world)
    mine = next(item for item in items if item.character == "big-buck")
    text = "In this scene, a cartoon squirrel named Frank sleeps."
    CORRECTIONS.put(
        world.registry, PRODUCTION, mine.crop_id, status=CorrectionStatus.GIVEN,
        body=CorrectionBody(caption=text, changed_at=world.clock()), now=world.clock(),
    )  # fmt: skip
    assert mine.crop_id not in {item.crop_id for item in again(world, dataset)}
    assert world.caption_again(dataset) == 3
    assert text in texts(world, dataset)


def test_check_when_a_later_dataset_finds_captions_that_were_asked_again_then_pays_nothing() -> (
    None
):
    world = TrainingInMemory(names_another_at_first)
    dataset, _ = dataset_with(world)
    world.caption_again(dataset)
    paid = len(world.captions.asked)
    world.collect(world.film("b.mp4", crops=1))
    world.clock.advance(seconds=3600)
    generation = world.started_generations()[-1]
    assert world.settle(generation).settled
    second = world.assemble(generation)
    assert second.captions_needed == 1
    world.captions = FakeCaptionModel(says_its_name)
    assert world.caption_again(second) == 0
    assert paid == 12


def test_check_when_the_dataset_is_unknown_then_refused() -> None:
    world = TrainingInMemory()
    dataset, _ = dataset_with(world)
    DATASETS.delete(
        world.registry, DATASETS.require(world.registry, PRODUCTION, dataset.dataset_id)
    )
    with pytest.raises(EventRefused):
        world.check_captions(dataset)
