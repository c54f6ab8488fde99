from __future__ import annotations

import unicodedata

import pytest
from fakes.clock import FixedClock
from fakes.registry import InMemoryRegistry
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.film_rows import FolderBody, FolderStatus
from onmodel.contracts.keys import same_name
from onmodel.films.folders import (
    ProductionFolders,
    known_production,
    production_called,
    production_of,
    record_character,
    record_production,
)
from onmodel.registry.kinds import PRODUCTIONS

CLOCK = FixedClock()
NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=200
)


@pytest.fixture
def registry() -> InMemoryRegistry:
    return InMemoryRegistry()


def test_production_when_unknown_then_the_id_that_it_will_get(registry: InMemoryRegistry) -> None:
    assert production_of("My Show", registry) == ProductionFolders("my-show", ("My Show",))
    assert known_production("My Show", registry) is None


def test_production_when_recorded_in_two_spellings_then_both_are_its_folders(
    registry: InMemoryRegistry,
) -> None:
    record_production("My Show", registry, CLOCK)
    record_production("my_show", registry, CLOCK)
    assert record_production("My Show", registry, CLOCK).folders == ("My Show", "my_show")
    assert known_production("MY SHOW", registry) == ProductionFolders(
        "my-show", ("My Show", "my_show", "MY SHOW")
    )


@pytest.mark.parametrize("name", ["Caf\u00e9", "Cafe\u0301", "CAF\u00c9", "cafe"])
def test_production_when_spelled_like_the_folder_or_its_id_then_found(
    registry: InMemoryRegistry, name: str
) -> None:
    record_production("Caf\u00e9", registry, CLOCK)
    known = production_called(name, registry)
    assert known is not None and (known.id, known.folders[0]) == ("cafe", "Caf\u00e9")


def test_production_when_two_share_a_slug_then_each_by_its_folder_and_by_its_id(
    registry: InMemoryRegistry,
) -> None:
    first, second = (record_production(name, registry, CLOCK) for name in ("\u53f2", "\u662f"))
    assert (first.id, second.id[:4]) == ("shi", "shi-")
    for name in ("\u662f", second.id):
        assert record_production(name, registry, CLOCK).id == second.id
    assert record_production("\u53f2", registry, CLOCK).id == first.id
    known = production_called("shi", registry)
    assert known is not None and known.id == first.id


@pytest.mark.parametrize("names", [("Cafe", "Caf\u00e9"), ("Caf\u00e9", "Cafe")])
def test_production_when_names_differ_in_an_accent_then_two_whichever_comes_first(
    registry: InMemoryRegistry, names: tuple[str, str]
) -> None:
    found = [record_production(name, registry, CLOCK) for name in (*names, *names)]
    assert len({production.id for production in found}) == 2
    assert [production.folders for production in found[2:]] == [(names[0],), (names[1],)]


def test_production_when_another_name_was_recorded_with_it_before_then_stays_with_it(
    registry: InMemoryRegistry,
) -> None:
    body = FolderBody(folder="Caf\u00e9", spellings=("Cafe",))
    PRODUCTIONS.create(registry, "cafe", "cafe", status=FolderStatus.KNOWN, body=body, now=CLOCK())
    assert record_production("Cafe", registry, CLOCK).id == "cafe"


def test_production_when_at_the_root_then_main(registry: InMemoryRegistry) -> None:
    assert record_production("", registry, CLOCK).id == "main"
    assert record_production("main", registry, CLOCK) == ProductionFolders("main", ("", "main"))


@given(st.lists(NAMES, min_size=2, max_size=6, unique_by=lambda name: name.casefold()))
def test_record_when_any_names_then_every_normal_form_is_found_again(names: list[str]) -> None:
    registry = InMemoryRegistry()
    found = {name: record_production(name, registry, CLOCK).id for name in names}
    for name, identity in found.items():
        for form in ("NFC", "NFD"):
            spelled = unicodedata.normalize(form, name)
            assert record_production(spelled, registry, CLOCK).id == identity
            assert known_production(spelled, registry) is not None
    for identity in found.values():
        known = production_called(identity, registry)
        assert known is not None
        assert known.id == identity or any(same_name(name) == identity for name in names)


def test_character_when_of_two_productions_then_each_has_its_own(
    registry: InMemoryRegistry,
) -> None:
    assert record_character("one", "\u53f2", registry, CLOCK) == "shi"
    assert record_character("two", "\u662f", registry, CLOCK) == "shi"
    assert record_character("two", "\u53f2", registry, CLOCK).startswith("shi-")
