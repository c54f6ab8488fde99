"""A tiny FLUX.2 klein on disk: the real classes with random weights, made in a second, offline.

    python testing/tiny_model.py OUT

It draws noise: what it serves is the whole way from files to pictures. The text encoder has 28
layers, because the pipeline reads the hidden states 9, 18 and 27: nothing that runs on this model
needs an option that the real one does not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from diffusers import (
    AutoencoderKLFlux2,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
)
from transformers import Qwen2TokenizerFast, Qwen3Config, Qwen3ForCausalLM
from transformers.convert_slow_tokenizer import bytes_to_unicode

from job import sha256, write_json

CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NOTICE = "tiny model with random weights: its pictures are noise"
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def make_tokenizer(words: Iterable[str] = ()) -> Qwen2TokenizerFast:
    """One token for each byte, and one for each of `words`."""
    vocabulary = {char: number for number, char in enumerate(bytes_to_unicode().values())}
    vocabulary |= {name: 256 + number for number, name in enumerate(SPECIAL)}
    tokenizer = Qwen2TokenizerFast(
        vocab=vocabulary, merges=[], unk_token="<|endoftext|>", pad_token="<|endoftext|>",
        eos_token="<|im_end|>", additional_special_tokens=list(SPECIAL[1:]),
    )  # fmt: skip
    tokenizer.chat_template = CHAT
    tokenizer.add_tokens(list(words))
    return tokenizer


def make_pipeline(
    *,
    seed: int = 0,
    heads: int = 2,
    head_size: int = 8,
    double_blocks: int = 1,
    single_blocks: int = 2,
    latent_channels: int = 4,
    widths: tuple[int, ...] = (8, 8, 8, 8),
    text_size: int = 16,
    words: Iterable[str] = (),
) -> Flux2KleinPipeline:
    """Random weights of the given sizes; the defaults have about 0.5 MB."""
    torch.manual_seed(seed)
    tokenizer = make_tokenizer(words)
    text_encoder = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer) + 8, hidden_size=text_size, intermediate_size=2 * text_size,
            num_hidden_layers=28, num_attention_heads=2, num_key_value_heads=1, head_dim=8,
            max_position_embeddings=1024, tie_word_embeddings=True,
        )
    ).eval()  # fmt: skip
    vae = AutoencoderKLFlux2(
        block_out_channels=widths, down_block_types=("DownEncoderBlock2D",) * len(widths),
        up_block_types=("UpDecoderBlock2D",) * len(widths), layers_per_block=1,
        latent_channels=latent_channels, norm_num_groups=4, sample_size=64,
        mid_block_add_attention=False,
    ).eval()  # fmt: skip
    transformer = Flux2Transformer2DModel(
        in_channels=4 * latent_channels, num_layers=double_blocks,
        num_single_layers=single_blocks, attention_head_dim=head_size, num_attention_heads=heads,
        joint_attention_dim=3 * text_size, timestep_guidance_channels=32,
        axes_dims_rope=(head_size // 4,) * 4, guidance_embeds=False,
    )  # fmt: skip
    scheduler = FlowMatchEulerDiscreteScheduler(
        shift=3.0, use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15
    )
    return Flux2KleinPipeline(
        scheduler=scheduler, vae=vae, text_encoder=text_encoder, tokenizer=tokenizer,
        transformer=transformer,
    )  # fmt: skip


def write_model(
    pipeline: Flux2KleinPipeline,
    out: Path,
    *,
    name: str = "onmodel/tiny-klein-random",
    notice: str = "",
) -> None:
    """Weights, licence and weights.json, as `onmodel trainer prepare` leaves them in S3."""
    pipeline.save_pretrained(out)
    (out / "LICENSE").write_text("CC0-1.0: random numbers, made by testing/tiny_model.py\n")
    files = {
        path.relative_to(out).as_posix(): path
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "weights.json"
    }
    about = {
        "model": name,
        "revision": "0",
        "licence": "CC0-1.0",
        "origin": "folder",
        "notice": notice,
        "files": {name: sha256(path) for name, path in files.items()},
        "sizes": {name: path.stat().st_size for name, path in files.items()},
    }
    write_json(out / "weights.json", about)


if __name__ == "__main__":
    write_model(make_pipeline(), Path(sys.argv[1]), notice=NOTICE)
