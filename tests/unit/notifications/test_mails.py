"""Golden texts: `<kind>.<case>.json` holds the facts, `<kind>.<case>.txt` the mail.

A new case is two files. Write the text anew with `ONMODEL_WRITE_GOLDEN=1 pytest tests/unit/mails`
and read it before it is committed.
"""

from __future__ import annotations

import inspect
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import validate_call

from onmodel.notifications import mails
from onmodel.notifications.mails.letter import SUBJECT_LIMIT, letter

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(GOLDEN.glob("*.json"))
KINDS = {name for name in mails.__all__ if inspect.isfunction(getattr(mails, name))}


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_mail_when_composed_reads_as_its_golden_text(case: Path) -> None:
    kind = case.name.split(".")[0]
    mail = validate_call(getattr(mails, kind))(**json.loads(case.read_text()))
    text = f"Subject: {mail.subject}\n\n{mail.body}"
    golden = case.with_suffix(".txt")
    if os.environ.get("ONMODEL_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_every_kind_has_a_golden_text() -> None:
    assert {case.name.split(".")[0] for case in CASES} == KINDS


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_mail_when_composed_names_its_correlation_id(case: Path) -> None:
    facts = json.loads(case.read_text())
    assert facts["correlation_id"] in case.with_suffix(".txt").read_text(encoding="utf-8")


@given(st.text(max_size=300))
def test_letter_when_subject_is_anything_fits_sns(subject: str) -> None:
    mail = letter(subject, "text", correlation_id="c-1")
    assert mail.subject.isascii()
    assert mail.subject.isprintable()
    assert 0 < len(mail.subject) <= SUBJECT_LIMIT < 100


@given(st.text(alphabet=st.characters(), max_size=200))
def test_upload_unknown_when_key_is_hostile_adds_no_lines(key: str) -> None:
    plain = mails.upload_unknown(bucket="b", key="k", correlation_id="c-1")
    hostile = mails.upload_unknown(bucket="b", key=key, correlation_id="c-1")
    assert hostile.body.count("\n") == plain.body.count("\n")
    assert "\r" not in hostile.body


def test_letter_when_subject_is_not_latin_spells_it_in_ascii() -> None:
    assert letter("Größe – 1,204 pictures", "x", correlation_id="c").subject == (
        "Grosse 1,204 pictures"
    )
    assert letter("北京.mp4", "x", correlation_id="c").subject == "BeiJing.mp4"
