"""The LoRA: added to the transformer, and written so that plain diffusers loads it."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import Flux2Transformer2DModel
from diffusers.loaders.lora_base import LORA_ADAPTER_METADATA_KEY
from diffusers.training_utils import _collate_lora_metadata, cast_training_params
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file

from recipe import Recipe
from weights import BaseModel

ADAPTER = "pytorch_lora_weights.safetensors"
"""The name that diffusers' load_lora_weights looks for."""


class Lora:
    """A frozen transformer with trainable LoRA matrices in float32."""

    def __init__(self, base: BaseModel, recipe: Recipe, device: str, dtype: torch.dtype) -> None:
        torch.manual_seed(recipe.seed)
        self.dtype = dtype
        self.transformer = Flux2Transformer2DModel.from_pretrained(
            base.folder, subfolder="transformer", dtype=dtype, local_files_only=True
        )
        self.transformer.to(device).requires_grad_(False)
        self.transformer.enable_gradient_checkpointing()
        self.targets = sorted(
            name
            for name, module in self.transformer.named_modules()
            if isinstance(module, torch.nn.Linear) and "transformer_blocks." in name
        )
        self.transformer.add_adapter(
            LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, target_modules=self.targets)
        )
        # a bfloat16 base makes bfloat16 matrices, which lose small updates
        cast_training_params(self.transformer, torch.float32)
        self.parameters = {
            name: parameter
            for name, parameter in self.transformer.named_parameters()
            if parameter.requires_grad
        }

    def save(self, path: Path) -> None:
        """Write the matrices in the base model's precision; equal matrices give equal bytes.

        diffusers' own save_lora_weights writes its metadata in another order in each process.
        """
        about = _collate_lora_metadata({"transformer": self.transformer})
        config = about["transformer_lora_adapter_metadata"]
        config |= {"target_modules": self.targets, "peft_type": "LORA"}
        metadata = json.dumps(
            {f"transformer.{name}": value for name, value in config.items()}, sort_keys=True
        )
        matrices = {
            f"transformer.{name}": matrix.to(self.dtype).cpu().contiguous()
            for name, matrix in get_peft_model_state_dict(self.transformer).items()
        }
        part = path.with_name(f"{path.name}.part")
        save_file(matrices, part, metadata={LORA_ADAPTER_METADATA_KEY: metadata})
        part.chmod(0o644)  # safetensors makes files that only their owner may read
        part.replace(path)
