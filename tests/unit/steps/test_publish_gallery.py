import base64

import cv2
from fakes.deployment_in_memory import TRAINING
from fakes.drawing_in_memory import DrawingInMemory, flat
from fakes.image_model import FakeImageModel

from onmodel.contracts.keys import DatasetKeys, StoryboardKeys
from onmodel.contracts.rows import StoryboardBody, StoryboardStatus
from onmodel.contracts.storyboards import PanelRequest, Panels, StoryboardSummary
from onmodel.registry.kinds import STORYBOARDS
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
    for link in ('href="../numbers.csv"', 'href="../judgement.json"', "onmodel judge -p bunny"):
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
