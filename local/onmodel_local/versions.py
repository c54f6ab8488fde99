"""Gives object versions of the emulator the ids that the fixtures contain."""

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
