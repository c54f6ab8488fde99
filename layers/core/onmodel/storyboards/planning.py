"""A storyboard file → the panels to draw, each with its prompt and seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from onmodel.contracts.characters import Character
from onmodel.contracts.panels import PanelRequest, PlannedPanel
from onmodel.contracts.storyboards import Scene, Storyboard
from onmodel.contracts.trainings import PanelLimits
from onmodel.datasets.mentions import mentions
from onmodel.errors import SettingsRefused
from onmodel.formats.user_yaml import check_size, read_user_yaml, user_yaml_notices
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import TrainerRules

SENTENCE_ENDS = (".", "!", "?", "…", ":", ";", ",")


def parse_storyboard(text: bytes, name: str = "the storyboard") -> Storyboard:
    """Read a storyboard's YAML.

    Args:
        text: the file.
        name: what it is called in messages.

    Raises:
        SettingsRefused: not YAML, no scene, too many, an unknown key or an invalid value; the
            message lists every fault with its place.
    """
    return read_user_yaml(Storyboard, text, name)


def read_storyboard(uploads: ObjectStore, key: str, version_id: str | None = None) -> Storyboard:
    """Read an uploaded storyboard; one that is too large is refused before it is downloaded.

    Args:
        uploads: holds it.
        key: of the object.
        version_id: of it; None for the newest version.

    Raises:
        SettingsRefused: as parse_storyboard says.
        NotFound: it was deleted.
    """
    info, name = uploads.head(key, version_id), PurePosixPath(key).name
    check_size(info.size, name)
    return parse_storyboard(uploads.get(key, info.version_id or version_id), name)


def storyboard_notices(uploads: ObjectStore, key: str, version_id: str | None) -> tuple[str, ...]:
    """What an uploaded storyboard, which can be read, may not say as it is meant."""
    return user_yaml_notices(uploads.get(key, version_id), PurePosixPath(key).name)


def plan_panels(
    storyboard: Storyboard,
    characters: Mapping[str, Character],
    rules: TrainerRules,
    take: int = 1,
) -> tuple[PlannedPanel, ...]:
    """The panels of a storyboard, one for each scene; the same storyboard and take give the same.

    Args:
        storyboard: as parsed.
        characters: the production's, by slug.
        rules: the trainer's.
        take: from 1; another take has other seeds.

    Raises:
        SettingsRefused: what the image model would refuse, or unknown characters; every fault is
            listed. A prompt that is too long is refused and not cut.
    """
    limits, options = rules.limits.panel, rules.panel_options(storyboard)
    faults = [
        *_faults(storyboard, limits),
        *_strangers(storyboard, characters),
        *_too_long(storyboard, characters, rules),
    ]
    if faults:
        raise SettingsRefused(
            f"the storyboard cannot be drawn: {'; '.join(faults)}",
            "Correct it and upload it again",
        )
    return tuple(
        PlannedPanel(
            number=number,
            scene=scene.text,
            characters=scene_characters(storyboard, scene, characters),
            request=PanelRequest(
                text=panel_prompt(storyboard, scene, characters),
                negative_text=storyboard.negative_text.strip() or None,
                width=storyboard.size[0],
                height=storyboard.size[1],
                seed=panel_seed(storyboard, number, limits, take=take),
                images=storyboard.images,
                options=options,
            ),
        )
        for number, scene in enumerate(storyboard.scenes, 1)
    )


def panel_prompt(
    storyboard: Storyboard, scene: Scene, characters: Mapping[str, Character] | None = None
) -> str:
    """The scene's text, who else is in it, and the style line.

    Characters that the scene lists but its text does not mention are named at its end: the model
    was trained on their names.
    """
    known = characters or {}
    parts = [" ".join(scene.text.split())]
    named = [_name(who, known) for who in scene.characters or ()]
    names = [*(one.name for one in known.values()), *named]
    unnamed = [name for name in named if not mentions(scene.text, name, names)]
    if unnamed:
        parts.append(f"With {', '.join(unnamed)}")
    if storyboard.style.strip():
        parts.append(" ".join(storyboard.style.split()))
    *before, last = parts
    return " ".join(
        [*(part if part.endswith(SENTENCE_ENDS) else f"{part}." for part in before), last]
    )


def scene_characters(
    storyboard: Storyboard, scene: Scene, characters: Mapping[str, Character]
) -> tuple[str, ...]:
    """Slugs of who should be in a scene: as listed, else whose name stands in its text."""
    listed = scene.characters
    if listed is not None:
        slugs = [_slug(who, characters) for who in listed]
        return tuple(dict.fromkeys(slug for slug in slugs if slug is not None))
    cast = storyboard.characters
    allowed = None if cast is None else {_slug(who, characters) for who in cast}
    names = [character.name for character in characters.values()]
    return tuple(
        slug
        for slug, character in sorted(characters.items())
        if (allowed is None or slug in allowed) and mentions(scene.text, character.name, names)
    )


def panel_seed(
    storyboard: Storyboard, number: int, limits: PanelLimits, *, take: int = 1, attempt: int = 0
) -> int:
    """The seed of a panel, 0 to the model's highest.

    Derived from the storyboard's seed, the scene's place, the take and the attempt, so that a
    scene keeps its composition while its text is edited. A scene's own seed is used as it is
    for the first attempt of the first take.

    Args:
        storyboard: as parsed.
        number: the scene's place, from 1.
        limits: the trainer's.
        take: from 1.
        attempt: 0, or how many answers were filtered before.
    """
    own = storyboard.scenes[number - 1].seed
    if own is not None and take == 1 and attempt == 0:
        return own
    start = storyboard.seed if own is None else own
    hashed = hashlib.sha256(f"{start}:{number}:{take}:{attempt}".encode()).digest()
    return int.from_bytes(hashed[:8], "big") % (limits.max_seed + 1)


def picture_id(panel: int, index: int) -> str:
    """What a job calls a picture of a panel. Both are counted, the panel from 1."""
    return f"{panel:03d}-{index}"


def _faults(storyboard: Storyboard, limits: PanelLimits) -> Iterator[str]:
    """Size, number and seeds that the image model would refuse."""
    width, height = storyboard.size
    short, long = sorted(storyboard.size)
    if short < limits.min_side or long > limits.max_side:
        yield f"size: {width}x{height}, each side must have {limits.min_side} to {limits.max_side}"
    if width % limits.side_multiple or height % limits.side_multiple:
        yield f"size: {width}x{height}, each side must be divisible by {limits.side_multiple}"
    if long > short * limits.max_aspect:
        yield f"size: {width}x{height}, the long side is over {limits.max_aspect:g} times the short"
    if storyboard.images > limits.max_images:
        yield f"images: {storyboard.images}, at most {limits.max_images} are drawn of a scene"
    if len(storyboard.negative_text) > limits.max_text_characters:
        yield f"negative_text: more than {limits.max_text_characters:,} characters"
    if storyboard.seed > limits.max_seed:
        yield f"seed: {storyboard.seed}, the highest is {limits.max_seed}"
    for number, scene in enumerate(storyboard.scenes, 1):
        if scene.seed is not None and scene.seed > limits.max_seed:
            yield f"scene {number}: seed {scene.seed}, the highest is {limits.max_seed}"


def _too_long(
    storyboard: Storyboard, characters: Mapping[str, Character], rules: TrainerRules
) -> Iterator[str]:
    for number, scene in enumerate(storyboard.scenes, 1):
        fault = rules.text_fault(panel_prompt(storyboard, scene, characters))
        if fault is None:
            continue
        if style := storyboard.style.strip():
            yield (
                f"scene {number}: its text with the style line {fault}; shorten the scene"
                f" ({len(scene.text):,} characters) or the style line ({len(style):,})"
            )
        else:
            yield f"scene {number}: its text {fault}; shorten it"


def _strangers(storyboard: Storyboard, characters: Mapping[str, Character]) -> Iterator[str]:
    places = [("characters", storyboard.characters)]
    places += [(f"scene {n}", scene.characters) for n, scene in enumerate(storyboard.scenes, 1)]
    known = ", ".join(character.name for character in characters.values()) or "nobody yet"
    for place, listed in places:
        for who in listed or ():
            if _slug(who, characters) is None:
                yield f"{place}: nobody is called {who} (known: {known})"


def _slug(who: str, characters: Mapping[str, Character]) -> str | None:
    """A character's slug, found by slug or name; None when it is unknown."""
    for slug, character in characters.items():
        if who.casefold() in {slug.casefold(), character.name.casefold()}:
            return slug
    return None


def _name(who: str, characters: Mapping[str, Character]) -> str:
    """A character as captions write it: the model was trained on that spelling."""
    slug = _slug(who, characters)
    return who if slug is None else characters[slug].name
