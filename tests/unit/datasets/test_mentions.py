import pytest

from onmodel.datasets.mentions import mentions


@pytest.mark.parametrize(
    ("text", "phrase", "answer"),
    [
        ("Buck's burrow", "Buck", True),
        ("BUCK!", "buck", True),
        ("a bucket", "Buck", False),
        ("the  Big\nBad Wolf howls", "Big Bad Wolf", True),
        ("Étienne rit", "étienne", True),
        ("Mr. (X) waves", "Mr. (X)", True),
        ("anything", "  ", False),
    ],
)
def test_mentions_when_the_phrase_stands_as_words_then_true(
    text: str, phrase: str, answer: bool
) -> None:
    assert mentions(text, phrase) is answer
