"""A production's settings in plain sentences, those that differ from the defaults marked."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from onmodel.contracts.settings import Settings
from onmodel.formats.wording import count, listed
from onmodel.pages.finder_words import figures_in_words


@dataclass(frozen=True)
class Sentence:
    """One choice: the section of settings.yaml, what it means, and what was changed in it."""

    section: str
    words: str
    changed: tuple[str, ...]


def settings_in_words(settings: Settings) -> list[Sentence]:
    """One sentence a section of settings.yaml."""
    usual = Settings()
    return [
        Sentence(section, words, _changes(getattr(settings, section), getattr(usual, section)))
        for section, words in (
            ("sampling", _sampling(settings)),
            ("finder", _finder(settings)),
            ("crop", _crop(settings)),
            ("embedding", _embedding(settings)),
            ("deduplication", _deduplication(settings)),
            ("naming", _naming(settings)),
            ("characters", _characters(settings)),
        )
    ]


def _sampling(settings: Settings) -> str:
    sampling = settings.sampling
    pace = {
        "interval": f"The sharpest frame of every {sampling.interval_seconds:g} s",
        "fps": f"{sampling.frames_per_second:g} frames a second",
        "keyframes": "Every keyframe",
        "scene": f"{count(sampling.frames_per_shot, 'frame')} of every shot",
    }[sampling.mode]
    return (
        f"{pace} was sampled. Frames darker than {sampling.black_level:g}, flatter than "
        f"{sampling.blank_deviation:g} or softer than {sampling.min_sharpness:g} were dropped "
        "before anything was paid for; so were fades, and frames that differ from the last kept "
        f"one by less than {sampling.unchanged_difference:g} as a whole and by less than "
        f"{sampling.unchanged_tile_difference:g} in each of 100 tiles."
    )


def _finder(settings: Settings) -> str:
    finder = settings.finder
    wide = (
        "; a label without a place gives the whole frame, marked wide"
        if finder.wide_when_no_box and "labels" in finder.kind
        else ""
    )
    return f"Figures are {figures_in_words(finder)}, at most {finder.max_figures} of a frame{wide}."


def _crop(settings: Settings) -> str:
    crop = settings.crop
    return (
        f"Each figure is cut out with {crop.padding:.0%} room on each side, {crop.side} pixels on "
        f"the longer side, not longer than {crop.max_aspect:g} : 1, as {crop.format.upper()}. "
        f"Figures under {crop.min_figure_pixels} pixels are left out, and those that even the "
        f"smallest picture would enlarge more than {crop.max_enlargement:g} times."
    )


def _embedding(settings: Settings) -> str:
    return (
        f"Pictures are compared by {settings.embedding.model} in "
        f"{settings.embedding.dimensions:,} dimensions."
    )


def _deduplication(settings: Settings) -> str:
    return (
        f"Of pictures with a similarity of {settings.deduplication.threshold:g} or more, the best "
        "one is kept. A lower threshold leaves fewer and more varied pictures. Alike pictures of "
        f"one figure in one shot are both kept when a tile of it differs by "
        f"{settings.deduplication.visible_change:g} of 255 or more: another expression or pose."
    )


def _naming(settings: Settings) -> str:
    """How each namer names, in their order."""
    return " Then: ".join(_NAMERS[kind](settings) for kind in settings.naming.kind)


def _by_faces(settings: Settings) -> str:
    return (
        "The faces of the best pictures of a figure in a shot are searched among the faces on the"
        f" references, and name it from {settings.naming.faces.threshold:g} % similarity on."
    )


def _by_groups(settings: Settings) -> str:
    named = count(len(settings.naming.cluster.names), "picture")
    return (
        "Pictures without a name that look alike are shown as groups; figures that look like one of"
        f" the {named} that settings name have that name."
    )


def _by_embeddings(settings: Settings) -> str:
    if settings.naming.threshold is None:
        return (
            "All pictures of a figure in a shot are named together, after the nearest character, "
            "from a similarity on that is measured on the references and on this film, if the next "
            f"character is at least {settings.naming.margin:g} behind. Shots whose figures look "
            "alike raise each other's similarity."
        )
    return (
        "All pictures of a figure in a shot are named together, after the nearest character "
        f"from a similarity of {settings.naming.threshold:g}"
        f" on, if the next character is at least {settings.naming.margin:g} behind."
    )


_NAMERS = {"embeddings": _by_embeddings, "faces": _by_faces, "cluster": _by_groups}


def _characters(settings: Settings) -> str:
    if not settings.characters:
        return "None are listed in settings.yaml; references may lie under characters/<name>/."
    return f"{listed([character.name for character in settings.characters.values()])}."


def _changes(mine: object, usual: object) -> tuple[str, ...]:
    if not isinstance(mine, BaseModel) or not isinstance(usual, BaseModel):
        return ()
    return tuple(
        f"{field}: {_shown(getattr(mine, field))} instead of {_shown(getattr(usual, field))}"
        for field in type(mine).model_fields
        if getattr(mine, field) != getattr(usual, field)
    )


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
