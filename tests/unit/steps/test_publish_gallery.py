import base64
import re

import cv2
import numpy as np
from fakes.deployment_in_memory import TRAINING
from fakes.drawing_in_memory import BOARD, DrawingInMemory, flat
from fakes.image_model import FakeImageModel
from fakes.jobs_in_memory import JobsInMemory

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.datasets import DatasetItem, Split
from onmodel.contracts.film_rows import ReferenceBody, ReferenceStatus
from onmodel.contracts.keys import DatasetKeys, StoryboardKeys
from onmodel.contracts.panels import PanelRequest, Panels
from onmodel.contracts.rows import StoryboardBody, StoryboardStatus
from onmodel.contracts.storyboards import StoryboardSummary
from onmodel.contracts.trainings import Checkpoint
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.formats.npy import from_npy, to_npy
from onmodel.registry.kinds import REFERENCES, STORYBOARDS, TRAININGS
from onmodel.steps.publish_gallery import PREVIEW_SIDE
from onmodel.vision.decoding import decode_picture
from onmodel.vision.encoding import thumbnail


def drawn(studio: DrawingInMemory, panels: slice = slice(None)) -> str:
    studio.serve()
    studio.upload()
    plan = studio.plan()
    for item in studio.items(plan)[panels]:
        studio.draw(item)
        studio.score(item)
    return studio.publish(plan)


def row(studio: DrawingInMemory) -> tuple[str, StoryboardBody]:
    record = STORYBOARDS.require(studio.registry, "bunny", "forest-day-1")
    return record.status, record.body


def test_publish_when_drawn_then_page_summary_and_mail() -> None:
    studio = DrawingInMemory()
    page = drawn(studio)
    for text in ("A day in the forest", "Buck smiles", "seed 99", "../panels/02-0.png"):
        assert text in page
    for link in (
        'href="../numbers.csv"',
        'href="../judgement.json"',
        "<code>onmodel judge <span>-p</span> bunny",
    ):
        assert link in page
    status, body = row(studio)
    assert (status, body.drawn, body.panels) == (StoryboardStatus.DRAWN, 2, 2)
    assert [(n.number, n.arm) for n in body.numbers][:2] == [
        ("identity", "tuned"),
        ("prompt", "tuned"),
    ]
    summary = StoryboardSummary.model_validate_json(
        studio.studio.get(StoryboardKeys("bunny", "forest-day", 1).summary)
    )
    assert summary == StoryboardSummary(
        production="bunny",
        name="forest-day",
        take=1,
        title="A day in the forest",
        deployment_id=studio.deployment().id,
        panels=2,
        drawn=2,
        pictures=6,
        filtered=0,
        usage=studio.meter.usage(),
        estimated_usd=0.0,
    )
    assert f"bunny-{TRAINING}" in page  # the model's name
    studio.notify("storyboard_drawn", "forest-day-1")
    (mail,) = studio.mailbox.mails
    assert "2 panels" in mail.subject
    assert "gallery/index.html" in mail.body


class CopyingImageModel(FakeImageModel):
    """Draws Buck's training picture whatever is asked for."""

    def draw(self, model: str, panel: PanelRequest) -> Panels:
        return Panels(pictures=(cv2.imencode(".png", flat((255, 0, 0)))[1].tobytes(),))


def test_publish_when_a_panel_copies_a_training_picture_then_that_picture_is_shown() -> None:
    studio = DrawingInMemory(CopyingImageModel())
    page = drawn(studio, slice(1))
    keys = DatasetKeys("bunny", TRAINING)
    previews = [
        thumbnail(decode_picture(studio.studio.get(keys.picture(crop, "png"))).pixels, PREVIEW_SIDE)
        for crop in ("crop-0", "crop-1")
    ]
    # three pictures are drawn; each looks the same as what it copies, which is beside it
    assert [page.count(base64.b64encode(jpeg).decode()) for jpeg in previews] == [6, 0]


def test_publish_when_drawn_then_the_nearest_training_picture_is_beside_each_panel() -> None:
    page = drawn(DrawingInMemory())
    assert page.count("nearest training picture, similarity ") == 6
    assert "a-1 · 00:01.000" in page  # no row of the film is left that has its title


def references_of(page: str) -> dict[str, str]:
    found = re.findall(r'<img src="([^"]+)" alt="reference of (\w+)"', page)
    return {name: picture for picture, name in found}


def test_publish_when_a_character_has_a_reference_then_it_is_shown_else_its_best_picture() -> None:
    without, studio = references_of(drawn(DrawingInMemory())), DrawingInMemory()
    source = ObjectRef(bucket="uploads", key="bunny/characters/Buck/a.png")
    pixels = cv2.resize(np.eye(64, dtype=np.uint8) * 200, (512, 512))
    studio.uploads.put(source.key, cv2.imencode(".png", pixels)[1].tobytes(), "image/png")
    body = ReferenceBody(character="buck", source=source, width=512, height=512)
    REFERENCES.put(
        studio.registry, "bunny", "r1", status=ReferenceStatus.RECORDED, body=body,
        now=studio.clock(),
    )  # fmt: skip
    shown = references_of(drawn(studio))
    assert without.keys() == shown.keys() == {"Buck", "Frank"}
    assert (shown["Buck"] == without["Buck"], shown["Frank"] == without["Frank"]) == (False, True)


def test_publish_when_drawn_again_then_the_numbers_of_the_take_before_are_beside_these() -> None:
    studio = DrawingInMemory()
    assert "Takes of this storyboard" not in drawn(studio)
    studio.upload(BOARD + b"# once more\n")
    plan = studio.plan(execution="draw-2")
    for item in studio.items(plan):
        studio.draw(item)
        studio.score(item)
    page = studio.publish(plan)
    assert '<th scope="col">take 1</th><th scope="col">take 2</th>' in page


def test_publish_when_a_child_died_then_its_scene_says_so() -> None:
    studio = DrawingInMemory()
    page = drawn(studio, slice(1))
    assert "It could not be drawn" in page
    assert row(studio)[1].drawn == 1


def test_publish_when_nothing_was_drawn_then_failed_and_still_a_page() -> None:
    studio = DrawingInMemory()
    page = drawn(studio, slice(0))
    assert "2 scenes could not be drawn" in page
    status, body = row(studio)
    assert (status, body.drawn) == (StoryboardStatus.FAILED, 0)
    assert body.reason


def test_publish_when_filtered_then_why_stands_there() -> None:
    studio = DrawingInMemory(FakeImageModel(frozenset({99, 100, 101})))
    assert "Seed 99: the image model drew nothing: blocked" in drawn(studio)


def test_model_ready_when_storyboard_is_drawn_then_links_cost_and_end_are_told() -> None:
    studio = DrawingInMemory()
    drawn(studio)
    studio.notify("model_ready", studio.deployment().id)
    (mail,) = studio.mailbox.mails
    for text in ("gallery/index.html", "$60.50", "2026-11-22 11:00 UTC", "onmodel retire"):
        assert text in mail.body


CHECKPOINTS = b"""
arms: [checkpoints]
images: 1
size: 512x512
scenes: [Buck smiles, Buck waits, Buck runs, Buck sleeps, Buck eats]
"""
RED, BLUE = (
    cv2.imencode(".png", flat(colour))[1].tobytes() for colour in ((0, 0, 255), (255, 0, 0))
)


def checkpoints_drawn(studio: JobsInMemory, pictures: dict[str, bytes]) -> str:
    """A storyboard of every checkpoint; some of Buck's and of Frank's pictures are held out."""
    studio.trainer.kept = (
        Checkpoint(step=250, validation_loss=0.5),
        Checkpoint(step=500, validation_loss=0.4),
    )
    studio.trained()
    keys = DatasetKeys("bunny", TRAINING)
    items = read_lines(DatasetItem, studio.studio.get(keys.items))
    vectors = from_npy(studio.studio.get(keys.vectors))
    more = [
        item.model_copy(update={"crop_id": f"held-{n}", "shot": 7 + n, "split": Split.VALIDATION})
        for n, item in enumerate(items)
    ]
    studio.studio.put(keys.items, write_lines([*items, *more]), "application/jsonl")
    studio.studio.put(keys.vectors, to_npy(np.concatenate([vectors, vectors])), "application/npy")
    studio.upload(CHECKPOINTS)
    plan = studio.start_drawing(studio.plan())
    (ref,) = studio.trainer.drawings
    assert studio.trainer.drawing_specs[ref].arms == ("step-000250", "step-000500")
    assert studio.quote_drawing(plan).quote.parts[0].name == "drawing"
    studio.trainer.draw(ref, studio.studio, pictures)
    studio.check_drawing(plan)
    for item in studio.items(plan):
        studio.score(item)
    return studio.publish(plan)


def test_publish_when_checkpoints_were_drawn_then_the_best_draws_on_and_why_is_told() -> None:
    studio = JobsInMemory()
    page = checkpoints_drawn(studio, {"step-000250": BLUE, "step-000500": RED})
    told = "The checkpoint of step 250 draws from now on: identity 1.00; step 500 reached less."
    assert told in page
    assert "the checkpoint of step 500" in page
    assert row(studio)[1].advice == (told,)
    training = TRAININGS.require(studio.registry, "bunny", TRAINING).body
    assert training.checkpoint == 250
    assert training.checkpoint_reason == f"forest-day-1: {told}"
    studio.notify("storyboard_drawn", "forest-day-1")
    assert "checkpoint of step 250 draws from now on" in " ".join(
        studio.mailbox.mails[-1].body.split()
    )
    studio.upload(b"scenes: [Buck smiles]", key="bunny/storyboards/next.yaml")
    studio.start_drawing(studio.plan(key="bunny/storyboards/next.yaml"), execution="draw-2")
    specs = list(studio.trainer.drawing_specs.values())
    assert [spec.checkpoint for spec in specs] == [None, 250]


def test_publish_when_checkpoints_cannot_be_told_apart_then_the_validation_loss_decides() -> None:
    studio = JobsInMemory()
    page = checkpoints_drawn(studio, {"step-000250": BLUE, "step-000500": BLUE})
    assert "its validation loss, 0.4000, is the least of them" in page
    assert TRAININGS.require(studio.registry, "bunny", TRAINING).body.checkpoint == 500


def test_publish_when_a_checkpoints_pictures_are_missing_then_the_trainers_choice_stays() -> None:
    studio = JobsInMemory()
    studio.trainer.kept = (Checkpoint(step=250), Checkpoint(step=500))
    studio.trained()
    studio.upload(CHECKPOINTS)
    plan = studio.start_drawing(studio.plan())
    (ref,) = studio.trainer.drawings
    failed = [one.id for one in studio.trainer.drawing_specs[ref].pictures if one.arm[-3:] == "500"]
    studio.trainer.draw(ref, studio.studio, BLUE, *failed)
    studio.check_drawing(plan)
    for item in studio.items(plan):
        studio.score(item)
    studio.publish(plan)
    assert row(studio)[1].advice == ()
    assert TRAININGS.require(studio.registry, "bunny", TRAINING).body.checkpoint is None
