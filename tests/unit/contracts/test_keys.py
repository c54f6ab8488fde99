import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.keys import (
    crop_id,
    execution_name,
    film_id,
    fit,
    hashed_slug,
    run_id,
    same_name,
    slug,
)

names = st.text(st.characters(), min_size=1, max_size=300)  # lone surrogates too


@given(names)
def test_slug_when_any_name_then_safe_and_short(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", slug(name))


@given(names)
def test_slug_when_applied_twice_then_unchanged(name: str) -> None:
    assert slug(slug(name)) == slug(name)


def test_slug_when_name_has_no_letter_then_differs_by_name() -> None:
    assert slug("!!!") != slug("???")


@pytest.mark.parametrize("name", ["\ud800", "a\udc80b", "\udfff" * 50])
def test_name_when_it_is_no_unicode_then_a_key_of_its_own(name: str) -> None:
    for made in (slug, hashed_slug, lambda name: film_id(name, 1, "c")):
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,49}", made(name))
    assert hashed_slug(name) != hashed_slug(name + "\udc81")
    assert len(fit(name * 50, 40)) == 40


def test_film_id_when_content_differs_then_differs() -> None:
    assert film_id("a.mp4", 10, "x") != film_id("a.mp4", 10, "y")
    assert film_id("a.mp4", 10, "x") != film_id("a.mp4", 11, "x")
    assert film_id("A Film.mp4", 10, "x").startswith("a-film-")


def test_run_id_when_production_or_settings_differ_then_differs() -> None:
    runs = {
        run_id("one", "film-1", "s"), run_id("two", "film-1", "s"), run_id("one", "film-1", "t")
    }  # fmt: skip
    assert len(runs) == 3


@given(names, st.integers(1, 999))
def test_execution_name_when_any_film_then_step_functions_takes_it(name: str, attempt: int) -> None:
    made = execution_name(run_id("p", film_id(name, 1, "c"), "s"), attempt)
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,80}", made)


def test_crop_id_when_box_time_or_settings_differ_then_differs() -> None:
    box = (1, 2, 3, 4)
    same = crop_id("f", 1.5, box, "s")
    assert same == crop_id("f", 1.5, box, "s")
    assert len({same, crop_id("f", 1.6, box, "s"), crop_id("f", 1.5, (1, 2, 3, 5), "s"),
                crop_id("f", 1.5, box, "t"), crop_id("g", 1.5, box, "s"),
                crop_id("f", 1.5, box, "s", 1), crop_id("f", 1.5001, box, "s")}) == 7  # fmt: skip


def test_crop_id_when_sorted_then_in_order_of_time() -> None:
    ids = [crop_id("f", seconds, (0, 0, 9, 9), "s") for seconds in (0.5, 9.0, 10.0, 3600.25)]
    assert ids == sorted(ids)


@given(names)
def test_slug_when_in_another_normal_form_then_the_same(name: str) -> None:
    forms = {unicodedata.normalize(form, name) for form in ("NFC", "NFD")}
    assert len({slug(form) for form in forms}) == 1
    assert len({same_name(form) for form in forms}) == 1
    assert len({hashed_slug(form) for form in forms}) == 1


@given(names)
def test_hashed_slug_when_any_name_then_safe_and_short(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{8,39}", hashed_slug(name))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Caf\u00e9", "Cafe\u0301", True),
        ("Bunny", "bUNNY", True),
        ("Big Buck", "big__buck", True),
        ("STRASSE", "stra\u00dfe", True),
        ("Caf\u00e9", "Cafe", False),
        ("A.I.", "AI", False),
        ("-", "_", False),
    ],
)
def test_same_name_when_people_take_two_for_one_then_equal(
    one: str, other: str, same: bool
) -> None:
    assert (same_name(one) == same_name(other)) is same
