import pytest
from fakes.jobs_in_memory import BLUE, JobsInMemory

from onmodel.contracts.keys import StoryboardKeys
from onmodel.contracts.rows import StoryboardStatus
from onmodel.contracts.storyboards import StoryboardPlanned, StoryboardSummary
from onmodel.contracts.trainings import TrainingStatus
from onmodel.errors import EventRefused
from onmodel.registry.kinds import STORYBOARDS

ARMS = b"scenes: [Buck smiles]\nimages: 2\narms: [tuned, references, base]\nsize: 512x512"


@pytest.fixture
def studio() -> JobsInMemory:
    studio = JobsInMemory()
    studio.trained()
    studio.upload(ARMS)
    return studio


def begun(studio: JobsInMemory) -> tuple[StoryboardPlanned, str]:
    plan = studio.start_drawing(studio.plan())
    return plan, next(iter(studio.trainer.drawings))


def test_check_when_the_job_runs_then_drawing(studio: JobsInMemory) -> None:
    plan, _ = begun(studio)
    assert studio.check_drawing(plan) == "drawing"


def test_check_when_over_then_panels_of_all_arms_are_scored_and_shown_with_their_cost(
    studio: JobsInMemory,
) -> None:
    plan, ref = begun(studio)
    studio.trainer.draw(ref, studio.studio, BLUE, "002-1")
    assert studio.check_drawing(plan) == "over"
    assert studio.check_drawing(plan) == "over"
    items = studio.items(plan)
    assert [item.planned.arm for item in items] == ["tuned", "references", "base"]
    panels = [studio.draw(item) for item in items]  # the map's first state changes nothing
    assert [len(panel.pictures) for panel in panels] == [2, 1, 2]
    assert panels[1].notices == ("out of memory",)
    scored = studio.score(items[0])
    (likeness,) = scored.pictures[0].score.on_model  # type: ignore[union-attr]
    assert likeness.character == "buck"
    page = studio.publish(plan)
    for words in ("the trained model", "given to the untrained model", "the untrained model alone"):
        assert words in page
    row = STORYBOARDS.require(studio.registry, "bunny", "forest-day-1")
    assert (row.status, row.body.drawn) == (StoryboardStatus.DRAWN, 3)
    keys = StoryboardKeys("bunny", "forest-day", 1)
    summary = StoryboardSummary.model_validate_json(studio.studio.get(keys.summary))
    assert summary.deployment_id is None
    assert summary.usage[0].item == "sagemaker.ml.g5.2xlarge-training-hour"


def test_check_when_over_then_each_picture_has_the_seed_that_drew_it_alone(
    studio: JobsInMemory,
) -> None:
    """So the seed that a gallery shows draws that very picture, also where one before it failed."""
    plan, ref = begun(studio)
    studio.trainer.draw(ref, studio.studio, BLUE, "002-0")
    studio.check_drawing(plan)
    spec = studio.trainer.drawing_specs[ref]
    drawn_by = {f"{spec.folder}made/{one.arm}/{one.id}.png": one.seed for one in spec.pictures}
    panels = [studio.panel(item) for item in studio.items(plan)]
    shown = [(picture.key, picture.seed) for panel in panels for picture in panel.pictures]
    assert len(shown) == 5
    assert dict(shown).items() <= drawn_by.items()
    for panel in panels:
        assert len({picture.seed for picture in panel.pictures}) == len(panel.pictures)
    studio.publish(plan)
    page = studio.studio.get(StoryboardKeys("bunny", "forest-day", 1).gallery).decode()
    for key, seed in shown:
        assert f'href="../{key.removeprefix(spec.folder)}"' in page
        assert f"seed {seed}<" in page


@pytest.mark.parametrize(
    ("status", "reason", "told"),
    [
        (TrainingStatus.FAILED, "No instance has room", "No instance has room"),
        (TrainingStatus.STOPPED, None, "The job was stopped before this picture"),
    ],
)
def test_check_when_the_job_ended_badly_then_over_and_every_panel_says_why(
    studio: JobsInMemory, status: TrainingStatus, reason: str | None, told: str
) -> None:
    plan, ref = begun(studio)
    studio.trainer.end_drawing(ref, status, reason)
    assert studio.check_drawing(plan) == "over"
    assert {studio.panel(item).notices for item in studio.items(plan)} == {(told,)}
    studio.publish(plan)
    row = STORYBOARDS.require(studio.registry, "bunny", "forest-day-1")
    assert row.status == StoryboardStatus.FAILED


def test_check_when_the_job_is_gone_then_over_only_after_a_while(studio: JobsInMemory) -> None:
    plan, ref = begun(studio)
    del studio.trainer.drawings[ref]
    assert studio.check_drawing(plan) == "drawing"
    studio.clock.advance(minutes=16)
    assert studio.check_drawing(plan) == "over"


def test_check_when_its_answer_was_lost_then_the_job_is_found_by_its_name(
    studio: JobsInMemory,
) -> None:
    plan, ref = begun(studio)
    row = STORYBOARDS.require(studio.registry, "bunny", "forest-day-1")
    STORYBOARDS.replace(studio.registry, row.with_fields(drawing_ref=None), studio.clock())
    assert studio.check_drawing(plan) == "drawing"
    del studio.trainer.drawings[ref]
    with pytest.raises(EventRefused, match="never begun"):
        studio.check_drawing(plan)
