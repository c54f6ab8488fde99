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
        ("花子は木の下で眠る", "花子", True),
        ("Buckは木の下で眠る", "Buck", True),
        ("น้องมะลิวิ่งเล่น", "มะลิ", True),
        ("Zoe\u0308 waves", "Zo\u00eb", True),
        ("Zo\u00eb waves", "Zoe\u0308", True),
        ("Zoes hat", "Zoe", False),
        ("O\u2019Neil waves", "O'Neil", True),
        ("C\u20113PO walks", "C-3PO", True),
    ],
)
def test_mentions_when_the_phrase_stands_as_words_then_true(
    text: str, phrase: str, answer: bool
) -> None:
    assert mentions(text, phrase) is answer
