"""Name the kept crops after the production's references. A repeat makes no paid call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from onmodel.contracts.characters import Character
from onmodel.contracts.crops import Crop
from onmodel.contracts.film_rows import NamingCost
from onmodel.contracts.films import RunRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.namers import NameThreshold
from onmodel.contracts.settings import Settings
from onmodel.datasets.corrected import cast_of
from onmodel.films.corrections import corrected_names, read_corrections
from onmodel.films.figures import FigureReader
from onmodel.films.known_figures import KnownFigureReader, known_by_review
from onmodel.films.production import characters_of
from onmodel.films.references import ReferenceReader
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.formats.npy import from_npy
from onmodel.money.usage import UsageMeter
from onmodel.ports.namer import LookAlikes, NamerOf, NamingTask
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore

_PAIRS_TOLD = 10  # in one notice


def name_crops(
    request: RunRequest,
    *,
    uploads: ObjectStore,
    studio: ObjectStore,
    registry: Registry,
    namer: NamerOf,
    meter: UsageMeter,
) -> None:
    """Write names.jsonl: for every kept crop its character, or None when the namer abstained.

    What a person said of a crop stands in place of the namer's answer.

    Args:
        request: the run.
        uploads: where references are read.
        studio: where crops are read and names written.
        registry: lists the references, the films that settings name, and corrections.
        namer: makes the namer; its paid calls are cached and counted by `meter`.
        meter: what was paid for and what was reused.
    """
    run = request.run
    keys = FilmKeys.of(run)
    settings = Settings.from_stored(studio.get(keys.settings))
    crops = read_lines(Crop, studio.get(keys.crops))
    vectors = from_npy(studio.get(keys.vectors))
    references = ReferenceReader(run, uploads, studio, registry)
    notices: list[str] = []
    thresholds: list[NameThreshold] = []
    corrections = read_corrections(run.production, registry)
    reader = KnownFigureReader(run, studio, registry, notices.append, corrections)
    chosen = namer(
        NamingTask(
            production=run.production,
            naming=settings.naming,
            embedding=settings.embedding,
            references=references.pictures(settings),
            figure=FigureReader(studio).read,
            notice=notices.append,
            threshold=thresholds.append,
            known=(
                *reader.read(settings, settings.embedding),
                *known_by_review(crops, vectors, corrections),
            ),
        )
    )
    names = corrected_names(chosen.name(crops, vectors), corrections)
    studio.put(keys.names, write_lines(names), "application/jsonl")
    characters = cast_of(characters_of(run.production, settings, registry), corrections)
    threshold = thresholds[-1] if thresholds else None
    alike = _alike(chosen.look_alikes(), characters, threshold)
    cost = NamingCost(
        usage=meter.usage(),
        notices=(*references.notices, *notices, *alike),
        character_names={each: character.name for each, character in characters.items()},
        threshold=threshold,
    )
    studio.put(keys.naming_usage, cost.model_dump_json().encode(), "application/json")


def _alike(
    pairs: Sequence[LookAlikes],
    characters: Mapping[str, Character],
    threshold: NameThreshold | None,
) -> Iterator[str]:
    """One notice for all characters that the namer may take for each other, the nearest first.

    Args:
        pairs: of the namer, by their references alone.
        characters: by slug.
        threshold: what a name needed in the film.
    """
    if not pairs:
        return

    def name_of(slug: str) -> str:
        return characters[slug].name if slug in characters else slug

    nearest = sorted(pairs, key=lambda pair: pair.limit - pair.similarity)
    told = [
        f"{name_of(pair.first)} and {name_of(pair.second)} ({pair.similarity:.2f})"
        for pair in nearest[:_PAIRS_TOLD]
    ]
    if len(pairs) > _PAIRS_TOLD:
        told.append(f"{len(pairs) - _PAIRS_TOLD:,} more pairs")
    limits = " or ".join(sorted({f"{pair.limit:.2f}" for pair in pairs}))
    measured = (
        f" In this film a name needed {threshold.similarity:.2f}, measured on figures without their"
        " background."
        if threshold is not None and threshold.measured
        else ""
    )
    yield (
        f"References of two characters are as alike as pictures of one: {'; '.join(told)}."
        f" From {limits} on they count as alike.{measured}"
        " Pictures that could be either stay without a name. References on other backgrounds, or of"
        " the whole figure, tell them apart. Cut down a reference that shows both of them."
    )
