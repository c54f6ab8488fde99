"""What `onmodel model fetch` copies is loaded by plain diffusers, without any file of trainer/."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from train import Folders

PLAIN = """
import sys, torch
from diffusers import Flux2KleinPipeline
model, folder, weights = sys.argv[1:]
pipeline = Flux2KleinPipeline.from_pretrained(model)
pipeline.set_progress_bar_config(disable=True)
def draw():
    noise = torch.Generator().manual_seed(7)
    return pipeline(prompt="a square", width=64, height=64, num_inference_steps=2, generator=noise,
                    output_type="np").images[0]
untrained = draw()
pipeline.load_lora_weights(folder, weight_name=weights)
print(float(abs(draw() - untrained).max()))
"""


def test_fetched_model_when_loaded_by_plain_diffusers_then_draws_something_else(
    trained: Folders, tmp_path: Path
) -> None:
    about = json.loads((trained.out / "adapter.json").read_text())
    for name in about["files"]:
        if not name.startswith("checkpoints/"):
            shutil.copyfile(trained.out / name, tmp_path / name)
    assert (tmp_path / "BASE_MODEL_LICENSE").is_file()
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, str(trained.model), str(tmp_path), about["adapter"]],
        cwd=tmp_path,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout) > 0.001
