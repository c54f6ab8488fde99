"""The layout of the uploads bucket: what kind of upload a key is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from onmodel.contracts.keys import MAIN_PRODUCTION, as_typed
from onmodel.films.file_kinds import FileKind, kind_by_name
from onmodel.films.ignored_names import why_ignored

STORYBOARD_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class UploadPlace:
    """The place of an upload. `folder` is the production's folder as typed, '' for the root.

    films.folders tells which production and which character a folder is.
    """

    folder: str
    file_name: str


@dataclass(frozen=True)
class FilmFile(UploadPlace):
    """<production>/films/<file>; films/<file> or a file at the root for production main."""


@dataclass(frozen=True)
class ReferenceFile(UploadPlace):
    """<production>/characters/<name>/<file>, or <name>/<look>/<file>; characters/… as above.

    `look_folder` is as typed, '' for a file beside the looks.
    """

    character_folder: str
    look_folder: str = ""


@dataclass(frozen=True)
class StoryboardFile(UploadPlace):
    """<production>/storyboards/<file>.yaml; storyboards/… at the root for production main."""


@dataclass(frozen=True)
class SettingsFile(UploadPlace):
    """<production>/settings.yaml, or settings.yaml at the root for production main."""


@dataclass(frozen=True)
class IgnoredUpload(UploadPlace):
    """A folder marker, an unfinished copy, or what systems and cameras write beside films.

    `why` says what it is, as it follows "it is".
    """

    why: str


@dataclass(frozen=True)
class UnknownUpload(UploadPlace):
    """Anything else, and what is no film where films belong: one notification, for main.

    `kind` says what the file is, if its name does.
    """

    kind: FileKind | None


Upload = FilmFile | ReferenceFile | StoryboardFile | SettingsFile | IgnoredUpload | UnknownUpload


def classify(key: str) -> Upload:  # noqa: PLR0911 - one return a kind reads best
    """The kind and place of an upload by its key.

    Args:
        key: as S3 has it, not URL-encoded.
    """
    why = why_ignored(key)
    if why is not None:
        return IgnoredUpload(folder="", file_name=key, why=why)
    kind = kind_by_name(key)
    is_film = kind is None
    match PurePosixPath(key).parts:
        case ["settings.yaml"]:
            return SettingsFile(folder="", file_name="settings.yaml")
        case [name] if is_film:
            return FilmFile(folder="", file_name=name)
        case [folder, "settings.yaml"]:
            return SettingsFile(folder=folder, file_name="settings.yaml")
        case [folder, "films", *path] if path and is_film:
            return FilmFile(folder=folder, file_name="/".join(path))
        case [folder, "characters", character, name]:
            return ReferenceFile(folder=folder, file_name=name, character_folder=character)
        case [folder, "characters", character, look, name]:
            return ReferenceFile(folder, name, character_folder=character, look_folder=look)
        case [folder, "storyboards", name] if name.lower().endswith(STORYBOARD_SUFFIXES):
            return StoryboardFile(folder=folder, file_name=name)
        case ["films", *path] if path and is_film:
            return FilmFile(folder="", file_name="/".join(path))
        case ["characters", character, name]:
            return ReferenceFile(folder="", file_name=name, character_folder=character)
        case ["characters", character, look, name]:
            return ReferenceFile("", name, character_folder=character, look_folder=look)
        case ["storyboards", name] if name.lower().endswith(STORYBOARD_SUFFIXES):
            return StoryboardFile(folder="", file_name=name)
    return UnknownUpload(folder="", file_name=key, kind=kind)


def production_name_in(key: str) -> str:
    """The production's name for people in the key of an upload: its folder as typed."""
    return as_typed(classify(key).folder or MAIN_PRODUCTION)


def key_in(folder: str, *names: str) -> str:
    """The key of something in a production's folder; '' is the root of the bucket."""
    return "/".join((folder, *names) if folder else names)


def settings_key(folder: str) -> str:
    """The key of a production's settings in the uploads bucket."""
    return key_in(folder, "settings.yaml")
