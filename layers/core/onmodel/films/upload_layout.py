"""The layout of the uploads bucket: what kind of upload a key is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from onmodel.contracts.keys import MAIN_PRODUCTION, slug
from onmodel.films.ignored_names import why_ignored

STORYBOARD_SUFFIXES = (".yaml", ".yml")

NEVER_FILMS = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif",
    ".psd", ".svg", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf",  # pictures; a GIF is a film
    ".txt", ".md", ".rtf", ".pdf", ".doc", ".docx", ".odt", ".xls", ".xlsx", ".csv", ".json",
    ".yaml", ".yml", ".htm", ".html", ".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".exe", ".dmg",
})  # fmt: skip
"""Where a film belongs these are reported like a file at an unknown place, and start no run."""


@dataclass(frozen=True)
class UploadPlace:
    """The place of an upload. `folder` is the production's folder as written, '' for the root."""

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
    """A folder marker, an unfinished copy, or what systems and cameras write beside films.

    `why` says what it is, as it follows "it is".
    """

    why: str


@dataclass(frozen=True)
class UnknownUpload(UploadPlace):
    """Anything else, and what is no film where films belong: one notification, for main."""


Upload = FilmFile | ReferenceFile | StoryboardFile | SettingsFile | IgnoredUpload | UnknownUpload


def classify(key: str) -> Upload:  # noqa: PLR0911 - one return a kind reads best
    """The kind and place of an upload by its key.

    Args:
        key: as S3 has it, not URL-encoded.
    """
    why = why_ignored(key)
    if why is not None:
        return IgnoredUpload(folder="", file_name=key, why=why)
    is_film = PurePosixPath(key).suffix.lower() not in NEVER_FILMS
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
        case [folder, "storyboards", name] if name.lower().endswith(STORYBOARD_SUFFIXES):
            return StoryboardFile(folder=folder, file_name=name)
    return UnknownUpload(folder="", file_name=key)


def settings_key(folder: str) -> str:
    """The key of a production's settings in the uploads bucket."""
    return f"{folder}/settings.yaml" if folder else "settings.yaml"
