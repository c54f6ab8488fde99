import pytest

from onmodel.datasets.mentions import mentions, with_name_replaced, without_names


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


NAMES = ("Buck", "Buck Bunny", "Old Buck", "花", "花子")


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [
        ("Buck runs", {"Buck"}),
        ("Buck Bunny runs", {"Buck Bunny"}),
        ("buck  bunny's ears", {"Buck Bunny"}),
        ("Old Buck sleeps", {"Old Buck"}),
        ("Buck and Buck Bunny run", {"Buck", "Buck Bunny"}),
        ("Buck, Bunny of the year", {"Buck"}),
        ("花子は眠る", {"花子"}),
        ("花と花子は眠る", {"花", "花子"}),
    ],
)
def test_mentions_when_a_name_is_part_of_another_then_the_longest_counts(
    text: str, mentioned: set[str]
) -> None:
    assert {name for name in NAMES if mentions(text, name, NAMES)} == mentioned


def test_name_when_replaced_then_longer_names_that_contain_it_stay() -> None:
    text = "Buck waves at Buck Bunny"
    assert with_name_replaced(text, "Buck", "Frank", NAMES) == "Frank waves at Buck Bunny"
    assert with_name_replaced(text, "Buck Bunny", "Frank", NAMES) == "Buck waves at Frank"
    assert without_names(text, ["Buck", "Buck Bunny"]) == "Mina waves at Mina"
