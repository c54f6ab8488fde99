"""Golden texts: `<kind>.<case>.json` holds the facts, `<kind>.<case>.txt` the mail.

A new case is two files. Write the text anew with
`ONMODEL_WRITE_GOLDEN=1 pytest tests/unit/notifications` and read it before it is committed.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fakes.mailbox import STACK_OPTIONS
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, UndefinedError
from typed_commands import parse

from onmodel.errors import INNER_TEXT
from onmodel.notifications import catalogue, letter
from onmodel.notifications.facts.base import Facts
from onmodel.notifications.facts.retirements import RetiredFacts
from onmodel.notifications.facts.uploads import UploadUnknownFacts
from onmodel.notifications.letter import BODY_LIMIT_BYTES, WIDTH, Mail, compose

CASES = sorted((Path(__file__).parent / "golden").glob("*.json"))
CLASSES = {
    facts.kind: facts for facts in Facts.__subclasses__() if facts.kind in catalogue.CATALOGUE
}
HOME = "https://door.example/home/h30~bunny.aSGm4A.0123456789abcdefghijkl"
FOOTER = "onmodel, id c-1 (the same in the logs)"
CORRELATION_ID = "0f7f2c1e-5b0a-4c55-9d3a-3a7a3a1b9c11"


def composed(facts: Facts, correlation_id: str = "c-1", home_link: str | None = None) -> Mail:
    return compose(
        facts,
        correlation_id,
        production_name=facts.production,
        stack_options=STACK_OPTIONS,
        home_link=home_link,
    )


def unknown_upload(key: str) -> Mail:
    return composed(UploadUnknownFacts(production="main", bucket="b", key=key))


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Composes a mail from a template's text and values."""

    def write(template: str, **values: object) -> Mail:
        loader = DictLoader({"test.txt.j2": template})
        monkeypatch.setattr(letter, "_TEMPLATES", letter._TEMPLATES.overlay(loader=loader))

        class Values(SimpleNamespace):
            kind = "test"
            production = "bunny"

            def __iter__(self) -> Any:
                return iter(vars(self).items())

        return composed(Values(**values))  # type: ignore[arg-type]

    return write


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_mail_when_composed_then_reads_as_its_golden_text(case: Path) -> None:
    facts = CLASSES[case.name.split(".")[0]].model_validate_json(case.read_text("utf-8"))
    mail = composed(facts, CORRELATION_ID, HOME)
    text = f"Subject: {mail.subject}\n\n{mail.body}"
    golden = case.with_suffix(".txt")
    if os.environ.get("ONMODEL_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
    assert CORRELATION_ID in text


def test_commands_when_a_mail_tells_some_then_each_names_its_stack_and_can_be_typed() -> None:
    typed = [
        line.strip()
        for case in CASES
        for line in case.with_suffix(".txt").read_text(encoding="utf-8").splitlines()
        if re.search(r"\bonmodel [a-z]", line) and not line.startswith("onmodel")
    ]
    assert {line.split()[1] for line in typed} == {
        "delete-model", "deploy", "doctor", "export", "extend", "retire", "review", "train"
    }  # fmt: skip
    for line in typed:
        program, *words = shlex.split(line)
        assert program == "onmodel" and line.endswith(STACK_OPTIONS), line
        parse(words)


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("bunny", "bunny"),
        ("Café", "Café"),
        ("My Film", '"My Film"'),
        ("🎬", '"🎬"'),
        ("it's", '"it\'s"'),
        ("-x", '"-x"'),
        ("$HOME", "id-1"),
        ('say "no"', "id-1"),
        ("100%", "id-1"),
        ("a\u202eb", "id-1"),
    ],
)
def test_argument_when_a_name_needs_quotes_then_has_them_or_is_the_id(
    name: str, argument: str
) -> None:
    facts = RetiredFacts(production="id-1", model="m", reason="", hours=1, usd=1, usd_a_month=1)
    mail = compose(facts, "c-1", production_name=name, stack_options=STACK_OPTIONS,
                   home_link=None)  # fmt: skip
    assert f"  onmodel delete-model --production {argument} {STACK_OPTIONS}\n" in mail.body


@given(st.text(alphabet=st.characters(), max_size=200))
def test_body_when_a_value_is_hostile_then_it_adds_no_lines(key: str) -> None:
    body = unknown_upload(key).body
    assert body.count("\n") == unknown_upload("k").body.count("\n")
    assert "\r" not in body


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_mail_when_composed_then_holds_no_inner_text(case: Path) -> None:
    assert not INNER_TEXT.search(case.with_suffix(".txt").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "values",
    [["x" * 5_000_000], ["猫" * 100] * 20_000, [f"fault {n}" for n in range(20_000)]],
    ids=["one huge value", "many long ones", "many short ones"],
)
@pytest.mark.parametrize("filter_name", ["bullets", "indented", "paragraphs", "table"])
def test_body_when_values_are_without_end_then_fits_sns_and_says_how_many_more(
    written, filter_name: str, values: list[str]
) -> None:
    rows = [("1", value) for value in values] if filter_name == "table" else values
    made = f"{{{{ rows | {filter_name} }}}}"
    body = written(f"Subject: s\n\n{made}\n\nLast words.", rows=rows).body
    assert len(body.encode()) < BODY_LIMIT_BYTES + 100
    assert ("and 19,960 more" in body) == (len(values) > 1)
    assert body.endswith(f"Last words.\n\n--\n{FOOTER}\n")


def test_body_when_all_of_it_is_too_long_then_cut_at_a_line_and_counted(written) -> None:
    rows = ["猫" * 1_999] * 40
    body = written("Subject: s\n\n{{ rows | indented }}\n\nLast words.", rows=rows).body
    lines = body.splitlines()
    assert lines[-5:] == [lines[-5], "and 32 more lines", "", "--", FOOTER]
    assert lines.count("  " + "猫" * 1_999) == 10
    assert len(body.encode()) < BODY_LIMIT_BYTES + 100


def test_paragraph_when_long_then_joined_and_wrapped_and_indented_lines_are_kept(written) -> None:
    body = written("Subject: s\n\n" + "many words\n" * 9 + "  " + "x " * 50 + "\n").body
    *paragraph, kept = body.partition("\n\n")[0].splitlines()
    assert " ".join(paragraph) == " ".join(["many words"] * 9)
    assert len(paragraph) == 2
    assert max(map(len, paragraph)) <= WIDTH
    assert kept == "  " + ("x " * 50).rstrip()


def test_paragraph_when_it_has_no_text_then_left_out(written) -> None:
    assert written("Subject: s\n\none\n\n  {{ empty }}\n\ntwo", empty="").body == (
        f"one\n\ntwo\n\n--\n{FOOTER}\n"
    )


def test_template_when_a_value_is_missing_then_refused(written) -> None:
    with pytest.raises(UndefinedError, match="missing"):
        written("Subject: s\n\n{{ missing }}")


@pytest.mark.parametrize("value", [None, 0.5, ("a",)])
def test_template_when_a_value_is_no_text_then_refused(written, value: object) -> None:
    with pytest.raises(TypeError, match="needs a filter"):
        written("Subject: s\n\n{{ value }}", value=value)


def test_table_when_numbers_differ_in_length_then_flush_right(written) -> None:
    body = written(
        "Subject: s\n\n{{ rows | table }}",
        rows=[(1204, "frames"), (7, "fig\nures"), ("1e-05", "rate")],
    ).body
    assert body.startswith("  1,204  frames\n      7  fig?ures\n  1e-05  rate\n")


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "00:00.000 to 00:01.000"), (6, "00:40.000 to 00:41.000 and 1 more"), (8, " and 3 more")],
)
def test_spans_when_more_than_five_then_counted(number: int, text: str) -> None:
    assert letter.spans([(10.0 * n, 10.0 * n + 1) for n in range(number)]).endswith(text)
