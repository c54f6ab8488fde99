"""Changes of the emulator's objects that S3 does not offer: version ids and declared sizes."""

from __future__ import annotations

from typing import Any

from ministack.services import s3

from onmodel_local.standins.errors import ControlRefusedError


def name_version(order: dict[str, Any]) -> dict[str, Any]:
    """Change the id of an object's newest version. S3 chooses ids, but fixtures have fixed ones.

    Args:
        order: bucket, key and version_id.

    Raises:
        ControlRefusedError: there is no such object, or its bucket keeps no versions.
    """
    bucket, key, wanted = (str(order.get(name, "")) for name in ("bucket", "key", "version_id"))
    current = (s3._ensure_bucket(bucket) or {}).get("objects", {}).get(key)
    versions = s3._object_versions.get((bucket, key)) or []
    newest = next((version for version in versions if version.get("is_latest")), None)
    if not wanted or current is None or newest is None:
        raise ControlRefusedError(f"{bucket} has no version of {key!r} to be named {wanted!r}")
    versions[:] = [version for version in versions if version["version_id"] != wanted] or versions
    current["version_id"] = newest["version_id"] = wanted
    if newest not in versions:
        versions.append(newest)
    return {"version_id": wanted}


def declare_size(order: dict[str, Any]) -> dict[str, Any]:
    """Let an object have the size of a file that is not in the emulator's memory.

    Args:
        order: bucket, key and size in bytes.

    Raises:
        ControlRefusedError: there is no such object.
    """
    bucket, key, size = str(order.get("bucket", "")), str(order.get("key", "")), order.get("size")
    current = (s3._ensure_bucket(bucket) or {}).get("objects", {}).get(key)
    if current is None or not isinstance(size, int):
        raise ControlRefusedError(f"{bucket} has no object {key!r} to have the size {size!r}")
    for record in (current, *(s3._object_versions.get((bucket, key)) or [])):
        record["size"] = size
    return {"size": size}
