import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drawn_dataset import write_dataset
from job import JobError, Stop
from lora import ADAPTER
from train import Folders, train

TRAIN = Path(__file__).parents[1] / "train.py"
PATIENCE_SECONDS = 600  # it ends a hang; a slow machine is no failure


def same_adapter(one: Folders, other: Folders) -> bool:
    names = [ADAPTER, *(f"checkpoints/step-{step:06}.safetensors" for step in (4, 8, 12))]
    return all((one.out / name).read_bytes() == (other.out / name).read_bytes() for name in names)


@pytest.mark.parametrize("steps", [1, 4, 6, 11])
def test_resume_when_stopped_after_any_step_then_the_same_bytes(
    folders: Folders, trained: Folders, stop_after: Callable[[int], Stop], steps: int
) -> None:
    assert not train(folders, stop=stop_after(steps))
    assert not (folders.out / "adapter.json").exists()
    assert train(folders, stop=Stop())
    assert same_adapter(folders, trained)


@pytest.mark.parametrize("damaged", ["lora.safetensors", "optimizer.safetensors", "state.json"])
def test_resume_when_the_newest_checkpoint_is_damaged_then_from_the_one_before(
    folders: Folders, trained: Folders, stop_after: Callable[[int], Stop], damaged: str
) -> None:
    assert not train(folders, stop=stop_after(9))
    newest = max(folders.checkpoints.glob("step-*"))
    whole = (newest / damaged).read_bytes()
    (newest / damaged).write_bytes(whole[: len(whole) // 2])
    assert train(folders, stop=Stop())
    assert same_adapter(folders, trained)


def test_resume_when_a_candidate_was_lost_then_from_a_checkpoint_that_does_not_need_it(
    folders: Folders, trained: Folders, stop_after: Callable[[int], Stop]
) -> None:
    assert not train(folders, stop=stop_after(9))
    (folders.checkpoints / "candidates" / "step-000008.safetensors").unlink()
    assert train(folders, stop=Stop())
    assert same_adapter(folders, trained)


def test_resume_when_of_another_recipe_then_begins_anew(
    model: Path, dataset: Path, tmp_path: Path, stop_after: Callable[[int], Stop],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    other = write_dataset(tmp_path / "other", seed=7)
    folders = Folders(model, dataset, tmp_path / "out", tmp_path / "checkpoints")
    assert not train(folders, stop=stop_after(6))
    changed = Folders(model, other, tmp_path / "out", tmp_path / "checkpoints")
    assert not train(changed, stop=stop_after(1))
    told = capsys.readouterr().out
    assert "is of another training and is not used" in told
    assert told.count("from_step=0") == 2
    assert [path.name for path in folders.checkpoints.glob("step-*")] == ["step-000001"]


def command(folders: Folders) -> list[str]:
    return [
        sys.executable, str(TRAIN), "--model", str(folders.model), "--dataset",
        str(folders.dataset), "--out", str(folders.out), "--checkpoints",
        str(folders.checkpoints), "--failure", str(folders.checkpoints.parent / "failure"),
    ]  # fmt: skip


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_resume_when_the_process_was_stopped_or_killed_then_the_same_bytes(
    folders: Folders, trained: Folders, how: signal.Signals
) -> None:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command(folders), env=environment)
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not list(folders.checkpoints.glob("step-*/state.json")):
        assert process.poll() is None
        assert time.monotonic() < give_up
        time.sleep(0.01)
    process.send_signal(how)
    ended = process.wait(PATIENCE_SECONDS)
    assert ended == (0 if how == signal.SIGTERM else -signal.SIGKILL)
    subprocess.run(command(folders), env=environment, check=True, timeout=PATIENCE_SECONDS)
    assert same_adapter(folders, trained)


def test_command_when_it_fails_then_the_failure_file_has_one_sentence(
    folders: Folders, tmp_path: Path
) -> None:
    weights = json.loads((folders.model / "weights.json").read_text())
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights.json").write_text(json.dumps(weights))
    asked = command(Folders(model, folders.dataset, folders.out, folders.checkpoints))
    done = subprocess.run(asked, check=False, capture_output=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 1
    failure = (tmp_path / "failure").read_text()
    assert failure.startswith("The model channel lacks ")
    assert failure.endswith(": run `onmodel trainer prepare`")


def test_weights_when_one_byte_changed_then_refused(folders: Folders, tmp_path: Path) -> None:
    import shutil

    model = tmp_path / "changed"
    shutil.copytree(folders.model, model)
    path = next((model / "transformer").glob("*.safetensors"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(JobError, match=r"is not the file that weights\.json names"):
        train(Folders(model, folders.dataset, folders.out, folders.checkpoints), stop=Stop())
