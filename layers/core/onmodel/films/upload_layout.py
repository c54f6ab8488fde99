"""The layout of the uploads bucket: what an uploaded key means. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from onmodel.contracts.keys import MAIN_PRODUCTION, slug

LITTER_NAMES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
LITTER_PREFIXES = ("._", "~$")
LITTER_FOLDERS = frozenset({"__macosx", ".trashes", ".spotlight-v100"})
STORYBOARD_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Placed:
    """Where an upload belongs. `folder` is the production's folder as written, '' for the root."""

    folder: str
    file_name: str

    @property
    def production(self) -> str:
        return slug(self.folder) if self.folder else MAIN_PRODUCTION


@dataclass(frozen=True)
class FilmFile(Placed):
    """<production>/films/<file>, or a file at the root."""


@dataclass(frozen=True)
class ReferenceFile(Placed):
    """<production>/characters/<name>/<file>."""

    character_folder: str

    @property
    def character(self) -> str:
        return slug(self.character_folder)


@dataclass(frozen=True)
class StoryboardFile(Placed):
    """<production>/storyboards/<file>.yaml."""


@dataclass(frozen=True)
class SettingsFile(Placed):
    """<production>/settings.yaml, or settings.yaml at the root for production main."""


@dataclass(frozen=True)
class Litter(Placed):
    """Folder markers and what desktops leave behind: ignored."""


@dataclass(frozen=True)
class Unknown(Placed):
    """Anything else: told once, as a matter of production main."""


Upload = FilmFile | ReferenceFile | StoryboardFile | SettingsFile | Litter | Unknown


def classify(key: str) -> Upload:  # noqa: PLR0911 - one return a kind reads best
    """What the key of a new object means.

    Args:
        key: as S3 has it, not URL-encoded.
    """
    if key.endswith("/") or _is_litter(key):
        return Litter(folder="", file_name=key)
    match PurePosixPath(key).parts:
        case ["settings.yaml"]:
            return SettingsFile(folder="", file_name="settings.yaml")
        case [name]:
            return FilmFile(folder="", file_name=name)
        case [folder, "settings.yaml"]:
            return SettingsFile(folder=folder, file_name="settings.yaml")
        case [folder, "films", *path] if path:
            return FilmFile(folder=folder, file_name="/".join(path))
        case [folder, "characters", character, name]:
            return ReferenceFile(folder=folder, file_name=name, character_folder=character)
        case [folder, "storyboards", name] if name.lower().endswith(STORYBOARD_SUFFIXES):
            return StoryboardFile(folder=folder, file_name=name)
    return Unknown(folder="", file_name=key)


def settings_key(folder: str) -> str:
    """Where a production's settings are uploaded."""
    return f"{folder}/settings.yaml" if folder else "settings.yaml"


def _is_litter(key: str) -> bool:
    *folders, name = key.lower().split("/")
    return (
        name in LITTER_NAMES
        or name.startswith(LITTER_PREFIXES)
        or not LITTER_FOLDERS.isdisjoint(folders)
    )
