"""What `onmodel model fetch` copies is loaded by plain diffusers, without any file of trainer/.

The code that loads it is that of docs/trainers.md.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from train import Folders

PAGE = Path(__file__).parents[2] / "docs" / "trainers.md"
ADAPTER = "pytorch_lora_weights.safetensors"

DRAW = """
import torch
pipeline.set_progress_bar_config(disable=True)
def draw():
    noise = torch.Generator().manual_seed(7)
    return pipeline(prompt="a square", width=64, height=64, num_inference_steps=2, generator=noise,
                    output_type="np").images[0]
untrained = draw()
"""

COMPARE = """
print(float(abs(draw() - untrained).max()))
"""


def code_of_the_page(model: Path, folder: Path) -> str:
    """The page's code on another model and folder, which draws before the adapter and after it."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert f'weight_name="{ADAPTER}"' in code
    for named, used in ((r"black-forest-labs/[\w.-]+", model), (r"onmodel-out/[\w/-]+", folder)):
        code, count = re.subn(f'"{named}"', lambda _, used=used: repr(str(used)), code)
        assert count == 1, named
    load, lora, rest = code.partition("pipeline.load_lora_weights(")
    return load + DRAW + lora + rest + COMPARE


def test_fetched_model_when_loaded_by_plain_diffusers_then_draws_something_else(
    trained: Folders, tmp_path: Path
) -> None:
    about = json.loads((trained.out / "adapter.json").read_text())
    for name in about["files"]:
        if not name.startswith("checkpoints/"):
            shutil.copyfile(trained.out / name, tmp_path / name)
    assert about["adapter"] == ADAPTER
    assert (tmp_path / "BASE_MODEL_LICENSE").is_file()
    done = subprocess.run(
        [sys.executable, "-c", code_of_the_page(trained.model, tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout) > 0.001
