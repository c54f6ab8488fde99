import pytest

from onmodel.contracts.settings import AllowedModels, Settings
from onmodel.errors import SettingsRefused
from onmodel.films.settings import read_settings, with_models

STACK = AllowedModels(embedding="other.embed-v9", captions="us.amazon.nova-pro-v1:0")


@pytest.mark.parametrize(
    "text", [b"", b"captions: {min_words: 9}", b"captions: {model: 'us.amazon.nova-pro-v1:0'}"]
)
def test_read_when_no_other_model_is_named_then_the_stacks(text: bytes) -> None:
    settings = read_settings(text, STACK)
    assert settings.captions.model == "us.amazon.nova-pro-v1:0"
    assert settings.embedding.model == "other.embed-v9"


def test_read_when_models_are_named_that_the_stack_may_not_call_then_all_are_refused() -> None:
    with pytest.raises(SettingsRefused) as refusal:
        read_settings(b"captions: {model: amazon.nova-pro-v1:0}\nembedding: {model: mine}", STACK)
    assert "embedding.model is mine" in refusal.value.reason
    assert "only call us.amazon.nova-pro-v1:0 (CaptionModelId)" in refusal.value.reason


def test_models_when_none_are_chosen_then_settings_stay_as_they_are() -> None:
    assert with_models(Settings(), AllowedModels()) == Settings()
    assert with_models(Settings(), AllowedModels()).run_hash() == Settings().run_hash()


NOVA = AllowedModels(embedding="amazon.nova-2-multimodal-embeddings-v1:0")


def test_read_when_the_model_gives_vectors_of_that_length_then_accepted() -> None:
    settings = read_settings(b"embedding: {dimensions: 3072}", NOVA)
    assert (settings.embedding.model, settings.embedding.dimensions) == (NOVA.embedding, 3072)


def test_read_when_the_model_gives_no_vectors_of_that_length_then_refused_with_the_possible() -> (
    None
):
    with pytest.raises(SettingsRefused) as refusal:
        read_settings(b"embedding: {dimensions: 3072}", AllowedModels())
    assert refusal.value.reason.endswith(
        "embedding.dimensions is 3072, and amazon.titan-embed-image-v1 gives 256, 384 or 1024"
    )


def test_read_when_the_finder_is_grounding_then_it_asks_the_stacks_model() -> None:
    settings = read_settings(b"finder: {kind: grounding}", STACK)
    assert settings.finder.grounding.model == "us.amazon.nova-pro-v1:0"
    other = STACK.model_copy(update={"captions": "us.amazon.nova-2-lite-v1:0"})
    again = read_settings(b"finder: {kind: grounding}", other)
    assert again.samples_hash() != settings.samples_hash()


def test_read_when_the_finder_is_another_one_then_its_runs_do_not_depend_on_that_model() -> None:
    other = STACK.model_copy(update={"captions": "us.amazon.nova-2-lite-v1:0"})
    assert read_settings(b"", STACK).run_hash() == read_settings(b"", other).run_hash()


def test_read_when_grounding_is_wanted_and_the_model_is_no_nova_then_refused() -> None:
    models = AllowedModels(captions="eu.anthropic.claude-9-v1:0")
    with pytest.raises(SettingsRefused) as refusal:
        read_settings(b"finder: {kind: grounding}", models)
    assert "asks a Nova model for boxes" in refusal.value.reason
    assert "eu.anthropic.claude-9-v1:0 (CaptionModelId)" in refusal.value.reason
    assert read_settings(b"finder: {kind: labels}", models).captions.model == models.captions


def test_read_when_grounding_names_another_model_then_refused() -> None:
    with pytest.raises(SettingsRefused, match=r"finder\.grounding\.model is mine"):
        read_settings(b"finder: {kind: grounding, grounding: {model: mine}}", STACK)
