import pytest
from fakes.drawing_in_memory import DrawingInMemory
from fakes.image_model import FakeImageModel

from onmodel.contracts.panels import PanelRequest, Panels
from onmodel.errors import EventRefused, NotFound, Throttled


def serving(image_model: FakeImageModel | None = None) -> DrawingInMemory:
    studio = DrawingInMemory(image_model)
    studio.serve()
    studio.upload()
    return studio


def test_draw_when_all_is_well_then_three_pictures_of_the_planned_seed() -> None:
    studio = serving()
    item = studio.items(studio.plan())[1]
    panel = studio.draw(item)
    assert [picture.seed for picture in panel.pictures] == [99, 99, 99]
    assert panel.pictures[0].key == "bunny/storyboards/forest-day/1/panels/02-0.png"
    assert studio.studio.get(panel.pictures[2].key).startswith(b"\x89PNG")
    (asked,) = studio.image_model.drawn
    assert asked[0].startswith("deployment/")
    assert (panel.seeds, panel.notices, panel.complete) == ((99,), (), True)


def test_draw_when_repeated_then_not_drawn_again() -> None:
    studio = serving()
    item = studio.items(studio.plan())[0]
    first = studio.draw(item)
    assert studio.draw(item) == first
    assert len(studio.image_model.drawn) == 1


def test_draw_when_storyboard_has_no_such_scene_then_event_refused_and_nothing_drawn() -> None:
    studio = serving()
    item = studio.items(studio.plan())[0]
    unknown = item.planned.model_copy(update={"number": 99})
    with pytest.raises(EventRefused, match="of scene 99"):
        studio.draw(item.model_copy(update={"planned": unknown}))
    assert not studio.image_model.drawn


def test_draw_when_all_is_filtered_then_another_seed() -> None:
    studio = serving(FakeImageModel(frozenset({99, 100, 101})))
    panel = studio.draw(studio.items(studio.plan())[1])
    assert len(panel.pictures) == 3
    assert len(panel.seeds) == 2
    assert panel.pictures[0].seed != 99
    assert "Seed 99" in panel.notices[0]


def test_draw_when_some_are_filtered_then_only_the_missing_are_asked_for_again() -> None:
    studio = serving(FakeImageModel(frozenset({100})))
    panel = studio.draw(studio.items(studio.plan())[1])
    assert [len({picture.key}) for picture in panel.pictures] == [1, 1, 1]
    assert [picture.seed for picture in panel.pictures[:2]] == [99, 99]
    assert studio.image_model.drawn[1][1].images == 1


class Blocking(FakeImageModel):
    def draw(self, model: str, panel: PanelRequest) -> Panels:
        return super().draw(model, panel.model_copy(update={"images": 0}))


def test_draw_when_filtered_for_ever_then_bounded_and_said() -> None:
    studio = serving(Blocking())
    item = studio.items(studio.plan())[0]
    panel = studio.draw(item)
    assert (len(panel.seeds), panel.pictures, panel.complete) == (3, (), True)
    assert len(panel.notices) == 3
    assert studio.score(item) == panel


class Retired(FakeImageModel):
    def draw(self, model: str, panel: PanelRequest) -> Panels:
        raise NotFound("no such deployment")


def test_draw_when_model_retired_meanwhile_then_said_and_not_taken_for_complete() -> None:
    studio = serving(Retired())
    panel = studio.draw(studio.items(studio.plan())[0])
    assert not panel.complete
    assert panel.notices == ("The model does not answer any more",)


class Busy(FakeImageModel):
    def draw(self, model: str, panel: PanelRequest) -> Panels:
        raise Throttled("slow down")


def test_draw_when_throttled_then_left_to_the_machine() -> None:
    studio = serving(Busy())
    item = studio.items(studio.plan())[0]
    with pytest.raises(Throttled):
        studio.draw(item)
    with pytest.raises(NotFound):
        studio.panel(item)
