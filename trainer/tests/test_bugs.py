"""Errors that train without a word and give a bad model: each is planted, and each must be seen."""

from typing import Any

import pytest
import torch
from diffusers import Flux2KleinPipeline

import encoding
import flow_matching
from encoding import encode, load_pipeline
from flow_matching import measure
from items import read_items
from recipe import Recipe
from weights import check_weights

REAL_LOSSES = flow_matching.losses


def probe_loss(folders: Any) -> float:
    """Of the untrained model, as the first row of the metrics has it."""
    base = check_weights(folders.model)
    items = read_items(folders.dataset, "train.jsonl")
    encoded = encode(
        base, [item.caption for item in items], items, resolution=96, max_sequence_length=64,
        device="cpu", dtype=torch.float32,
    )  # fmt: skip
    transformer = load_pipeline(base, torch.float32).transformer
    found = measure(
        transformer, encoded, [item.caption for item in items], range(len(items)), Recipe(),
        device="cpu", dtype=torch.float32,
    )  # fmt: skip
    assert found is not None
    return found


@pytest.fixture(scope="module")
def healthy(trained: Any) -> float:
    return probe_loss(trained)


def test_probe_when_nothing_is_wrong_then_near_the_loss_of_predicting_nothing(
    healthy: float,
) -> None:
    # noise and normalised latents have a variance of about 1 each; the tiny model predicts little
    assert 1.0 < healthy < 2.2


def test_latents_when_encoded_then_normalised_as_the_model_expects(trained: Any) -> None:
    base = check_weights(trained.model)
    pipeline = load_pipeline(base, torch.float32, with_transformer=False)
    items = read_items(trained.dataset, "train.jsonl")[:1]
    encoded = encode(
        base, [""], items, resolution=96, max_sequence_length=64, device="cpu",
        dtype=torch.float32,
    )  # fmt: skip
    pixels = encoding.read_pixels(items[0].picture, encoding.buckets_for(96, 16))
    mean = pipeline.vae.encode(pixels).latent_dist.mode()
    packed = pipeline._patchify_latents(mean)
    statistics = pipeline.vae.bn
    deviation = torch.sqrt(statistics.running_var.view(1, -1, 1, 1) + statistics.eps)
    expected = (packed - statistics.running_mean.view(1, -1, 1, 1)) / deviation
    torch.testing.assert_close(encoded.latents[0], expected, rtol=1e-4, atol=1e-4)


def test_embeddings_when_encoded_then_from_the_layers_that_the_pipeline_draws_with(
    trained: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = Flux2KleinPipeline._get_qwen3_prompt_embeds

    def watched(*args: Any, **named: Any) -> Any:
        asked.append(tuple(named.get("hidden_states_layers", ())))
        return real(*args, **named)

    monkeypatch.setattr(Flux2KleinPipeline, "_get_qwen3_prompt_embeds", staticmethod(watched))
    base = check_weights(trained.model)
    pipeline = load_pipeline(base, torch.float32)
    encoding.encode_texts(pipeline, ["zorblax"], 64, "cpu")
    pipeline(prompt="zorblax", width=32, height=32, num_inference_steps=1, guidance_scale=1.0)
    assert len(asked) >= 2
    assert set(asked) == {(9, 18, 27)}


def test_timestep_when_scaled_twice_then_the_prediction_changes(trained: Any) -> None:
    """The transformer multiplies by 1,000 itself: sigma from 0 to 1 has to be given."""
    base = check_weights(trained.model)
    transformer = load_pipeline(base, torch.float32).transformer
    seen: list[float] = []
    handle = transformer.time_guidance_embed.register_forward_pre_hook(
        lambda _, given: seen.append(float(given[0].max()))
    )
    latents = torch.zeros(1, 16, 2, 2)
    REAL_LOSSES(
        transformer, latents, torch.zeros(1, 8, 48), torch.tensor([0.5]), torch.ones_like(latents),
        device="cpu", dtype=torch.float32,
    )  # fmt: skip
    handle.remove()
    assert seen == [500.0]


class PredictsDirection(torch.nn.Module):
    """Answers noise - latents exactly, which a trained model tends to."""

    def __init__(self, latents: torch.Tensor, noise: torch.Tensor) -> None:
        super().__init__()
        self.answer = Flux2KleinPipeline._pack_latents(noise - latents)

    def forward(self, **_: Any) -> tuple[torch.Tensor]:
        return (self.answer,)


def test_loss_when_the_direction_is_right_then_zero_and_else_not() -> None:
    latents, noise = torch.randn(2, 16, 3, 2), torch.randn(2, 16, 3, 2)
    common = (torch.zeros(2, 8, 48), torch.tensor([0.3, 0.7]), noise)
    options = {"device": "cpu", "dtype": torch.float32}
    right = REAL_LOSSES(PredictsDirection(latents, noise), latents, *common, **options)
    wrong = REAL_LOSSES(PredictsDirection(noise, latents), latents, *common, **options)
    assert right.tolist() == [0.0, 0.0]
    assert (wrong > 1).all()


def test_noisy_picture_when_sigma_is_zero_then_the_picture_and_when_one_then_noise() -> None:
    given: list[torch.Tensor] = []

    class Watched(torch.nn.Module):
        def forward(self, hidden_states: torch.Tensor, **_: Any) -> tuple[torch.Tensor]:
            given.append(hidden_states)
            return (torch.zeros_like(hidden_states),)

    latents, noise = torch.randn(1, 16, 2, 2), torch.randn(1, 16, 2, 2)
    for sigma, expected in ((0.0, latents), (1.0, noise)):
        REAL_LOSSES(
            Watched(), latents, torch.zeros(1, 8, 48), torch.tensor([sigma]), noise,
            device="cpu", dtype=torch.float32,
        )  # fmt: skip
        torch.testing.assert_close(given[-1], Flux2KleinPipeline._pack_latents(expected))


def test_sigmas_when_drawn_for_larger_pictures_then_more_noise() -> None:
    small, large = (
        flow_matching.draw_sigmas(4000, tokens, None, flow_matching.generator("x"))
        for tokens in (256, 4096)
    )
    assert 0 < small.min() < small.max() < 1
    # the median of a shifted logit-normal is shift / (1 + shift)
    assert abs(float(small.median()) - 1.6487 / 2.6487) < 0.02
    assert abs(float(large.median()) - 3.1582 / 4.1582) < 0.02
