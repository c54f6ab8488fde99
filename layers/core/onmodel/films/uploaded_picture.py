"""A picture of the uploads bucket as pixels."""

from __future__ import annotations

from onmodel.contracts.arrays import Pixels
from onmodel.ports.storage import ObjectStore
from onmodel.vision.encoding import check_file_size, decode_picture


def read_uploaded_picture(uploads: ObjectStore, key: str, version_id: str | None = None) -> Pixels:
    """Judge a picture by its size before it is downloaded, then decode it.

    Args:
        uploads: holds it.
        key: of the object.
        version_id: of it; None for the newest version.

    Returns:
        `(height, width, 3)` uint8, BGR.

    Raises:
        ReferenceRefused: as decode_picture says.
        NotFound: it was deleted.
    """
    info = uploads.head(key, version_id)
    check_file_size(info.size)
    return decode_picture(uploads.get(key, info.version_id or version_id))
