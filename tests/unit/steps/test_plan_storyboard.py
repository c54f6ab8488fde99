from datetime import timedelta

import pytest
from fakes.deployment_in_memory import PRICES, TRAINING
from fakes.drawing_in_memory import BOARD, KEY, DrawingInMemory
from fakes.films_in_memory import run_of

from onmodel.contracts.deployments import DeploymentStatus
from onmodel.contracts.film_rows import RunBody, RunStatus
from onmodel.contracts.keys import StoryboardKeys
from onmodel.contracts.rows import ApprovalBody, ApprovalStatus, StoryboardStatus
from onmodel.contracts.settings import Settings
from onmodel.errors import EventRefused, SettingsRefused
from onmodel.money.pricebook import estimate
from onmodel.registry.kinds import APPROVALS, RUNS, STORYBOARDS, TRAININGS


@pytest.fixture
def studio() -> DrawingInMemory:
    studio = DrawingInMemory()
    studio.serve()
    studio.upload()
    return studio


def test_plan_when_a_model_serves_then_every_panel_is_written_down(studio: DrawingInMemory) -> None:
    plan = studio.plan()
    assert (plan.deployed, plan.name, plan.take, plan.panels) == (True, "forest-day", 1, 2)
    assert plan.deployment_id == f"{TRAINING}-1"
    first, second = studio.items(plan)
    assert first.planned.request.text == "Buck smiles. soft 3D animation"
    assert first.planned.characters == ("buck",)
    assert (first.planned.request.width, first.planned.request.images) == (512, 3)
    assert second.planned.request.seed == 99
    row = STORYBOARDS.require(studio.registry, "bunny", "forest-day-1")
    assert row.status == StoryboardStatus.DRAWING
    snapshot = studio.studio.get(StoryboardKeys("bunny", "forest-day", 1).settings)
    assert Settings.model_validate_json(snapshot) == studio.settings


def test_plan_when_repeated_then_the_same_take_and_by_another_the_next(
    studio: DrawingInMemory,
) -> None:
    first = studio.plan()
    assert studio.plan() == first
    again = studio.plan(execution="draw-2")
    assert again.take == 2
    assert [item.planned for item in studio.items(again)] == [
        item.planned for item in studio.items(first)
    ]


def test_plan_when_two_takes_are_wished_then_a_scene_has_other_seeds_beside(
    studio: DrawingInMemory,
) -> None:
    studio.upload(BOARD + b"takes: 2\n")
    items = studio.items(studio.plan())
    assert [(item.panel, item.planned.number, item.seeds_take) for item in items] == [
        (1, 1, 1), (2, 1, 2), (3, 2, 1), (4, 2, 2),
    ]  # fmt: skip
    assert len({item.planned.request.seed for item in items}) == 4


def test_plan_when_no_key_then_the_articles_scenes_with_our_characters(
    studio: DrawingInMemory,
) -> None:
    plan = studio.plan(None, f"{TRAINING}-1")
    scenes = [item.planned.scene for item in studio.items(plan)]
    assert plan.name == "first-look"
    assert scenes[:2] == [
        "Buck smiles at us, a misty forest behind",
        "Frank plays a flute beside a baby llama",
    ]
    assert studio.items(plan)[-1].planned.characters == ("buck", "frank")


def test_plan_when_a_model_is_being_deployed_then_waits_for_it() -> None:
    """Nobody is asked to pay for a second deployment beside it."""
    studio = DrawingInMemory()
    studio.creating()
    studio.upload()
    plan = studio.plan()
    assert (plan.deployed, plan.deploying) == (False, True)
    studio.stop()
    assert not studio.plan().deploying


def test_plan_when_nothing_serves_then_to_be_quoted_and_no_take_is_used() -> None:
    studio = DrawingInMemory()
    studio.trainer.complete(studio.job)
    studio.claim()
    studio.upload()
    plan = studio.plan()
    assert (plan.deployed, plan.training_id, plan.take) == (False, TRAINING, None)
    assert not list(STORYBOARDS.list(studio.registry, "bunny"))
    judged = estimate(plan.judging, PRICES).total_usd
    assert judged is not None and judged > 0
    assert studio.quote(plan) == pytest.approx(4 * 60.5 + float(judged))
    assert studio.quote(plan, longest_hours=1) == pytest.approx(3 * 60.5 + float(judged))


def test_plan_when_a_model_is_being_deployed_then_the_storyboard_waits_for_it() -> None:
    studio = DrawingInMemory()
    studio.upload()
    studio.planned()
    assert (studio.plan().deployed, studio.plan().deploying) == (False, True)
    studio.provision()
    assert studio.plan().deploying
    (ref,) = studio.trainer.deployments
    studio.trainer.move(ref, DeploymentStatus.IN_SERVICE)
    studio.check()
    assert (studio.plan().deployed, studio.plan().deploying) == (True, False)


def test_plan_when_the_deployment_that_it_waited_for_ends_then_it_asks_for_its_own() -> None:
    studio = DrawingInMemory()
    studio.upload()
    studio.creating()
    studio.stop()
    assert (studio.plan().deployed, studio.plan().deploying) == (False, False)


def test_plan_when_nothing_is_trained_then_refused_and_says_what_a_model_waits_for() -> None:
    studio = DrawingInMemory()
    studio.upload()
    told = [refusal(studio)]
    TRAININGS.delete(studio.registry, studio.training)
    told.append(refusal(studio))
    ask_about_training(studio)
    told.append(refusal(studio))
    studio.clock.advance(days=8)
    film_is_prepared(studio)
    told.append(refusal(studio))
    for words, sentence in zip(
        (
            f"{TRAINING} is being trained, for hours",
            "Upload films first",
            "A question about its training waits for your answer",
            "Films of it are there: `onmodel status`",
        ),
        told,
        strict=True,
    ):
        assert sentence.startswith(words)


def refusal(studio: DrawingInMemory) -> str:
    """Its advice."""
    with pytest.raises(SettingsRefused, match="no model of production bunny is trained") as caught:
        studio.plan()
    return caught.value.advice


def ask_about_training(studio: DrawingInMemory) -> None:
    body = ApprovalBody(
        purpose="training", subject_id=TRAINING, usd=20, task_token="t",
        expires_at=studio.clock() + timedelta(days=7), correlation_id="upload-1",
    )  # fmt: skip
    APPROVALS.create(
        studio.registry, "bunny", "a1", status=ApprovalStatus.PENDING, body=body,
        now=studio.clock(),
    )  # fmt: skip


def film_is_prepared(studio: DrawingInMemory) -> None:
    run = run_of()
    RUNS.create(
        studio.registry, "bunny", run.run_id, status=RunStatus.PREPARED,
        body=RunBody(run=run, execution_arn="arn"), now=studio.clock(),
    )  # fmt: skip


def test_plan_when_the_deployment_retires_then_it_is_not_used(studio: DrawingInMemory) -> None:
    studio.stop()
    with pytest.raises(EventRefused, match="retiring"):
        studio.plan(KEY, f"{TRAINING}-1")
    assert not studio.plan().deployed


def test_plan_when_its_time_is_up_but_it_still_stands_then_it_is_not_used(
    studio: DrawingInMemory,
) -> None:
    studio.clock.advance(hours=2)
    assert not studio.plan().deployed


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"scenes: []", "at least 1"),
        (b"scenes: [Buck]\ncharacters: [Bob]", "Bob"),
        (b"scenes: ['" + b"x" * 1020 + b"']\nstyle: soft light", "1,024"),
        (b"scenes: [Buck]\nsize: 500x500", "divisible"),
        (b"scenes: [Buck]\nimages: 9", "at most 5"),
    ],
)
def test_plan_when_impossible_then_refused_before_anything_is_spent(
    studio: DrawingInMemory, text: bytes, why: str
) -> None:
    studio.upload(text)
    with pytest.raises(SettingsRefused, match=why):
        studio.plan()
    assert not list(STORYBOARDS.list(studio.registry, "bunny"))


def test_plan_when_replaced_after_it_was_approved_then_the_approved_one_is_drawn() -> None:
    studio = DrawingInMemory()
    studio.upload()
    studio.trainer.complete(studio.job)
    studio.claim()
    version = studio.uploads.head(KEY).version_id
    asked = studio.plan(version=version)
    assert (asked.deployed, asked.storyboard_version) == (False, version)
    studio.upload(b"scenes: [Buck fights, Buck runs, Buck shouts]")
    studio.schedule(studio.claim(production="bunny", training_id=TRAINING))
    studio.provision()
    (ref,) = studio.trainer.deployments
    studio.trainer.move(ref, DeploymentStatus.IN_SERVICE)
    studio.check()
    drawn = studio.plan(version=asked.storyboard_version, execution="draw-2")
    assert studio.items(drawn)[0].planned.request.text == "Buck smiles. soft 3D animation"
    assert (drawn.deployed, drawn.panels, drawn.storyboard_version) == (True, 2, version)


def test_plan_when_file_is_gone_then_refused(studio: DrawingInMemory) -> None:
    studio.uploads.delete_prefix("bunny/")
    with pytest.raises(SettingsRefused, match="gone"):
        studio.plan()
