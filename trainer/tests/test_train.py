import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

import lora
import training_loop
from checkpoints import KEPT_CANDIDATES, Candidate, Progress
from drawn_dataset import write_dataset
from job import JobError, Stop, sha256
from train import Folders, train

ADAPTER = lora.ADAPTER


def adapter(folders: Folders) -> dict[str, Any]:
    return json.loads((folders.out / "adapter.json").read_text())


def rows(folders: Folders) -> list[dict[str, str]]:
    with (folders.out / "step_wise_training_metrics.csv").open() as file:
        return list(csv.DictReader(file))


def test_train_when_finished_then_every_file_is_listed_with_its_hash(trained: Folders) -> None:
    about = adapter(trained)
    there = {
        path.relative_to(trained.out).as_posix()
        for path in trained.out.rglob("*")
        if path.is_file()
    }
    assert set(about["files"]) == there - {"adapter.json"}
    assert all(sha256(trained.out / name) == told for name, told in about["files"].items())
    assert {ADAPTER, "BASE_MODEL_LICENSE", "sample-01.png"} <= there
    assert (about["ended"], about["steps"], about["base"]["licence"]) == ("finished", 12, "CC0-1.0")


def test_train_when_finished_then_the_chosen_checkpoint_has_the_least_validation_loss(
    trained: Folders,
) -> None:
    about = adapter(trained)
    assert [one["step"] for one in about["checkpoints"]] == [4, 8, 12]
    best = min(about["checkpoints"], key=lambda one: one["validation_loss"])
    assert about["chosen"]["step"] == best["step"]
    assert about["files"][ADAPTER] == about["files"][f"checkpoints/{best['file']}"]
    assert about["losses"]["validation"] == best["validation_loss"]


def test_metrics_when_written_then_bedrocks_columns_come_first(trained: Folders) -> None:
    found = rows(trained)
    assert list(found[0])[:3] == ["step_number", "epoch_number", "training_loss"]
    assert [int(row["step_number"]) for row in found] == list(range(13))
    assert [bool(row["validation_loss"]) for row in found] == [at % 4 == 0 for at in range(13)]
    assert all(float(row["training_loss"]) > 0 for row in found[1:])


def test_train_when_one_picture_is_repeated_then_its_loss_falls(
    model: Path, tmp_path: Path
) -> None:
    dataset = write_dataset(
        tmp_path / "dataset", pictures=1, held_out=0, steps=120, learning_rate=2e-2,
        measure_every=60, checkpoint_every=1000, caption_dropout=0, samples=[], resolution=64,
        rank=8, alpha=8,
    )  # fmt: skip
    folders = Folders(model, dataset, tmp_path / "out", tmp_path / "checkpoints")
    assert train(folders, stop=Stop())
    losses = adapter(folders)["losses"]
    assert losses["probe"] < 0.9 * losses["probe_before"]
    assert losses["validation"] is None
    assert "no pictures were held out" in adapter(folders)["chosen"]["reason"]


def test_train_when_run_twice_then_the_same_bytes(trained: Folders, folders: Folders) -> None:
    assert train(folders, stop=Stop())
    assert (folders.out / ADAPTER).read_bytes() == (trained.out / ADAPTER).read_bytes()


def test_train_when_half_precision_then_the_matrices_learn_in_float32(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = []

    class Watched(lora.Lora):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            kinds.extend({one.dtype for one in self.parameters.values()})

    monkeypatch.setattr(training_loop, "Lora", Watched)
    assert train(folders, precision="bfloat16", stop=Stop())
    assert kinds == [torch.float32]
    with safe_open(folders.out / ADAPTER, "pt") as file:
        assert file.get_tensor(next(iter(file.keys()))).dtype == torch.bfloat16


def test_train_when_the_time_is_over_then_what_was_reached_is_an_adapter(
    folders: Folders,
) -> None:
    assert train(folders, stop=Stop(deadline_seconds=0))
    about = adapter(folders)
    assert (about["ended"], about["steps"], about["chosen"]["step"]) == ("time over", 1, 1)


def test_train_when_memory_does_not_suffice_then_smaller_pictures_and_it_stays_so(
    folders: Folders, monkeypatch: pytest.MonkeyPatch, stop_after: Callable[[int], Stop]
) -> None:
    refused = []
    real = training_loop.losses

    def losses(transformer: Any, latents: torch.Tensor, *rest: Any, **named: Any) -> Any:
        if latents.shape[2] * latents.shape[3] > 20:
            refused.append(latents.shape)
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(transformer, latents, *rest, **named)

    monkeypatch.setattr(training_loop, "losses", losses)
    assert not train(folders, stop=stop_after(5))
    assert len(refused) == 1
    assert train(folders, stop=Stop())
    assert len(refused) == 1  # the second job did not try the large size again
    assert adapter(folders)["resolution"] == 64


def test_train_when_memory_never_suffices_then_one_sentence(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def losses(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(training_loop, "losses", losses)
    with pytest.raises(JobError, match="does not suffice at 64 pixels: choose an instance"):
        train(folders, stop=Stop())


def test_train_when_the_loss_is_no_number_then_refused_at_its_step(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, count = training_loop.losses, []

    def losses(*args: Any, **named: Any) -> Any:
        count.append(1)
        return real(*args, **named) * (float("nan") if len(count) == 3 else 1)

    monkeypatch.setattr(training_loop, "losses", losses)
    with pytest.raises(JobError, match="no number any more at step 3: lower the learning rate"):
        train(folders, stop=Stop())
    assert not (folders.out / "adapter.json").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda at: (at / "train.jsonl").write_text("{}\n"), "Line 1 of train.jsonl lacks caption"),
        (lambda at: (at / "train.jsonl").unlink(), "train.jsonl has no pictures"),
        (
            lambda at: (at / "pictures" / "001.png").unlink(),
            "1 pictures of train.jsonl are missing, the first is pictures/001.png",
        ),
        (
            lambda at: (at / "pictures" / "001.png").write_bytes(b"none"),
            "001.png cannot be read as a picture",
        ),
        (
            lambda at: (at / "train.jsonl").write_text(
                json.dumps({"picture": "pictures/000.png", "caption": "word " * 600}) + "\n"
            ),
            "tokens, more than 512; shorten",
        ),
        (lambda at: (at / "recipe.json").unlink(), "The dataset has no recipe.json"),
        (lambda at: (at / "recipe.json").write_text('{"step": 3}'), "unknown names: step"),
        (lambda at: (at / "recipe.json").write_text('{"steps": 0}'), "steps of recipe.json is 0"),
        (
            lambda at: (at / "recipe.json").write_text('{"learning_rate": NaN}'),
            "learning_rate of recipe.json is nan",
        ),
    ],
)
def test_train_when_the_dataset_is_wrong_then_one_sentence(
    model: Path, tmp_path: Path, change: Callable[[Path], Any], message: str
) -> None:
    dataset = write_dataset(tmp_path / "dataset")
    change(dataset)
    folders = Folders(model, dataset, tmp_path / "out", tmp_path / "checkpoints")
    with pytest.raises(JobError, match=message):
        train(folders, stop=Stop())
    assert not (folders.out / "adapter.json").exists()


def test_candidates_when_more_than_four_then_the_newest_and_the_best_stay() -> None:
    progress = Progress()
    losses = {100: 0.5, 200: 0.3, 300: 0.4, 400: 0.35, 500: 0.6, 600: 0.7}
    for step, loss in losses.items():
        progress.keep(Candidate(step, f"{step}", "", loss))
    assert [one.step for one in progress.candidates] == [200, 300, 400, 600]
    assert len(progress.candidates) == KEPT_CANDIDATES
    assert progress.best()[0].step == 200


def test_candidates_when_nothing_was_held_out_then_the_newest_stay() -> None:
    progress = Progress()
    for step in range(100, 700, 100):
        progress.keep(Candidate(step, f"{step}", "", None))
    assert [one.step for one in progress.candidates] == [300, 400, 500, 600]
    assert progress.best()[0].step == 600


def test_candidates_when_losses_are_equal_then_the_earlier_one() -> None:
    progress = Progress()
    for step in (100, 200):
        progress.keep(Candidate(step, f"{step}", "", 0.5))
    assert progress.best()[0].step == 100
