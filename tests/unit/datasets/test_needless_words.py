import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onmodel.datasets.mentions import mentions
from onmodel.datasets.needless_words import without_needless_words

NAMES = ("Buck", "Frank Squirrel")
WORDS = ("a", "The", "cartoon", "rabbit", "named", "called", "Buck", "Frank", "Squirrel", "runs,")


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("A cartoon rabbit named Buck sleeps.", "Buck sleeps."),
        ("Grey-furred Buck yawns.", "Buck yawns."),
        ("Beside a tree the long-eared Buck yawns.", "Beside a tree Buck yawns."),
        ("In this scene, Buck yawns.", "Buck yawns."),
        ("Here, a big rabbit called Buck yawns.", "Buck yawns."),
        (
            "A cartoon rabbit named Buck chases the small-eared Frank Squirrel.",
            "Buck chases Frank Squirrel.",
        ),
        ("Buck looks at a dog named Rex.", "Buck looks at a dog named Rex."),
        ("In this meadow, Buck yawns.", "In this meadow, Buck yawns."),
        ("Half-closed eyes, Buck yawns.", "Half-closed eyes, Buck yawns."),
        ("A bucket named Bucket stands there.", "A bucket named Bucket stands there."),
    ],
)
def test_text_when_it_has_needless_words_then_these_alone_are_left_out(
    text: str, without: str
) -> None:
    assert without_needless_words(text, NAMES) == without


def test_text_when_it_would_be_too_short_then_it_stays() -> None:
    assert without_needless_words("A rabbit named Buck.", ["Buck"], least=8) == (
        "A rabbit named Buck."
    )


@given(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join) | st.text(max_size=80))
@settings(max_examples=150, deadline=1000)
def test_text_when_anything_then_no_name_is_lost_and_a_second_time_changes_nothing(
    text: str,
) -> None:
    short = without_needless_words(text, NAMES)
    assert len(short) <= len(text) + text.count("ß")  # a capital may be two letters
    assert all(mentions(short, name) == mentions(text, name) for name in NAMES)
    assert without_needless_words(short, NAMES) == short
