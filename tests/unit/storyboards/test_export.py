from __future__ import annotations

import csv
import io
from pathlib import Path
from zipfile import ZipFile

from fakes.object_store import InMemoryObjectStore

from onmodel.contracts.drawings import Arm
from onmodel.contracts.judging import JudgedPicture, Judgement
from onmodel.contracts.panels import (
    DrawnPanel,
    DrawnPicture,
    PanelItem,
    PanelRequest,
    PanelScore,
    PlannedPanel,
)
from onmodel.storyboards.export import numbers_csv, write_zip

SCORE = PanelScore(on_model=(), nearest_crop="c7", nearest_similarity=0.912345)


def drawn(
    number: int, arm: Arm = "tuned", *, text: str = "Buck smiles", pictures: int = 1
) -> tuple[PanelItem, DrawnPanel]:
    planned = PlannedPanel(
        number=number, scene=text, characters=("buck",), arm=arm,
        request=PanelRequest(text=f"{text}. Soft light", seed=5),
    )  # fmt: skip
    item = PanelItem(
        production="bunny", name="forest", take=1, panel=number, dataset_id="d", seeds_take=1,
        correlation_id="c", planned=planned,
    )  # fmt: skip
    keys = [
        f"bunny/storyboards/forest/1/job/{arm}/{number}-{place}.png" for place in range(pictures)
    ]
    panel = DrawnPanel(
        planned=planned, seeds=(5,), complete=True, notices=() if pictures else ("It failed",),
        pictures=tuple(
            DrawnPicture(key=key, seed=5 + place, score=SCORE) for place, key in enumerate(keys)
        ),
    )  # fmt: skip
    return item, panel


def judgement(panels: list[tuple[PanelItem, DrawnPanel]]) -> Judgement:
    judged = JudgedPicture(
        key=panels[0][1].pictures[0].key, identity={"buck": 0.75, "frank": -0.25}, copy_of="c7",
        missing=("frank",), surplus=("rinky", "gimera"), strangers=2, cast=0.25, prompt=2 / 3,
        not_shown=("Is there a flute?", "Is it night?"),
    )  # fmt: skip
    return Judgement(numbers=(), pictures=(judged,))


def lines(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def test_numbers_csv_when_judged_then_a_line_for_each_picture_with_its_numbers() -> None:
    panels = [drawn(1, pictures=2), drawn(1, "base")]
    first, second, base = lines(numbers_csv(panels, judgement(panels)))
    assert first == {
        "file": "panels/001-take1-tuned-1.png", "scene": "1", "text": "Buck smiles",
        "characters": "buck", "arm": "tuned", "take": "1", "picture": "1", "seed": "5",
        "identity": "0.25", "identity of each": "buck 0.750; frank -0.250", "prompt": "0.6667",
        "copy of": "c7", "nearest training picture": "c7", "similarity to it": "0.9123",
        "cast": "0.25", "missing": "frank", "surplus": "rinky, gimera", "unknown figures": "2",
        "notice": "", "not shown": "Is there a flute? Is it night?",
    }  # fmt: skip
    assert (second["seed"], second["identity"], second["unknown figures"]) == ("6", "", "")
    assert (base["arm"], base["file"]) == ("base", "panels/001-take1-base-1.png")


def test_numbers_csv_when_a_panel_has_no_picture_then_a_line_says_why() -> None:
    (line,) = lines(numbers_csv([drawn(3, pictures=0)], None))
    assert (line["scene"], line["file"], line["notice"]) == ("3", "", "It failed")


def test_numbers_csv_when_a_text_would_be_computed_then_it_is_text() -> None:
    (line,) = lines(numbers_csv([drawn(1, text="=HYPERLINK(1), Bück says")], None))
    assert line["text"] == "'=HYPERLINK(1), Bück says"


def test_write_zip_when_drawn_then_pictures_scenes_and_numbers(tmp_path: Path) -> None:
    panels = [drawn(1, pictures=2), drawn(1, "base"), drawn(2, text="Frank waits", pictures=0)]
    store = InMemoryObjectStore()
    for _, panel in panels:
        for picture in panel.pictures:
            store.put(picture.key, picture.key.encode(), "image/png")
    found = judgement(panels)
    names = write_zip(tmp_path / "forest-1.zip", panels, found, store)
    with ZipFile(tmp_path / "forest-1.zip") as packed:
        assert tuple(packed.namelist()) == names
        assert names == (
            "scenes.txt", "numbers.csv", "judgement.json", "panels/001-take1-tuned-1.png",
            "panels/001-take1-tuned-2.png", "panels/001-take1-base-1.png",
        )  # fmt: skip
        assert packed.read("panels/001-take1-base-1.png") == panels[1][1].pictures[0].key.encode()
        assert packed.read("numbers.csv") == numbers_csv(panels, found)
        assert Judgement.model_validate_json(packed.read("judgement.json")) == found
        assert packed.read("scenes.txt").decode().splitlines() == [
            "Scene 1: Buck smiles", "  Characters: buck", "  Prompt: Buck smiles. Soft light", "",
            "Scene 2: Frank waits", "  Characters: buck", "  Prompt: Frank waits. Soft light",
            "  Notices: It failed",
        ]  # fmt: skip
