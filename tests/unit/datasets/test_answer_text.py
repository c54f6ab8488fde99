import json

from hypothesis import given
from hypothesis import strategies as st

from onmodel.datasets.answer_text import cleaned, description_in


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80))
def test_description_when_one_object_stands_anywhere_then_it_is_taken(text: str) -> None:
    alone = json.dumps({"alt_text": text})
    assert description_in(f"Certainly!\n{alone}\nDone.") == description_in(alone)


@given(st.text(max_size=300))
def test_description_when_the_answer_is_anything_then_a_text_or_a_fault(text: str) -> None:
    found, fault = description_in(text)
    assert (found is None) == bool(fault)


def test_description_when_it_holds_commas_before_brackets_or_stars_then_they_stay() -> None:
    text = "Buck waits, ] then goes, } on 2*3*4 steps."
    assert description_in(json.dumps({"alt_text": text})) == (text, "")


def test_cleaned_when_letters_are_decomposed_then_composed() -> None:
    assert cleaned("Zoe\u0308  naps\u200b") == "Zo\u00eb naps"
