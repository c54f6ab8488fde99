import pytest

from onmodel.errors import SettingsRefused
from onmodel.settings import Settings
from onmodel.stack_models import Models

STACK = Models(embedding="other.embed-v9", captions="us.amazon.nova-pro-v1:0")


@pytest.mark.parametrize(
    "text", [b"", b"captions: {min_words: 9}", b"captions: {model: 'us.amazon.nova-pro-v1:0'}"]
)
def test_read_when_no_other_model_is_named_then_the_stacks(text: bytes) -> None:
    settings = STACK.read(text)
    assert settings.captions.model == "us.amazon.nova-pro-v1:0"
    assert settings.embedding.model == "other.embed-v9"


def test_read_when_models_are_named_that_the_stack_may_not_call_then_all_are_refused() -> None:
    with pytest.raises(SettingsRefused) as refusal:
        STACK.read(b"captions: {model: amazon.nova-pro-v1:0}\nembedding: {model: mine}")
    assert "embedding.model is mine" in refusal.value.reason
    assert "only call us.amazon.nova-pro-v1:0 (CaptionModelId)" in refusal.value.reason


def test_models_when_none_are_chosen_then_settings_stay_as_they_are() -> None:
    assert Models().put_into(Settings()) == Settings()
    assert Models().put_into(Settings()).run_hash() == Settings().run_hash()
