import numpy as np
import pytest
from fakes.deployment_in_memory import TRAINING
from fakes.jobs_in_memory import JobsInMemory

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.characters import Character
from onmodel.contracts.film_rows import ReferenceBody, ReferenceStatus
from onmodel.contracts.keys import accepted_settings_key
from onmodel.contracts.rows import StoryboardStatus
from onmodel.contracts.settings import Settings
from onmodel.deployments.deletion import begin_deletion
from onmodel.errors import EventRefused, TrainingImpossible
from onmodel.registry.kinds import REFERENCES, STORYBOARDS
from onmodel.vision.decoding import decode_picture
from onmodel.vision.encoding import encode_picture

ARMS = b"scenes: [Buck smiles, Nobody is here]\nimages: 2\narms: [references, base]\nsize: 512x512"


@pytest.fixture
def studio() -> JobsInMemory:
    studio = JobsInMemory()
    studio.upload()
    return studio


def test_start_when_tuned_then_one_job_draws_every_picture_with_the_model(
    studio: JobsInMemory,
) -> None:
    studio.trained()
    plan = studio.plan()
    assert (plan.deployed, plan.by_job, plan.training_id) == (False, True, TRAINING)
    begun = studio.start_drawing(plan)
    assert (begun.take, begun.storyboard_id) == (1, "forest-day-1")
    ((ref, spec),) = studio.trainer.drawing_specs.items()
    assert spec.model_ref == f"model/bunny-{TRAINING}"
    assert [picture.id for picture in spec.pictures] == [
        "001-0", "001-1", "001-2", "002-0", "002-1", "002-2"
    ]  # fmt: skip
    assert len({picture.seed for picture in spec.pictures}) == 6
    assert spec.pictures[3].seed == 99
    row = STORYBOARDS.require(studio.registry, "bunny", "forest-day-1")
    assert (row.status, row.body.drawing_ref) == (StoryboardStatus.DRAWING, ref)
    assert (row.body.training_id, row.body.deployment_id) == (TRAINING, None)


def test_start_when_repeated_by_its_execution_then_the_same_job(studio: JobsInMemory) -> None:
    studio.trained()
    plan = studio.plan()
    assert studio.start_drawing(plan) == studio.start_drawing(plan)
    assert len(studio.trainer.drawings) == 1
    assert studio.start_drawing(plan, execution="draw-2").take == 2
    assert len(studio.trainer.drawings) == 2


def test_start_when_the_first_storyboard_is_begun_again_then_the_same_take_and_job(
    studio: JobsInMemory,
) -> None:
    """DeployModel was stopped meanwhile, and the characters' descriptions were changed."""
    studio.trained()
    plan = studio.plan(key=None)
    begun = studio.start_drawing(plan, first_of=TRAINING)
    drawn = studio.items(begun)
    changed = Settings(characters={"buck": Character(name="Buck", description="a blue rabbit")})
    studio.studio.put(
        accepted_settings_key("bunny"), changed.model_dump_json().encode(), "text/json"
    )
    assert studio.start_drawing(plan, "draw-2", first_of=TRAINING) == begun
    assert studio.items(begun) == drawn
    assert len(studio.trainer.drawings) == 1
    (row,) = STORYBOARDS.list(studio.registry, "bunny")
    assert (row.status, row.holder) == (StoryboardStatus.DRAWING, "draw-2")


def test_start_when_it_died_before_the_row_was_written_then_the_same_job(
    studio: JobsInMemory,
) -> None:
    studio.trained()
    plan = studio.plan(key=None)
    begun = studio.start_drawing(plan, first_of=TRAINING)
    (row,) = STORYBOARDS.list(studio.registry, "bunny")
    STORYBOARDS.replace(studio.registry, row.with_fields(drawing_ref=None), studio.clock())
    assert studio.start_drawing(plan, "draw-2", first_of=TRAINING) == begun
    (ref,) = studio.trainer.drawings
    (row,) = STORYBOARDS.list(studio.registry, "bunny")
    assert row.body.drawing_ref == ref


def test_start_when_references_alone_then_without_any_training(studio: JobsInMemory) -> None:
    """The character's best crops are given to the model: there is no uploaded reference."""
    studio.upload(ARMS)
    plan = studio.plan()
    assert (plan.by_job, plan.training_id) == (True, None)
    assert plan.pictures == {"references": 4, "base": 4}
    studio.start_drawing(plan)
    (spec,) = studio.trainer.drawing_specs.values()
    assert (spec.model_ref, spec.arms) == (None, ("references", "base"))
    given = {picture.references for picture in spec.pictures}
    key = "bunny/storyboards/forest-day/1/references/buck-0.jpg"
    assert given == {(), (key,)}
    assert studio.studio.get(key)[:2] == b"\xff\xd8"


def test_start_when_a_reference_was_uploaded_then_it_is_given_and_not_a_crop(
    studio: JobsInMemory,
) -> None:
    key = "bunny/characters/buck/front.png"
    uploaded = np.zeros((512, 512, 3), np.uint8)
    uploaded[:, :256, 2] = 255
    studio.uploads.put(key, encode_picture(uploaded, "png"), "image/png")
    source = ObjectRef(bucket="uploads", key=key)
    REFERENCES.put(
        studio.registry, "bunny", "buck/front-png", status=ReferenceStatus.RECORDED,
        body=ReferenceBody(character="buck", source=source, width=512, height=512),
        now=studio.clock(),
    )  # fmt: skip
    studio.upload(ARMS)
    studio.start_drawing(studio.plan())
    given = studio.studio.get("bunny/storyboards/forest-day/1/references/buck-0.jpg")
    assert decode_picture(given).pixels[0, 0].tolist()[2] > 200  # red, as the uploaded picture


def test_start_when_the_trainer_refuses_then_the_take_has_failed_with_the_reason(
    studio: JobsInMemory,
) -> None:
    studio.trained()
    plan = studio.plan()
    studio.trainer.refuses_drawings = "this account may not use an instance"
    with pytest.raises(TrainingImpossible):
        studio.start_drawing(plan)
    row = STORYBOARDS.require(studio.registry, "bunny", "forest-day-1")
    assert row.status == StoryboardStatus.FAILED
    assert "may not use an instance" in (row.body.reason or "")


def test_start_when_the_stack_is_being_deleted_then_nothing_begins(studio: JobsInMemory) -> None:
    studio.trained()
    plan = studio.plan()
    begin_deletion(studio.registry, studio.clock)
    with pytest.raises(EventRefused, match="being deleted"):
        studio.start_drawing(plan)
    assert studio.trainer.drawings == {}
    row = STORYBOARDS.require(studio.registry, "bunny", "forest-day-1")
    assert row.status == StoryboardStatus.FAILED  # the deletion does not wait for it
