import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import Flux2KleinPipeline
from PIL import Image

import draw as drawing
from arms import draw_storyboards
from draw import Model, draw
from job import JobError, Stop, sha256
from lora import ADAPTER
from tiny_model import make_pipeline, write_model
from train import Folders

PANEL = {"prompt": "zorblax on a beach", "seed": 1, "width": 96, "height": 64}


def storyboard(folder: Path, arm: str, *panels: dict[str, Any], **more: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, colour in (("buck.png", "magenta"), ("frank.png", "orange")):
        Image.new("RGB", (64, 64), colour).save(folder / name)
    told = {"arm": arm, "steps": 2, "panels": list(panels)} | more
    (folder / "storyboard.json").write_text(json.dumps(told))
    return folder


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "panels.jsonl").read_text().splitlines()]


def test_draw_when_tuned_then_the_very_picture_that_the_training_drew(
    trained: Folders, tmp_path: Path
) -> None:
    board = storyboard(tmp_path / "board", "tuned", PANEL | {"id": "01"})
    assert draw(Model(trained.model), board, tmp_path / "out", trained.out, Stop())
    with Image.open(tmp_path / "out" / "01.png") as drawn:
        with Image.open(trained.out / "sample-01.png") as sample:
            assert drawn.tobytes() == sample.tobytes()
        assert json.loads(drawn.info["onmodel"])["seed"] == 1
    told = lines(tmp_path / "out")[0]
    assert told["sha256"] == sha256(tmp_path / "out" / "01.png")
    assert told["adapter"] == sha256(trained.out / ADAPTER)


def test_draw_when_another_arm_then_another_picture_of_the_same_seed(
    trained: Folders, tmp_path: Path
) -> None:
    found = {}
    for arm, references in (
        ("base", []),
        ("references", ["buck.png"]),
        ("references", ["buck.png", "frank.png"]),
        ("references", ["frank.png", "buck.png"]),
    ):
        panel = PANEL | {"id": "01", "references": references}
        out = tmp_path / f"{arm}-{'-'.join(references)}"
        board = storyboard(tmp_path / "board", arm, panel)
        assert draw(Model(trained.model), board, out, None, Stop())
        with Image.open(out / "01.png") as drawn:
            found[out.name] = drawn.tobytes()
    board = storyboard(tmp_path / "board", "tuned", PANEL | {"id": "01"})
    assert draw(Model(trained.model), board, tmp_path / "tuned", trained.out, Stop())
    with Image.open(tmp_path / "tuned" / "01.png") as drawn:
        found["tuned"] = drawn.tobytes()
    assert len(set(found.values())) == 5


def test_draw_when_a_panel_fails_then_the_others_are_drawn(
    trained: Folders, tmp_path: Path
) -> None:
    board = storyboard(
        tmp_path / "board",
        "references",
        PANEL | {"id": "01", "references": ["buck.png"]},
        PANEL | {"id": "02"},
        PANEL | {"id": "03", "references": ["gone.png"]},
        PANEL | {"id": "04", "references": ["buck.png"], "prompt": "word " * 600},
        PANEL | {"id": "05", "references": ["frank.png"]},
    )
    assert draw(Model(trained.model), board, tmp_path / "out", None, Stop())
    told = {line["id"]: line.get("error", "drawn") for line in lines(tmp_path / "out")}
    assert list(told) == ["01", "02", "03", "04", "05"]
    assert (told["01"], told["05"]) == ("drawn", "drawn")
    assert told["02"] == "The scene names no character that has a picture"
    assert told["03"] == "The reference gone.png cannot be read"
    assert "tokens, more than 512; shorten" in told["04"]


def test_draw_when_no_panel_can_be_drawn_then_the_job_fails(
    trained: Folders, tmp_path: Path
) -> None:
    board = storyboard(tmp_path / "board", "references", PANEL | {"id": "01"})
    with pytest.raises(JobError, match="No panel could be drawn; the first: The scene names"):
        draw(Model(trained.model), board, tmp_path / "out", None, Stop())
    assert "error" in lines(tmp_path / "out")[0]


def test_draw_when_stopped_and_started_again_then_no_panel_is_drawn_twice(
    trained: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    stop_after: Callable[[int], Stop],
) -> None:  # fmt: skip
    drawn: list[str] = []
    real = drawing.Drawing.draw

    def counted(self: drawing.Drawing, panel: drawing.Panel) -> Any:
        drawn.append(panel.id)
        return real(self, panel)

    monkeypatch.setattr(drawing.Drawing, "draw", counted)
    board = storyboard(
        tmp_path / "board", "base", *(PANEL | {"id": f"{at:02}", "seed": at} for at in range(4))
    )
    assert not draw(Model(trained.model), board, tmp_path / "out", None, stop_after(3))
    assert drawn == ["00", "01"]
    (tmp_path / "out" / "01.png").write_bytes(b"half")
    assert draw(Model(trained.model), board, tmp_path / "out", None, Stop())
    assert drawn == ["00", "01", "01", "02", "03"]
    assert draw(Model(trained.model), board, tmp_path / "out", None, Stop())
    assert len(drawn) == 5
    assert [line["seed"] for line in lines(tmp_path / "out")] == [0, 1, 2, 3]


def test_draw_when_the_picture_has_one_colour_then_it_is_an_error(
    trained: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Answer:
        images = (Image.new("RGB", (96, 64), "green"),)

    monkeypatch.setattr(Flux2KleinPipeline, "__call__", lambda *_, **__: Answer())
    board = storyboard(tmp_path / "board", "base", PANEL | {"id": "01"})
    with pytest.raises(JobError, match="The picture has only one colour"):
        draw(Model(trained.model), board, tmp_path / "out", None, Stop())


def test_draw_when_memory_does_not_suffice_for_one_panel_then_the_others_are_drawn(
    trained: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = drawing.Drawing.draw

    def full(self: drawing.Drawing, panel: drawing.Panel) -> Any:
        if panel.id == "01":
            raise torch.OutOfMemoryError("CUDA out of memory\nmore text")
        return real(self, panel)

    monkeypatch.setattr(drawing.Drawing, "draw", full)
    board = storyboard(
        tmp_path / "board", "base", PANEL | {"id": "01"}, PANEL | {"id": "02", "seed": 2}
    )
    assert draw(Model(trained.model), board, tmp_path / "out", None, Stop())
    assert [line.get("error") for line in lines(tmp_path / "out")] == ["CUDA out of memory", None]


def spoil_hash(adapter: Path) -> None:
    content = bytearray((adapter / ADAPTER).read_bytes())
    content[-1] ^= 1
    (adapter / ADAPTER).write_bytes(bytes(content))


def spoil_base(adapter: Path) -> None:
    told = json.loads((adapter / "adapter.json").read_text())
    told["base"]["weights_sha256"] = "0" * 64
    (adapter / "adapter.json").write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda at: (at / "adapter.json").unlink(), "has no adapter.json: its training did not"),
        (spoil_hash, "is not the file that adapter.json names"),
        (spoil_base, "was trained on other weights"),
    ],
)
def test_draw_when_the_adapter_is_wrong_then_refused(
    trained: Folders, tmp_path: Path, spoil: Callable[[Path], Any], message: str
) -> None:
    adapter = tmp_path / "adapter"
    shutil.copytree(trained.out, adapter)
    spoil(adapter)
    board = storyboard(tmp_path / "board", "tuned", PANEL | {"id": "01"})
    with pytest.raises(JobError, match=message):
        draw(Model(trained.model), board, tmp_path / "out", adapter, Stop())


def test_draw_when_a_checkpoint_is_named_then_that_one_draws(
    trained: Folders, tmp_path: Path
) -> None:
    file = "checkpoints/step-000004.safetensors"
    board = storyboard(tmp_path / "board", "tuned", PANEL | {"id": "01"}, checkpoint=file)
    assert draw(Model(trained.model), board, tmp_path / "out", trained.out, Stop())
    assert lines(tmp_path / "out")[0]["adapter"] == sha256(trained.out / file)


def test_adapter_when_loaded_by_plain_diffusers_then_the_same_picture(
    trained: Folders, tmp_path: Path
) -> None:
    pipeline = Flux2KleinPipeline.from_pretrained(trained.model, local_files_only=True)
    pipeline.load_lora_weights(trained.out)
    picture = pipeline(
        prompt=PANEL["prompt"], width=96, height=64, num_inference_steps=2, guidance_scale=4.0,
        generator=torch.Generator().manual_seed(1),
    ).images[0]  # fmt: skip
    with Image.open(trained.out / "sample-01.png") as sample:
        assert picture.tobytes() == sample.tobytes()


def test_draw_when_weights_have_a_notice_then_it_is_on_the_picture_and_in_its_line(
    tmp_path: Path,
) -> None:
    panel = PANEL | {"id": "01", "width": 128, "height": 128}
    board = storyboard(tmp_path / "board", "base", panel)
    pictures = []
    for notice in ("", "noise only"):
        model = tmp_path / f"model-{notice}"
        write_model(make_pipeline(), model, notice=notice)
        assert draw(Model(model), board, tmp_path / notice, None, Stop())
        assert lines(tmp_path / notice)[0]["notice"] == notice
        with Image.open(tmp_path / notice / "01.png") as drawn:
            pictures.append(drawn.convert("RGB"))
    plain, told = pictures
    assert told.getpixel((1, 1)) == (255, 255, 255)
    assert told.crop((0, 64, 128, 128)).tobytes() == plain.crop((0, 64, 128, 128)).tobytes()


def untuned(model: Path) -> Callable[[Path, Path], bool]:
    """draw.py without an adapter."""
    return lambda folder, out: draw(Model(model), folder, out, None, Stop())


def test_draw_storyboards_when_one_fails_then_the_others_are_drawn_and_it_says_why(
    trained: Folders, tmp_path: Path
) -> None:
    board, out = tmp_path / "board", tmp_path / "out"
    for arm in ("tuned", "references", "base"):
        shown = {"references": ["buck.png"]} if arm == "references" else {}
        storyboard(board / arm, arm, PANEL | {"id": "01"} | shown)
    assert draw_storyboards(untuned(trained.model), board, out)
    failed = json.loads((out / "tuned" / "01.json").read_text())
    assert failed == {"id": "01", "error": "The arm `tuned` needs an adapter"}
    pictures = {path.parent.name for path in out.glob("*/01.png")}
    assert pictures == {"references", "base"}


def test_draw_storyboards_when_there_are_three_arms_then_the_model_is_loaded_once(
    trained: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[Path] = []
    real = drawing.load_pipeline

    def counted(base: drawing.BaseModel, dtype: torch.dtype) -> Flux2KleinPipeline:
        loads.append(base.folder)
        return real(base, dtype)

    monkeypatch.setattr(drawing, "load_pipeline", counted)
    board, model = tmp_path / "board", Model(trained.model)
    pictures = []
    for arm in ("base", "tuned", "references", "tuned", "base"):
        out = tmp_path / f"out-{len(pictures)}"
        storyboard(board / arm, arm, PANEL | {"id": "01", "references": ["buck.png"]})
        assert draw(model, board / arm, out, trained.out, Stop())
        with Image.open(out / "01.png") as drawn:
            pictures.append(drawn.tobytes())
    assert loads == [trained.model]
    base, tuned, references, tuned_again, base_again = pictures
    assert base == base_again
    assert tuned == tuned_again
    assert len({base, tuned, references}) == 3


def test_draw_storyboards_when_none_can_be_drawn_then_failed_with_the_first_reason(
    trained: Folders, tmp_path: Path
) -> None:
    storyboard(tmp_path / "board" / "tuned", "tuned", PANEL | {"id": "01"})
    with pytest.raises(JobError, match="needs an adapter"):
        draw_storyboards(untuned(trained.model), tmp_path / "board", tmp_path / "out")
    with pytest.raises(JobError, match="has no storyboard"):
        draw_storyboards(untuned(trained.model), tmp_path, tmp_path / "out")
