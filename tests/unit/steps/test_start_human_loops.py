"""Starting human loops: each picture once, whatever is repeated."""

from __future__ import annotations

import pytest
from fakes.training_in_memory import PRODUCTION, TrainingInMemory

from onmodel.contracts.datasets import DatasetRef
from onmodel.contracts.human_loops import HumanLoopsStarted, HumanLoopStatus
from onmodel.contracts.review import PostedCorrection, Verdict
from onmodel.contracts.settings import Settings
from onmodel.deployments.deletion import begin_deletion
from onmodel.errors import EventRefused, HumanLoopsImpossible, Throttled
from onmodel.films.corrections import save_corrections
from onmodel.registry.kinds import HUMAN_LOOPS
from onmodel.trainers.catalogue import common_limits

EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:onmodel-TrainModel:bunny-g0001-1"


@pytest.fixture
def world() -> TrainingInMemory:
    made = TrainingInMemory()
    made.set_settings(Settings(review="a2i"))
    return made


def start(
    world: TrainingInMemory, dataset: DatasetRef, execution_arn: str = EXECUTION
) -> HumanLoopsStarted:
    return world.start_human_loops(dataset, execution_arn)


def shown(world: TrainingInMemory) -> list[str]:
    return [one.id for content in world.human_loops.contents.values() for one in content.pictures]


def decide(world: TrainingInMemory, crop_id: str) -> None:
    posted = PostedCorrection(crop_id=crop_id, version=0, verdict=Verdict.KEPT)
    save_corrections(
        PRODUCTION, [posted], registry=world.registry, clock=world.clock, limits=common_limits()
    )


def test_loops_when_started_then_each_captioned_picture_is_shown_once_from_s3(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    assert start(world, dataset) == HumanLoopsStarted(loops=1)
    (content,) = world.human_loops.contents.values()
    assert len(content.pictures) == len(set(shown(world))) == 8
    first = content.pictures[0]
    assert first.picture.startswith(f"s3://studio/{PRODUCTION}/datasets/{dataset.dataset_id}/")
    assert first.name in first.caption
    assert [one.slug for one in content.characters] == ["big-buck", "frank"]
    (row,) = HUMAN_LOOPS.list(world.registry, PRODUCTION)
    assert (row.status, set(row.body.crop_ids)) == (HumanLoopStatus.STARTED, set(shown(world)))


def test_loops_when_the_state_is_repeated_then_none_is_started_twice(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    first = start(world, dataset)
    decide(world, shown(world)[0])
    assert start(world, dataset) == first
    assert len(world.human_loops.started) == 1


def test_loops_when_people_decided_before_then_only_the_other_pictures(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    start(world, dataset)
    everything = shown(world)
    decide(world, everything[0])
    start(world, dataset, f"{EXECUTION}-again")
    second = list(world.human_loops.contents.values())[1]
    assert [one.id for one in second.pictures] == everything[1:]


def test_loops_when_people_decided_about_all_then_none(world: TrainingInMemory) -> None:
    dataset = world.captioned()
    start(world, dataset)
    for crop_id in shown(world):
        decide(world, crop_id)
    assert start(world, dataset, f"{EXECUTION}-again") == HumanLoopsStarted(loops=0)


def test_loops_when_a2i_refuses_then_the_row_is_there_for_reconcile(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    world.human_loops.impossible = True
    with pytest.raises(HumanLoopsImpossible):
        start(world, dataset)
    (row,) = HUMAN_LOOPS.list(world.registry, PRODUCTION)
    assert row.status is HumanLoopStatus.STARTED


def test_loops_when_only_some_could_be_started_then_a_repeat_asks_for_the_others_alone(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = world.generation(crops=60)
    dataset = world.assemble(generation)
    for item in world.waiting(dataset):
        world.caption(item)
    world.collect_captions(dataset)
    asked: list[str] = []
    takes = world.human_loops.start

    def one_call(name: str, content: str) -> None:
        asked.append(name[-1])
        if len(asked) in {2, 4}:
            raise Throttled("too many")
        takes(name, content)

    monkeypatch.setattr(world.human_loops, "start", one_call)
    for _ in range(2):
        with pytest.raises(Throttled):
            start(world, dataset)
    assert start(world, dataset) == HumanLoopsStarted(loops=3)
    assert asked == ["1", "2", "2", "3", "3"]
    assert len(shown(world)) == len(set(shown(world))) == 60


def test_loops_when_a_person_took_a_verdict_back_then_the_picture_is_shown(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    start(world, dataset)
    crop_id = shown(world)[0]
    decide(world, crop_id)
    undone = PostedCorrection(crop_id=crop_id, version=1)
    save_corrections(
        PRODUCTION, [undone], registry=world.registry, clock=world.clock, limits=common_limits()
    )
    start(world, dataset, f"{EXECUTION}-again")
    second = list(world.human_loops.contents.values())[1]
    assert [one.id for one in second.pictures] == shown(world)[:8]


def test_loops_when_the_stack_is_being_deleted_then_none_is_started_any_more(
    world: TrainingInMemory,
) -> None:
    """The guard has stopped what it found: of a loop that is started later nobody would know."""
    dataset = world.captioned()
    begin_deletion(world.registry, world.clock)
    with pytest.raises(EventRefused, match="The stack is being deleted: no human loop is started"):
        start(world, dataset)
    assert world.human_loops.started == []
