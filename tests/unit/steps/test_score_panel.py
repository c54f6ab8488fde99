import cv2
import pytest
from fakes.drawing_in_memory import BOARD, DrawingInMemory, flat
from fakes.image_model import FakeImageModel

from onmodel.contracts.panels import PanelRequest, Panels
from onmodel.errors import AnswerRefused


class Blue(FakeImageModel):
    """Draws the very training picture of Buck."""

    def draw(self, model: str, panel: PanelRequest) -> Panels:
        png = cv2.imencode(".png", flat((255, 0, 0)))[1].tobytes()
        return Panels(pictures=(png,) * panel.images)


class Blocked(FakeImageModel):
    """Every picture is filtered."""

    def draw(self, model: str, panel: PanelRequest) -> Panels:
        raise AnswerRefused("the image model drew nothing: blocked")


def test_score_when_panel_copies_its_character_then_likeness_and_copy_are_told() -> None:
    studio = DrawingInMemory(Blue())
    studio.serve()
    studio.upload()
    buck, frank = studio.items(studio.plan())
    studio.draw(buck)
    score = studio.score(buck).pictures[0].score
    assert score is not None
    assert score.on_model[0].similarity == pytest.approx(1, abs=0.01)
    assert (score.copy_of, score.nearest_character) == ("crop-0", "buck")
    assert score.alignment is None
    studio.draw(frank)
    wrong = studio.score(frank).pictures[0].score
    assert wrong is not None
    assert wrong.nearest_character == "buck"
    assert (wrong.on_model[0].similarity or 0) < 0.9


def test_score_when_questions_were_written_then_one_call_for_each_picture() -> None:
    studio = DrawingInMemory(Blue())
    studio.questions.sees = lambda text: "whole" not in text
    studio.serve()
    studio.upload(BOARD.replace(b"size:", b"images: 1\nsize:"))
    plan = studio.plan()
    studio.write_questions(plan)
    buck, frank = studio.items(plan)
    asked = len(studio.questions.asked)
    for item in (buck, frank):
        studio.draw(item)
        studio.score(item)
    assert len(studio.questions.asked) == asked + 2
    (picture,) = studio.panel(frank).pictures
    assert picture.score is not None and picture.score.answers is not None
    answers = picture.score.answers
    assert [(said.question.text, said.answer) for said in answers.questions] == [
        ("Is this figure in the picture: Frank, a flying squirrel?", "yes"),
        ("Is there a waits in the picture?", "yes"),
        ("Is the waits whole?", "no"),
    ]
    assert (answers.control, answers.control_answer) == ("Is there a smiles in the picture?", "yes")
    studio.score(frank)
    assert len(studio.questions.asked) == asked + 2


def test_score_when_a_panel_has_no_picture_then_nothing_is_asked() -> None:
    studio = DrawingInMemory(Blocked())
    studio.serve()
    studio.upload()
    plan = studio.plan()
    studio.write_questions(plan)
    asked = len(studio.questions.asked)
    buck, _ = studio.items(plan)
    assert studio.draw(buck).pictures == ()
    assert studio.score(buck).pictures == ()
    assert len(studio.questions.asked) == asked


def test_score_when_the_stack_calls_another_embedding_model_then_not_compared_and_told() -> None:
    """Its role allows the new model alone, and a distance between two models means nothing."""
    studio = DrawingInMemory(Blue())
    studio.serve()
    studio.upload()
    buck, _ = studio.items(studio.plan())
    studio.draw(buck)
    nova = "amazon.nova-2-multimodal-embeddings-v1:0"
    panel = studio.score(buck, nova)
    assert {picture.score for picture in panel.pictures} == {None}
    assert panel.usage == studio.panel(buck).usage
    assert panel.not_scored == (
        "Not compared with the training pictures: their vectors are of"
        f" amazon.titan-embed-image-v1, and this stack calls {nova}"
    )
    assert panel.notices == ()
