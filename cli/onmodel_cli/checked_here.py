"""Words the faults of a file on this machine, which the functions' code finds before the upload."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onmodel.errors import RefusedError

IN_THE_BUCKET = "settings.yaml"
"""What messages call a file of settings: the only name that it has in the bucket."""

_UPLOAD_AGAIN = re.compile(r",? and upload it again$")


@contextmanager
def checked_here(path: Path) -> Iterator[None]:
    """The file by its own name, and no advice to upload again what was not uploaded.

    Raises:
        RefusedError: of the class of the fault.
    """
    try:
        yield
    except RefusedError as fault:
        reason = fault.reason
        if reason.startswith(IN_THE_BUCKET):
            reason = f"{path.name}{reason.removeprefix(IN_THE_BUCKET)}"
        raise type(fault)(reason, _UPLOAD_AGAIN.sub("", fault.advice)) from fault


def no_file(path: Path, what: str) -> tuple[str, str]:
    """Why a path leads to no file, and what to do. `what` is named, for example a film."""
    if path.is_dir():
        return f"{path.absolute()} is a folder", f"Give the {what} itself"
    return f"There is no {what} at {path}", "Check the path"
