"""References whose pictures are at hand."""

from __future__ import annotations

from onmodel.ports.namer import ReferencePicture


def reference(character: str, jpeg: bytes | None, name: str = "") -> ReferencePicture:
    """A reference that is read without a service; None for one that cannot be used."""
    return ReferencePicture(character, lambda: jpeg, name)


def read(reference: ReferencePicture) -> bytes:
    """The JPEG of a reference that can be used."""
    jpeg = reference.read()
    assert jpeg is not None
    return jpeg
