"""The layout of the uploads bucket: what an uploaded key means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from onmodel.contracts.keys import MAIN_PRODUCTION, slug

IGNORED_NAMES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
IGNORED_PREFIXES = ("._", "~$")
IGNORED_FOLDERS = frozenset({"__macosx", ".trashes", ".spotlight-v100"})
STORYBOARD_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class UploadPlace:
    """Where an upload belongs. `folder` is the production's folder as written, '' for the root."""

    folder: str
    file_name: str

    @property
    def production(self) -> str:
        return slug(self.folder) if self.folder else MAIN_PRODUCTION


@dataclass(frozen=True)
class FilmFile(UploadPlace):
    """<production>/films/<file>, or a file at the root."""


@dataclass(frozen=True)
class ReferenceFile(UploadPlace):
    """<production>/characters/<name>/<file>."""

    character_folder: str

    @property
    def character(self) -> str:
        return slug(self.character_folder)


@dataclass(frozen=True)
class StoryboardFile(UploadPlace):
    """<production>/storyboards/<file>.yaml."""


@dataclass(frozen=True)
class SettingsFile(UploadPlace):
    """<production>/settings.yaml, or settings.yaml at the root for production main."""


@dataclass(frozen=True)
class IgnoredUpload(UploadPlace):
    """Folder markers, and files that desktop systems write by themselves: ignored."""


@dataclass(frozen=True)
class UnknownUpload(UploadPlace):
    """Anything else: one notification, sent for production main."""


Upload = FilmFile | ReferenceFile | StoryboardFile | SettingsFile | IgnoredUpload | UnknownUpload


def classify(key: str) -> Upload:  # noqa: PLR0911 - one return a kind reads best
    """What the key of a new object means.

    Args:
        key: as S3 has it, not URL-encoded.
    """
    if key.endswith("/") or _is_ignored(key):
        return IgnoredUpload(folder="", file_name=key)
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
    return UnknownUpload(folder="", file_name=key)


def settings_key(folder: str) -> str:
    """Where a production's settings are uploaded."""
    return f"{folder}/settings.yaml" if folder else "settings.yaml"


def _is_ignored(key: str) -> bool:
    *folders, name = key.lower().split("/")
    return (
        name in IGNORED_NAMES
        or name.startswith(IGNORED_PREFIXES)
        or not IGNORED_FOLDERS.isdisjoint(folders)
    )
