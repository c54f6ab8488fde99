"""Upload a film, its references and its settings to the uploads bucket."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig

from onmodel.adapters.faults import translated
from onmodel.contracts.keys import as_typed
from onmodel.contracts.settings import AllowedModels
from onmodel.errors import (
    NotFound,
    ReferenceRefused,
    RefusedError,
    ServiceUnavailable,
    SettingsRefused,
)
from onmodel.films.folders import production_called
from onmodel.films.settings import read_settings
from onmodel.films.upload_layout import (
    IgnoredUpload,
    classify,
    key_in,
    settings_key,
)
from onmodel.formats.user_yaml import check_size, user_yaml_notices
from onmodel.formats.wording import printable
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectInfo, ObjectStore
from onmodel.vision.picture_header import picture_kind
from onmodel_cli.checked_here import checked_here

if TYPE_CHECKING:
    from onmodel_cli.connection import Connection
    from onmodel_cli.local_films import Film

KEY_LIMIT_BYTES = 1024  # S3's
PART_BYTES = 16 * 1024**2  # 10,000 parts of 16 MiB: films up to 156 GiB
READ_BYTES = 4 * 1024**2
UploadProgress = Callable[[int], None]
"""Called with the bytes sent since the last call."""


class NameRefused(RefusedError):
    """Raised when the name of a file, folder or production cannot be part of a key."""


def check_key(key: str) -> None:
    """Raises NameRefused for bytes that are no UTF-8 (Python's surrogates), or too many bytes."""
    try:
        size = len(as_typed(key).encode())
    except UnicodeEncodeError:
        raise NameRefused(
            f"The name {printable(key)} has bytes that are no UTF-8", "Rename it"
        ) from None
    if size > KEY_LIMIT_BYTES:
        raise NameRefused(
            f"{key[:60]}… would have a key of {size:,} bytes, and S3 takes {KEY_LIMIT_BYTES:,}",
            "Give it a shorter name",
        )


def production_folder(production: str, registry: Registry) -> str:
    """The first segment of every key: the production's folder as it was first written.

    Raises:
        SettingsRefused: no name for a production.
        NameRefused: it cannot be part of a key.
    """
    name = production.strip()
    check_key(name)
    known = production_called(name, registry)
    if known is not None:
        return known.folders[0]
    if "/" in name or not any(char.isalnum() for char in name):
        raise SettingsRefused(
            f"{production!r} cannot be the name of a production",
            "Use a name with letters or digits and without slashes",
        )
    return as_typed(name)


def upload_film(film: Film, connection: Connection, progress: UploadProgress) -> ObjectInfo:
    """Send the film in parts, with the checksum that makes its identity. Returns its head."""
    config = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES)
    _send(
        connection.s3,
        film.path,
        connection.uploads.bucket,
        film.key,
        config=config,
        progress=progress,
    )
    return connection.uploads.head(film.key)


def _send(
    s3: Any,  # noqa: ANN401
    path: Path,
    bucket: str,
    key: str,
    *,
    config: TransferConfig,
    progress: UploadProgress,
) -> None:
    with translated():
        try:
            s3.upload_file(
                str(path),
                bucket,
                key,
                Config=config,
                Callback=progress,
                ExtraArgs={"ChecksumAlgorithm": "CRC64NVME"},
            )
        except Boto3Error as fault:  # s3transfer wraps what botocore raised
            raise ServiceUnavailable(str(fault)) from fault


def upload_settings(
    path: Path,
    folder: str,
    uploads: ObjectStore,
    models: AllowedModels,
    warn: Callable[[str], None],
) -> None:
    """Check settings.yaml here, then send it unless the same content is there already.

    `warn` gets what the file may not say as it is meant.

    Raises:
        SettingsRefused: no such file, or impossible; nothing is sent.
    """
    if not path.is_file():
        raise SettingsRefused(f"There are no settings at {path}", "Check the path")
    with checked_here(path):
        check_size(path.stat().st_size, path.name)
        text = path.read_bytes()
        read_settings(text, models)
    for notice in user_yaml_notices(text, path.name):
        warn(f"{path.name}, {notice}")
    _put_if_new(uploads, settings_key(folder), text, "application/yaml")


def upload_references(
    pictures: Path, folder: str, uploads: ObjectStore, warn: Callable[[str], None]
) -> dict[str, int]:
    """Send the pictures of each sub-folder as references of the character it is named after.

    Those of a folder in it are references of the look that this one is named after.

    Each is judged here by the function's own code: what it would refuse is not sent, and told.

    Returns:
        How many pictures each character has.

    Raises:
        ReferenceRefused: no folder, or no picture in it.
    """
    found: dict[str, int] = {}
    for parts, picture in _pictures(pictures, warn):
        character = as_typed(parts[0])
        key = as_typed(key_in(folder, "characters", *parts))
        body = _usable(picture, warn)
        if body is None:
            continue
        _put_if_new(uploads, key, body, f"image/{picture_kind(body)}")
        found[character] = found.get(character, 0) + 1
    if not found:
        raise ReferenceRefused(
            f"There is no picture of a character in {pictures}",
            "Make a folder for each character there and put its pictures inside",
        )
    return found


def _pictures(folder: Path, warn: Callable[[str], None]) -> Iterator[tuple[tuple[str, ...], Path]]:
    """Each picture after its path within the folder: the character's, maybe a look's, its own."""
    if not folder.is_dir():
        raise ReferenceRefused(f"There is no folder {folder}", "Check the path")
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if not path.is_file() or isinstance(
            classify("x/characters/" + "/".join(parts)), IgnoredUpload
        ):
            continue
        try:
            check_key("/".join(parts))
        except NameRefused as fault:
            warn(f"{fault.reason}: it was left out")
            continue
        if len(parts) in {2, 3}:
            yield parts, path
        else:
            warn(
                f"{path} was left out: pictures belong into <character>/<picture> or"
                " <character>/<look>/<picture>"
            )


def _usable(path: Path, warn: Callable[[str], None]) -> bytes | None:
    """The content of a picture that the stack can use; None, and why, for any other file."""
    # imports OpenCV and PyAV: most commands do without
    from onmodel.films.uploaded_picture import read_picture
    from onmodel.vision.decoding import check_file_size

    try:
        check_file_size(path.stat().st_size)
        body = path.read_bytes()
        picture = read_picture(body)
    except ReferenceRefused as fault:
        warn(f"{path} was left out: {fault}")
        return None
    except OSError as fault:
        warn(f"{path} was left out: it cannot be read ({fault.strerror})")
        return None
    for notice in picture.notices:
        warn(f"{path}: {notice}")
    return body


def _put_if_new(uploads: ObjectStore, key: str, body: bytes, content_type: str) -> None:
    try:
        info = uploads.head(key)
    except NotFound:
        info = None
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()  # S3's ETag of small objects
    if info is None or info.size != len(body) or info.etag != digest:
        uploads.put(key, body, content_type)
