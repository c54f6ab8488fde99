from __future__ import annotations

import pytest
from fakes.registry import InMemoryRegistry

from onmodel.contracts.rows import DatasetBody, DatasetStatus
from onmodel.films.folders import record_production
from onmodel.registry.kinds import DATASETS
from onmodel.wiring import now
from onmodel_cli.options import ProductionUnknown, production_id


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("bunyn", "Did you mean Bunny? There is Bunny and The Fox"),
        ("nothing like it", "There is Bunny and The Fox"),
    ],
)
def test_production_when_it_is_misspelled_then_the_refusal_lists_what_exists(
    typed: str, advice: str
) -> None:
    registry = InMemoryRegistry()
    for folder in ("The Fox", "Bunny"):
        record_production(folder, registry, now)
    with pytest.raises(ProductionUnknown) as refused:
        production_id(typed, registry)
    assert refused.value.reason == f"There is no production {typed}"
    assert refused.value.advice == advice


def test_production_when_there_is_none_then_says_how_to_make_one() -> None:
    with pytest.raises(ProductionUnknown, match="`onmodel run FILM -p NAME` makes one"):
        production_id("bunny", InMemoryRegistry())


def test_production_when_its_rows_are_older_than_those_of_folders_then_it_is_known() -> None:
    registry = InMemoryRegistry()
    body = DatasetBody(
        generation_id="g1", correlation_id="c", pictures=1, named={}, films=("a",),
        to_caption_key="x", captions_needed=0,
    )  # fmt: skip
    DATASETS.create(registry, "bunny", "d1", status=DatasetStatus.READY, body=body, now=now())
    assert production_id("bunny", registry) == "bunny"
