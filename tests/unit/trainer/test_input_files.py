"""Every input file of a job that is wrong is one sentence, which a mail shows as the reason."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from items import read_items
from job import JobError, run, sha256
from recipe import read_recipe
from storyboard import read_adapter, read_storyboard
from weights import BaseModel, check_weights

BASE = BaseModel(Path(), "lab/klein", "1", "apache-2.0", "0" * 64)
PANEL = {"id": "1", "prompt": "Buck", "seed": 1, "width": 64, "height": 64}
ADAPTER = {
    "base": {"weights_sha256": "0" * 64},
    "adapter": "lora.safetensors",
    "files": {},
    "recipe": {"max_sequence_length": 512},
}
WEIGHTS = {"model": "lab/klein", "revision": "1", "licence": "apache-2.0", "files": {}}


def a_storyboard(**changes: Any) -> str:
    return json.dumps({"arm": "base", "panels": [PANEL]} | changes)


def a_panel(**changes: Any) -> str:
    return a_storyboard(panels=[PANEL, PANEL | {"id": "2"} | changes])


def reads_adapter(folder: Path) -> object:
    return read_adapter(folder, BASE, None)


def reads_items(folder: Path) -> object:
    return read_items(folder, "train.jsonl")


def reads_recipe(folder: Path) -> object:
    return read_recipe(folder / "recipe.json")


CASES: list[tuple[Callable[[Path], object], str, str | bytes, str]] = [
    (read_storyboard, "storyboard.json", "{", "storyboard.json is not JSON: Expecting"),
    (read_storyboard, "storyboard.json", b"\xff\xfe", "storyboard.json is not UTF-8 text"),
    (read_storyboard, "storyboard.json", "[]", "storyboard.json is no JSON object"),
    (read_storyboard, "storyboard.json", '{"arm": "base"}', "storyboard.json lacks panels"),
    (read_storyboard, "storyboard.json", '{"panels": []}', "storyboard.json lacks arm"),
    (read_storyboard, "storyboard.json", a_storyboard(panels=[]), "storyboard.json has no panels"),
    (read_storyboard, "storyboard.json", a_storyboard(arm="x"), "names the arm 'x'"),
    (read_storyboard, "storyboard.json", a_storyboard(style="x"), "has unknown names: style"),
    (read_storyboard, "storyboard.json", a_panel(seed="x"), "seed of Panel 2 of storyboard.json"),
    (read_storyboard, "storyboard.json", a_panel(references=[1]), "are no list of files"),
    (
        read_storyboard,
        "storyboard.json",
        a_storyboard(panels=[{"id": "1"}]),
        "Panel 1 of storyboard.json lacks height, prompt, seed, width",
    ),
    (reads_adapter, "adapter.json", "not json", "adapter.json is not JSON: Expecting value"),
    (reads_adapter, "adapter.json", "{}", "adapter.json lacks base"),
    (reads_adapter, "adapter.json", json.dumps(ADAPTER | {"recipe": {}}), "no lora.safetensors"),
    (reads_adapter, "adapter.json", '{"base": "x"}', "base of adapter.json is 'x', not a JSON obj"),
    (check_weights, "weights.json", "{", "weights.json is not JSON"),
    (check_weights, "weights.json", "{}", "weights.json lacks files"),
    (
        check_weights,
        "weights.json",
        json.dumps(WEIGHTS | {"licence": 1}),
        "licence of weights.json",
    ),
    (check_weights, "other.json", "{}", "has no weights.json: run `onmodel trainer prepare`"),
    (reads_recipe, "recipe.json", "{", "recipe.json is not JSON"),
    (reads_recipe, "recipe.json", '{"steps": "many"}', "steps of recipe.json is 'many', not a who"),
    (reads_recipe, "recipe.json", '{"samples": [{}]}', "Sample 1 of recipe.json lacks prompt, see"),
    (reads_recipe, "recipe.json", '{"learning_rate": NaN}', "learning_rate of recipe.json is nan"),
    (reads_items, "train.jsonl", "{", "Line 1 of train.jsonl is not JSON"),
    (reads_items, "train.jsonl", '{"picture": "a.jpg"}', "Line 1 of train.jsonl lacks caption"),
    (
        reads_items,
        "train.jsonl",
        '{"picture": "a.jpg", "caption": 7}',
        "caption of Line 1 of train.jsonl is 7, not a text",
    ),
    (
        reads_items,
        "train.jsonl",
        '{"picture": "a.jpg", "caption": "Buck"}\n',
        "1 pictures of train.jsonl are missing, the first is a.jpg",
    ),
]


@pytest.mark.parametrize(("read", "name", "content", "sentence"), CASES)
def test_job_when_an_input_file_is_wrong_then_one_sentence_names_it(
    tmp_path: Path,
    read: Callable[[Path], object],
    name: str,
    content: str | bytes,
    sentence: str,
) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    failure = tmp_path / "failure"

    def work() -> None:
        read(tmp_path)

    assert run(work, failure) == 1
    told = failure.read_text(encoding="utf-8")
    assert sentence in told
    assert "Error" not in told
    assert "\n" not in told


def test_adapter_when_whole_then_read(tmp_path: Path) -> None:
    (tmp_path / "lora.safetensors").write_bytes(b"matrices")
    hashed = sha256(tmp_path / "lora.safetensors")
    told = json.dumps(ADAPTER | {"files": {"lora.safetensors": hashed}})
    (tmp_path / "adapter.json").write_text(told, encoding="utf-8")
    adapter = read_adapter(tmp_path, BASE, None)
    assert (adapter.sha256, adapter.max_sequence_length) == (hashed, 512)
    (tmp_path / "lora.safetensors").write_bytes(b"other")
    with pytest.raises(JobError, match="is not the file that adapter"):
        read_adapter(tmp_path, BASE, None)


def test_items_when_a_caption_has_a_line_separator_then_it_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    lines = [
        {"picture": "a.jpg", "caption": "Buck\u2028hops"},
        {"picture": "a.jpg", "caption": "b"},
    ]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (tmp_path / "train.jsonl").write_text(text, encoding="utf-8")
    assert [item.caption for item in read_items(tmp_path, "train.jsonl")] == ["Buck\u2028hops", "b"]
    (tmp_path / "train.jsonl").write_bytes(b"")
    assert read_items(tmp_path, "train.jsonl") == ()
