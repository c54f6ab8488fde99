from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from fakes.drawing_in_memory import DrawingInMemory
from fakes.labels import FakeLabels, figure
from typer.testing import CliRunner, Result

from onmodel.contracts.keys import StoryboardKeys
from onmodel.wiring import Services
from onmodel_cli import main, options
from onmodel_cli.connection import Connection


@pytest.fixture
def world() -> DrawingInMemory:
    world = DrawingInMemory()
    world.serve()
    world.labels = FakeLabels((figure(0, 0, 0.5, 1),))
    world.upload()
    return world


@pytest.fixture
def judge(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setattr(options, "open_stack", lambda *_: connection)
    return lambda *more: CliRunner().invoke(main.app, ["judge", "-p", "bunny", *more])


def draw(world: DrawingInMemory, *, measured: bool = True) -> None:
    plan = world.plan()
    world.write_questions(plan)
    for item in world.items(plan):
        world.draw(item)
        if measured:
            world.score(item)
    world.publish(plan)


def test_judge_when_a_local_stack_drew_then_says_that_the_numbers_mean_nothing(
    judge: Callable[..., Result], world: DrawingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(world)
    said = "These pictures are simulated"
    assert said not in judge("--storyboard", "forest-day").stdout
    monkeypatch.setattr(Services, "notices", lambda _: ("Made on a local stack",))
    assert judge("--storyboard", "forest-day").stdout.startswith(said)
    assert json.loads(judge("--storyboard", "forest-day", "--json").stdout)["simulated"] is True


def test_judge_when_a_take_was_drawn_then_its_numbers_without_a_paid_call(
    judge: Callable[..., Result], world: DrawingInMemory
) -> None:
    draw(world)
    asked, questions = len(world.labels.pictures), len(world.questions.asked)
    found = json.loads(judge("--storyboard", "Forest day", "--json").stdout)
    assert {number["number"] for number in found["numbers"]} == {
        "identity", "prompt", "copy", "diversity", "cast",
    }  # fmt: skip
    assert len(found["pictures"]) == 6
    shown = judge("--storyboard", "forest-day")
    assert "Buck has no held-out picture" in " ".join(shown.stdout.split())
    assert {n["beside"] for n in found["numbers"] if n["number"] == "prompt"} == {
        "6 of 6 questions whose right answer is no were answered yes, so do not rely on it"
    }
    assert "6 of 6 questions" in " ".join(shown.stdout.split())
    assert (len(world.labels.pictures), len(world.questions.asked)) == (asked, questions)


def test_judge_when_files_are_asked_for_then_numbers_judgement_and_a_zip_with_the_pictures(
    judge: Callable[..., Result], world: DrawingInMemory, tmp_path: Path
) -> None:
    draw(world)
    folder = tmp_path / "for the editor"
    found = json.loads(judge("--storyboard", "forest-day", "-o", str(folder), "--json").stdout)
    assert {path.name for path in folder.iterdir()} == {
        "numbers.csv", "judgement.json", "forest-day-1.zip",
    }  # fmt: skip
    assert json.loads((folder / "judgement.json").read_text(encoding="utf-8")) == found
    keys = StoryboardKeys("bunny", "forest-day", 1)
    assert (folder / "numbers.csv").read_bytes() == world.studio.get(keys.numbers)
    with ZipFile(folder / "forest-day-1.zip") as packed:
        assert packed.read("panels/002-take1-tuned-3.png") == world.studio.get(keys.picture(2, 2))
        assert packed.testzip() is None


def test_judge_when_the_name_is_unknown_then_those_that_were_drawn(
    judge: Callable[..., Result], world: DrawingInMemory
) -> None:
    draw(world)
    answer = judge("--storyboard", "forst")
    assert answer.exit_code == 3
    assert "No storyboard forst of bunny was drawn" in answer.stderr
    assert "Drawn ones: Forest day" in answer.stderr


def test_judge_when_no_picture_was_measured_then_says_so(
    judge: Callable[..., Result], world: DrawingInMemory
) -> None:
    draw(world, measured=False)
    answer = judge("--storyboard", "Forest day")
    assert answer.exit_code == 3
    assert "must be drawn again" in answer.stderr
