"""What human loops show, and what the answers to them decide."""

from __future__ import annotations

import json
import re

import pytest
from jinja2 import Environment, StrictUndefined
from pydantic import TypeAdapter, ValidationError
from template_model import ROOT

from onmodel.contracts.base import CharacterSlug
from onmodel.contracts.human_loops import MOST_PICTURES, LoopContent
from onmodel.contracts.review import Verdict
from onmodel.datasets.human_loops import (
    NOBODY,
    VERDICTS,
    answers_of,
    human_loops_assumption,
    loop_name,
    parts_of,
    production_of_loop,
)
from onmodel.errors import AnswerRefused

CHARACTER_SLUG: TypeAdapter[str] = TypeAdapter(CharacterSlug)
NAME = re.compile(r"[a-z0-9](-*[a-z0-9])*")
CONTENT = {
    "production": "Bunny",
    "dataset_id": "d0001",
    "shortest_caption": 3,
    "longest_caption": 1024,
    "characters": [
        {"slug": "buck", "name": "Buck", "description": ""},
        {"slug": "frank", "name": "Frank", "description": ""},
    ],
    "pictures": [
        {"id": one, "picture": f"s3://studio/{one}.jpg", "character": "buck", "name": "Buck",
         "caption": "Buck runs."}
        for one in ("c1", "c2")
    ],
}  # fmt: skip


def output(*answers: dict[str, object]) -> bytes:
    said = [{"answerContent": answer, "workerId": "w"} for answer in answers]
    return json.dumps({"inputContent": CONTENT, "humanAnswers": said}).encode()


@pytest.mark.parametrize("production", ["main", "a-film", "x" * 40])
def test_loop_name_when_made_then_a2i_takes_it_and_the_production_is_read_from_it(
    production: str,
) -> None:
    name = loop_name(production, "0123456789abcdef", 9999)
    assert NAME.fullmatch(name)
    assert len(name) <= 63
    assert name == loop_name(production, "0123456789abcdef", 9999)
    assert production_of_loop(name) == production


@pytest.mark.parametrize("name", ["their-loop-1", "onmodel-1", "onmodel-a-b"])
def test_production_when_the_loop_is_somebody_elses_then_none(name: str) -> None:
    assert production_of_loop(name) is None


def test_parts_when_there_are_more_than_a_page_then_several() -> None:
    parts = parts_of([str(number) for number in range(2 * MOST_PICTURES + 1)])
    assert [len(part) for part in parts] == [MOST_PICTURES, MOST_PICTURES, 1]
    assert parts_of([]) == []


def test_answers_when_all_is_kept_then_nothing_else_is_changed() -> None:
    kept = {
        "verdict-c1": {"keep": True, "reject": False},
        "character-c1": "buck",
        "caption-c1": " Buck runs. ",
    }
    ((decision,), _) = answers_of(output(kept), ["c1"])
    assert (decision.crop_id, decision.version) == ("c1", 0)
    assert (decision.verdict, decision.character, decision.caption) == (Verdict.KEPT, None, None)


def test_answers_when_corrected_then_name_and_caption_too() -> None:
    said = {
        "verdict-c1": "keep", "character-c1": "frank", "caption-c1": "Frank runs.",
        "verdict-c2": {"keep": False, "reject": True}, "character-c2": NOBODY,
    }  # fmt: skip
    (first, second), _ = answers_of(output(said), ["c1", "c2"])
    assert (first.verdict, first.character, first.caption) == (Verdict.KEPT, "frank", "Frank runs.")
    assert (second.verdict, second.character) == (Verdict.REJECTED, "")


@pytest.mark.parametrize("caption", ["", "x", "x" * 1025])
def test_answers_when_a_caption_has_a_length_that_the_form_refuses_then_the_verdict_counts(
    caption: str,
) -> None:
    ((decision,), _) = answers_of(output({"verdict-c1": "reject", "caption-c1": caption}), ["c1"])
    assert (decision.verdict, decision.caption) == (Verdict.REJECTED, None)


def test_answers_when_people_disagree_then_most_decide_and_the_first_on_a_tie() -> None:
    said = [
        {"verdict-c1": "keep", "caption-c1": "Buck sits."},
        {"verdict-c1": "reject", "caption-c1": "Buck rests."},
        {"verdict-c1": "reject"},
    ]
    ((decision,), _) = answers_of(output(*said), ["c1"])
    assert (decision.verdict, decision.caption) == (Verdict.REJECTED, "Buck sits.")


def test_answers_when_about_pictures_that_were_not_shown_then_left_out() -> None:
    said: dict[str, object] = {"verdict-c1": "keep", "verdict-c9": "reject", "character-c1": "x"}
    ((decision,), _) = answers_of(output(said), ["c1", "c9"])
    assert (decision.crop_id, decision.character) == ("c1", None)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"humanAnswers": []}', output(), output({"verdict-c1": "perhaps"})]
)
def test_answers_when_the_file_has_none_then_refused(body: bytes) -> None:
    with pytest.raises(AnswerRefused, match=r"output\.json"):
        answers_of(body, ["c1"])


def shown(content: dict[str, object]) -> str:
    """docs/review-a2i.md: what a person pastes into A2I. What it has of Liquid, Jinja has too."""
    page = (ROOT / "docs" / "review-a2i.md").read_text()
    made = Environment(autoescape=True, undefined=StrictUndefined)
    made.filters["grant_read_access"] = lambda uri: f"https://signed/{uri}"
    template = made.from_string(page.partition("```html\n")[2].partition("```")[0])
    return template.render(task={"input": content})


def test_template_of_the_page_when_shown_then_its_fields_are_those_that_answers_have() -> None:
    page = shown(LoopContent.model_validate(CONTENT).model_dump(mode="json"))
    fields = re.findall(r'name="([^"]+)"', page)
    assert set(fields) == {
        f"{field}-{crop}" for field in ("verdict", "character", "caption") for crop in ("c1", "c2")
    }
    assert set(re.findall(r'type="radio" name="[^"]+" value="(\w+)"', page)) == VERDICTS.keys()
    assert f'<option value="{NOBODY}"' in page
    assert '<option value="buck" selected>Buck</option>' in page
    assert page.count('src="https://signed/s3://studio/c1.jpg"') == 1
    assert 'minlength="3" maxlength="1024">Buck runs.</textarea>' in page


def test_quote_when_the_review_is_by_a2i_then_says_what_is_not_in_it() -> None:
    assert "41 pictures in 3 human loops" in human_loops_assumption(41)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("e\u0301e\u0301", None),  # two letters in normal form C: too short
        ("Buck\nruns.\u0000", None),  # the same caption
        ("Buck\r\nsits.", "Buck  sits."),
        ("</textarea><script>alert(1)</script>", "</textarea><script>alert(1)</script>"),
    ],
)
def test_answers_when_a_caption_has_odd_letters_then_as_it_is_saved(
    typed: str, kept: str | None
) -> None:
    said: dict[str, object] = {"verdict-c1": "keep", "caption-c1": typed}
    ((decision,), _) = answers_of(output(said), ["c1"])
    assert (decision.verdict, decision.caption) == (Verdict.KEPT, kept)


@pytest.mark.parametrize(
    "body",
    [
        output({"verdict-c1": "keep"}).replace(b'"slug": "frank"', b'"slug": "../x"')
        .replace(b'"verdict-c1": "keep"', b'"verdict-c1": "keep", "character-c1": "../x"'),
        output({"verdict-c1": "keep"})[:-1],
        b"\xff" + output({"verdict-c1": "keep"}),
        b'{"inputContent":' + b"[" * 5000,
    ],
)  # fmt: skip
def test_answers_when_the_file_is_damaged_then_refused_and_nothing_else_is_raised(
    body: bytes,
) -> None:
    with pytest.raises(AnswerRefused, match=r"output\.json cannot be read"):
        answers_of(body, ["c1"])


def test_answers_when_not_about_all_that_was_shown_then_counted() -> None:
    answers = answers_of(output({"verdict-c1": "keep"}), ["c1", "c2", "c3"])
    assert (len(answers.decisions), answers.shown) == (1, 2)


def test_answers_when_a_character_is_called_nobody_then_it_is_not_taken_for_none() -> None:
    with pytest.raises(ValidationError):
        CHARACTER_SLUG.validate_python(NOBODY)
    made = output({"verdict-c1": "keep", "character-c1": "nobody"})
    ((decision,), _) = answers_of(made.replace(b'"slug": "frank"', b'"slug": "nobody"'), ["c1"])
    assert decision.character == "nobody"
