from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.trainers.bedrock.names import BedrockNames

JOB = r"[a-zA-Z0-9](-*[a-zA-Z0-9\+\-\.])*"
MODEL = r"([0-9a-zA-Z][_-]?){1,63}"
TOKEN = r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,254}[a-zA-Z0-9])?"

stacks = st.from_regex(r"[a-zA-Z][-a-zA-Z0-9]{0,60}", fullmatch=True)
slugs = st.from_regex(r"[a-z0-9][a-z0-9-]{0,79}", fullmatch=True)


@given(stacks, slugs, slugs)
def test_name_when_any_stack_and_ids_then_within_every_pattern(
    stack: str, production: str, id_: str
) -> None:
    name = BedrockNames(stack).of(production, id_)
    assert len(name) <= 63
    assert re.fullmatch(JOB, name)
    assert re.fullmatch(MODEL, name)
    assert name.startswith(BedrockNames(stack).prefix)
    assert re.fullmatch(MODEL, BedrockNames(stack).needle)


@given(stacks, slugs, slugs)
def test_token_when_any_ids_then_within_its_pattern_and_apart_by_purpose(
    stack: str, production: str, id_: str
) -> None:
    names = BedrockNames(stack)
    training = names.token(production, id_, "training")
    assert re.fullmatch(TOKEN, training)
    assert training == names.token(production, id_, "training")
    assert training != names.token(production, id_, "deployment")


@given(st.lists(st.tuples(slugs, slugs), min_size=2, max_size=2, unique=True))
def test_name_when_ids_differ_then_names_differ(pairs: list[tuple[str, str]]) -> None:
    names = BedrockNames("onmodel")
    one, other = (f"{id_}-{production}" for production, id_ in pairs)
    assert (names.of(*pairs[0]) == names.of(*pairs[1])) is (one == other)


def test_name_when_short_then_readable() -> None:
    assert BedrockNames("onmodel").of("big-buck-bunny", "d0001-0a1b2c3d") == (
        "onmodel-d0001-0a1b2c3d-big-buck-bunny"
    )
    assert BedrockNames("onmodel").is_exact


@pytest.mark.parametrize(
    ("name", "tags", "ours"),
    [
        ("onmodel-d1-main", {"onmodel:stack": "onmodel"}, True),
        ("renamed", {"onmodel:stack": "onmodel"}, True),
        ("onmodel-d1-main", {}, True),
        ("onmodel-dev-d1-main", {"onmodel:stack": "onmodel-dev"}, False),
        ("onmodelling", {}, False),
        ("theirs", {"team": "onmodel"}, False),
    ],
)
def test_is_ours_when_tagged_then_by_tag_else_by_name(
    name: str, tags: dict[str, str], ours: bool
) -> None:
    assert BedrockNames("onmodel").is_ours(name, tags) is ours
