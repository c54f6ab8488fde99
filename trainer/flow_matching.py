"""The loss of flow matching: which noise levels are learnt, and how far the prediction is off.

A noisy picture is (1 - sigma) · latents + sigma · noise, and the transformer predicts noise -
latents (https://arxiv.org/abs/2210.02747; sigma as https://arxiv.org/abs/2403.03206 samples it).
"""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Iterable

import torch
from diffusers import Flux2KleinPipeline

from encoding import Encoded
from recipe import Recipe

PROBE_SIGMAS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Noise levels at which losses are measured; fixed, so that measurements can be compared."""

LEAST_TOKENS, MOST_TOKENS = 256, 4096
LEAST_SHIFT, MOST_SHIFT = 0.5, 1.15
"""The scheduler of FLUX.2 shifts by exp(0.5) at 256 tokens and by exp(1.15) at 4,096."""


def generator(*names: object) -> torch.Generator:
    """Random numbers that follow from names alone, so that a resumed training draws the same."""
    digest = hashlib.sha256(":".join(map(str, names)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def draw_sigmas(
    count: int, tokens: int, shift: float | None, numbers: torch.Generator
) -> torch.Tensor:
    """Noise levels between 0 and 1: the sigmoid of a normal, shifted towards noise.

    Args:
        count: of the batch.
        tokens: of a picture; larger pictures need more noise to hide as much.
        shift: odds of noise; None follows the tokens.
        numbers: where the randomness comes from.
    """
    if shift is None:
        slope = (MOST_SHIFT - LEAST_SHIFT) / (MOST_TOKENS - LEAST_TOKENS)
        shift = math.exp(LEAST_SHIFT + slope * (tokens - LEAST_TOKENS))
    drawn = torch.sigmoid(torch.randn(count, generator=numbers))
    return shift * drawn / (1 + (shift - 1) * drawn)


def losses(
    transformer: torch.nn.Module,
    latents: torch.Tensor,
    embeddings: torch.Tensor,
    sigmas: torch.Tensor,
    noise: torch.Tensor,
    *,
    device: str,
    dtype: torch.dtype,
) -> torch.Tensor:
    """Mean squared error of each picture of a batch.

    Args:
        transformer: predicts the direction from picture to noise.
        latents: (batch, channels, height, width) float32.
        embeddings: (batch, tokens, features).
        sigmas: (batch,) noise levels between 0 and 1.
        noise: as latents, standard normal.
        device: where the transformer is.
        dtype: that it computes in.

    Returns:
        (batch,) float32.
    """
    latents, noise = latents.to(device), noise.to(device)
    level = sigmas.to(device).view(-1, 1, 1, 1)
    noisy = (1 - level) * latents + level * noise
    predicted = transformer(
        hidden_states=Flux2KleinPipeline._pack_latents(noisy).to(dtype),
        timestep=sigmas.to(device, dtype),
        guidance=None,
        encoder_hidden_states=embeddings.to(device, dtype),
        txt_ids=Flux2KleinPipeline._prepare_text_ids(embeddings).to(device),
        img_ids=Flux2KleinPipeline._prepare_latent_ids(latents).to(device),
        return_dict=False,
    )[0]
    wanted = Flux2KleinPipeline._pack_latents(noise - latents)
    return (predicted.float() - wanted).square().mean(dim=(1, 2))


def autocast(device: str, dtype: torch.dtype) -> contextlib.AbstractContextManager[None]:
    """Mixed precision where the weights are not float32."""
    return torch.autocast(device, dtype, enabled=dtype != torch.float32)


@torch.no_grad()
def measure(
    transformer: torch.nn.Module,
    encoded: Encoded,
    captions: list[str],
    positions: Iterable[int],
    recipe: Recipe,
    *,
    device: str,
    dtype: torch.dtype,
) -> float | None:
    """The mean loss of items at fixed noise and noise levels; None without items.

    Unlike the loss of a training step it can be compared between steps, as kohya's sd-scripts do.
    """
    found = []
    with autocast(device, dtype):
        for position in positions:
            latents = encoded.latents[position]
            for sigma in PROBE_SIGMAS:
                noise = torch.randn(
                    latents.shape, generator=generator(recipe.seed, "probe", position, sigma)
                )
                loss = losses(
                    transformer, latents, encoded.embeddings[captions[position]],
                    torch.tensor([sigma]), noise, device=device, dtype=dtype,
                )  # fmt: skip
                found.append(loss.item())
    return sum(found) / len(found) if found else None
