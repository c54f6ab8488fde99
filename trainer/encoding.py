"""Captions and pictures as the transformer takes them, made once and kept in memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import torch
from diffusers import Flux2KleinPipeline

from dataset import Shape, buckets_for, read_pixels
from items import Item
from job import JobError
from weights import BaseModel


@dataclasses.dataclass(frozen=True)
class Encoded:
    """What a step needs, on the CPU."""

    latents: tuple[torch.Tensor, ...]
    """Of each item (1, channels, height, width) float32."""
    embeddings: dict[str, torch.Tensor]
    """Of each text (1, tokens, features)."""

    def shape(self, position: int) -> Shape:
        height, width = self.latents[position].shape[2:]
        return int(height), int(width)


def load_pipeline(
    base: BaseModel, dtype: torch.dtype, *, with_transformer: bool = True
) -> Flux2KleinPipeline:
    """From the model channel alone; nothing is fetched."""
    left_out = {} if with_transformer else {"transformer": None}
    pipeline = Flux2KleinPipeline.from_pretrained(
        base.folder, dtype=dtype, local_files_only=True, **left_out
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def encode(
    base: BaseModel,
    texts: Iterable[str],
    items: Sequence[Item],
    *,
    resolution: int,
    max_sequence_length: int,
    device: str,
    dtype: torch.dtype,
) -> Encoded:
    """Encode all texts, then all pictures; encoder and VAE leave the GPU afterwards.

    Raises:
        JobError: a text has more tokens than the encoder is given, or a picture cannot be read.
    """
    pipeline = load_pipeline(base, dtype, with_transformer=False)
    embeddings = encode_texts(pipeline, texts, max_sequence_length, device)
    latents = _encode_pictures(pipeline, items, resolution, device)
    return Encoded(latents, embeddings)


@torch.no_grad()
def encode_texts(
    pipeline: Flux2KleinPipeline, texts: Iterable[str], max_sequence_length: int, device: str
) -> dict[str, torch.Tensor]:
    """By text; the pipeline's own layers of its encoder are taken, as it does when it draws."""
    pipeline.text_encoder.to(device)
    embeddings = {}
    for text in sorted(set(texts)):
        check_length(pipeline, text, max_sequence_length)
        embedding, _ = pipeline.encode_prompt(
            text, device=device, max_sequence_length=max_sequence_length
        )
        embeddings[text] = embedding.cpu()
    pipeline.text_encoder.to("cpu")
    return embeddings


def check_length(pipeline: Flux2KleinPipeline, text: str, max_sequence_length: int) -> None:
    """Raises JobError when the end of the text would be cut off without a word."""
    prompt = pipeline.tokenizer.apply_chat_template(
        [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True,
        enable_thinking=False,
    )  # fmt: skip
    tokens = len(pipeline.tokenizer(prompt)["input_ids"])
    if tokens > max_sequence_length:
        shown = text if len(text) <= 60 else f"{text[:59]}…"
        raise JobError(
            f"A text has {tokens} tokens, more than {max_sequence_length}; shorten “{shown}”"
        )


@torch.no_grad()
def _encode_pictures(
    pipeline: Flux2KleinPipeline, items: Sequence[Item], resolution: int, device: str
) -> tuple[torch.Tensor, ...]:
    pipeline.vae.to(device, torch.float32)
    buckets = buckets_for(resolution, pipeline.vae_scale_factor * 2)
    latents = tuple(
        # not the plain VAE: the pipeline takes the mode and normalises by the VAE's statistics
        pipeline._encode_vae_image(read_pixels(item.picture, buckets).to(device), None).cpu()
        for item in items
    )
    pipeline.vae.to("cpu")
    return latents
