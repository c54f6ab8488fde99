import pytest

from onmodel.datasets.refusal_phrases import is_placeholder, is_refusal


@pytest.mark.parametrize(
    "text",
    [
        "Buck cannot reach the apple on the branch.",
        "Buck looks sorry and hands the flower back.",
        "Sorry for the noise, Buck tiptoes past the nest.",
        "Frank is unable to lift the heavy nut.",
        "Buck waits in the text-covered hall of posters.",
    ],
)
def test_refusal_when_the_story_holds_the_same_words_then_false(text: str) -> None:
    assert not is_refusal(text)
    assert not is_placeholder(text)
