"""Deletes the faces that a stack knows; they are people's, and AWS bills for keeping them."""

from __future__ import annotations

from onmodel.contracts.keys import face_collections
from onmodel.errors import ServiceError
from onmodel.formats.wording import count
from onmodel.ports.faces import FaceCollections


def delete_faces(collections: FaceCollections, stack: str, production: str | None = None) -> int:
    """Delete the face collections of a production, or of the whole stack.

    Returns:
        How many there were.

    Raises:
        Throttled, ServiceUnavailable, AccessDenied: from Rekognition.
    """
    found = collections.ids(face_collections(stack, production))
    for collection in found:
        collections.delete(collection)
    return len(found)


def delete_faces_with_the_stack(collections: FaceCollections, stack: str) -> str:
    """What was deleted, in words; '' when there was nothing.

    It does not hold up the deletion of the stack: a face costs a fraction of a cent a month.
    """
    try:
        number = delete_faces(collections, stack)
    except ServiceError as fault:
        return (
            f"Face collections could not be deleted ({fault}): see `aws rekognition"
            f" list-collections` for ids that begin with {face_collections(stack)}"
        )
    return f"{count(number, 'face collection')} deleted" if number else ""
