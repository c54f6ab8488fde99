"""A small FLUX.2 klein that can draw: coloured shapes on coloured grounds at 16 pixels.

    python testing/toy_model.py OUT

It is trained from nothing in about a minute on one core. The classes are the real ones; only the
text encoder stays random, which gives each word fixed features. A LoRA on it can be judged by what
it draws.
"""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

import numpy as np
import torch
from diffusers import Flux2KleinPipeline
from PIL import Image, ImageDraw

from flow_matching import losses
from tiny_model import make_pipeline, write_model

SIDE = 16
"""Of a picture in pixels."""

TOKENS = 24
"""max_sequence_length; captions have at most 20 tokens."""

Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "red": (220, 30, 30), "green": (30, 160, 60), "blue": (40, 70, 220), "white": (245, 245, 245),
    "black": (20, 20, 20), "cyan": (40, 210, 220), "brown": (120, 75, 30), "grey": (130, 130, 130),
}  # fmt: skip
SHAPES = ("circle", "square", "triangle")
WORDS = (
    *(f" {word}" for word in (*COLOURS, *SHAPES, "background", "on", "a")), "user", "assistant",
)  # fmt: skip


def draw_shape(
    body: Colour, shape: str, ground: Colour, numbers: random.Random, hat: Colour | None = None
) -> Image.Image:
    """One picture, drawn at four times its size so that edges are soft."""
    side = SIDE * 4
    picture = Image.new("RGB", (side, side), ground)
    pen = ImageDraw.Draw(picture)
    x, y = side * numbers.uniform(0.4, 0.6), side * numbers.uniform(0.45, 0.62)
    radius = side * numbers.uniform(0.2, 0.28)
    around = (x - radius, y - radius, x + radius, y + radius)
    if shape == "circle":
        pen.ellipse(around, fill=body)
    elif shape == "square":
        pen.rectangle(around, fill=body)
    else:
        pen.polygon([(x, y - radius), (x + radius, y + radius), (x - radius, y + radius)], body)
    if hat:
        top = [(x - radius, y - radius / 2), (x + radius, y - radius / 2), (x, y - 1.8 * radius)]
        pen.polygon(top, fill=hat)
    return picture.resize((SIDE, SIDE), Image.Resampling.BOX)


def to_tensor(pictures: Sequence[Image.Image]) -> torch.Tensor:
    """(count, 3, height, width) float32 from -1 to 1."""
    stacked = np.stack([np.asarray(picture) for picture in pictures])
    return torch.from_numpy(stacked).permute(0, 3, 1, 2) / 127.5 - 1


def make_toy(
    seed: int = 0, *, pictures: int = 1024, vae_steps: int = 400, steps: int = 1000, batch: int = 32
) -> Flux2KleinPipeline:
    """Train the VAE on any colours and the transformer on captioned shapes."""
    pipeline = make_pipeline(
        seed=seed, heads=4, head_size=16, double_blocks=2, single_blocks=2, latent_channels=4,
        widths=(16, 16), words=WORDS, text_size=32,
    )  # fmt: skip
    # words have to be far from each other, since the encoder is not trained
    torch.nn.init.normal_(pipeline.text_encoder.model.embed_tokens.weight)
    numbers = random.Random(seed)
    kinds = [kind for kind in itertools.product(COLOURS, SHAPES, COLOURS) if kind[0] != kind[2]]
    chosen = [numbers.choice(kinds) for _ in range(pictures)]
    shapes = to_tensor(
        [draw_shape(COLOURS[body], shape, COLOURS[ground], numbers)
         for body, shape, ground in chosen]
    )  # fmt: skip
    _train_vae(pipeline, torch.cat([shapes, _any_colours(pictures, numbers)]), vae_steps)
    with torch.no_grad():
        latents = torch.cat([pipeline._encode_vae_image(some, None) for some in shapes.split(256)])
        captions = [f"a {body} {shape} on a {ground} background" for body, shape, ground in chosen]
        embeddings = {
            text: pipeline.encode_prompt(text, max_sequence_length=TOKENS)[0]
            for text in {*captions, ""}
        }
    _train_transformer(pipeline, latents, captions, embeddings, numbers, steps, batch)
    return pipeline


def _any_colours(count: int, numbers: random.Random) -> torch.Tensor:
    """The VAE has to know colours that the transformer never sees."""

    def colour() -> Colour:
        return (numbers.randrange(256), numbers.randrange(256), numbers.randrange(256))

    return to_tensor(
        [
            draw_shape(colour(), numbers.choice(SHAPES), colour(), numbers,
                       colour() if numbers.random() < 0.5 else None)
            for _ in range(count)
        ]
    )  # fmt: skip


def _train_vae(pipeline: Flux2KleinPipeline, pictures: torch.Tensor, steps: int) -> None:
    vae = pipeline.vae.train().requires_grad_(True)
    vae.bn.eval()
    optimizer = torch.optim.AdamW(vae.parameters(), lr=4e-3, weight_decay=0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for _ in range(steps):
        some = pictures[torch.randint(len(pictures), (16,))]
        mean = vae.encode(some).latent_dist.mode()
        restored = vae.decode(mean + 0.02 * torch.randn_like(mean)).sample
        loss = (restored - some).square().mean() + 1e-4 * mean.square().mean()
        _update(loss, vae, optimizer, schedule)
    vae.eval().requires_grad_(False)
    with torch.no_grad():
        packed = torch.cat(
            [
                pipeline._patchify_latents(vae.encode(some).latent_dist.mode())
                for some in pictures.split(256)
            ]
        )
        vae.bn.running_mean.copy_(packed.mean(dim=(0, 2, 3)))
        vae.bn.running_var.copy_(packed.var(dim=(0, 2, 3)))


def _train_transformer(
    pipeline: Flux2KleinPipeline,
    latents: torch.Tensor,
    captions: list[str],
    embeddings: dict[str, torch.Tensor],
    numbers: random.Random,
    steps: int,
    batch: int,
) -> None:
    transformer = pipeline.transformer.train().requires_grad_(True)
    optimizer = torch.optim.AdamW(
        transformer.parameters(), lr=3e-3, weight_decay=0.01, betas=(0.9, 0.99)
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 3e-3, total_steps=steps, pct_start=0.1
    )
    for _ in range(steps):
        places = torch.randint(len(latents), (batch,)).tolist()
        embedded = torch.cat(
            [embeddings["" if numbers.random() < 0.1 else captions[at]] for at in places]
        )
        drawn = torch.sigmoid(torch.randn(batch))
        loss = losses(
            transformer, latents[places], embedded, 2 * drawn / (1 + drawn),
            torch.randn_like(latents[places]), device="cpu", dtype=torch.float32,
        ).mean()  # fmt: skip
        _update(loss, transformer, optimizer, schedule)
    transformer.eval().requires_grad_(False)


def _update(
    loss: torch.Tensor,
    module: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> None:
    loss.backward()
    torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    optimizer.zero_grad()


if __name__ == "__main__":
    write_model(make_toy(), Path(sys.argv[1]), name="onmodel/toy-klein-shapes")
