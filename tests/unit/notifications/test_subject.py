from __future__ import annotations

import pytest
from fakes.mailbox import STACK_OPTIONS
from hypothesis import given
from hypothesis import strategies as st

from onmodel.notifications.facts.base import Facts
from onmodel.notifications.facts.films import FilmPreparedFacts, FilmRefusedFacts
from onmodel.notifications.facts.uploads import UploadUnknownFacts
from onmodel.notifications.letter import compose
from onmodel.notifications.subject import SUBJECT_LIMIT, shortened_name, subject_line


def subject_of(facts: Facts) -> str:
    return compose(
        facts,
        "c-1",
        production_name=facts.production,
        stack_options=STACK_OPTIONS,
        home_link=None,
    ).subject


def refused(title: str) -> str:
    facts = FilmRefusedFacts(production="bunny", title=title, reason="r", advice="a")
    return subject_of(facts)


@given(st.text(max_size=300))
def test_subject_when_the_name_is_anything_then_fits_sns_and_says_what_happened(name: str) -> None:
    subject = refused(name)
    assert subject.isascii()
    assert subject.isprintable()
    assert len(subject) <= SUBJECT_LIMIT < 100
    assert subject.endswith("could not be used")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Größe – 1,204 pictures.mp4", "Grosse 1,204 pictures.mp4"),
        ("北京.mp4", "BeiJing.mp4"),
        ("Москва.mkv", "Moskva.mkv"),
        ("🎬.mp4", "x0de8a531.mp4"),
        ("🎬", "x0de8a531"),
        (
            "My.Film.2024.1080p." + "x" * 200 + "_snapshot_00.02.png",
            "My.Film.2024.1080p.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxx_snapshot_00.02.png",
        ),
    ],
)
def test_subject_when_the_name_is_long_or_not_latin_then_it_is_still_known(
    name: str, shown: str
) -> None:
    assert refused(name) == f"{shown} could not be used"


def test_subject_when_the_name_is_long_and_chinese_then_the_verb_stays() -> None:
    subject = refused("东京物语之夜与樱花树下的猫" * 10 + ".mp4")
    assert subject.startswith("DongJingWuYu")
    assert subject.endswith(".mp4 could not be used")
    assert len(subject) == SUBJECT_LIMIT


def test_subject_when_a_prepared_film_has_a_long_name_then_the_count_stays() -> None:
    facts = FilmPreparedFacts(
        production="bunny", title="t" * 200, duration_seconds=1, width=2, height=2, frames=1,
        crops_found=3, crops_kept=3, characters={"buck": 3}, dropped=(), notices=(),
        lost_seconds=(), report="r", pictures="p", records="r", usd=0, reused=0,
    )  # fmt: skip
    assert subject_of(facts).endswith("is prepared: 3 pictures of 1 character")


def test_subject_when_a_key_is_long_then_its_end_stays() -> None:
    facts = UploadUnknownFacts(production="main", bucket="b", key="a/" * 300 + "notes.txt")
    subject = subject_of(facts)
    assert subject.startswith("We do not know what to do with a/a/")
    assert subject.endswith("/a/notes.txt")


def test_subject_line_when_the_words_alone_are_too_long_then_still_fits() -> None:
    assert len(subject_line("word " * 50)) <= SUBJECT_LIMIT
    assert subject_line("") == "onmodel"


@pytest.mark.parametrize(
    ("limit", "shown"), [(40, "a long name.mp4"), (13, "a long...mp4"), (0, "a long...mp4")]
)
def test_shortened_name_when_there_is_little_room_then_beginning_and_end_stay(
    limit: int, shown: str
) -> None:
    assert shortened_name("a long name.mp4", limit) == shown
