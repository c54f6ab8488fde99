"""review.jsonl of an exported folder: what people decided there, until it is in the stack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from onmodel.contracts.review import CorrectionResult, PostedCorrection
from onmodel.contracts.trainings import DatasetLimits
from onmodel.films.corrections import save_corrections
from onmodel.formats.jsonl import read_lines
from onmodel.ports.registry import Registry
from onmodel.wiring import now
from onmodel_cli.exports.contracts import REVIEW
from onmodel_cli.exports.folder import FolderRefused, exported, put_whole


def read_review(folder: Path) -> tuple[PostedCorrection, ...]:
    """The decisions of a folder; each has the version of the stack that it was made from.

    Raises:
        FolderRefused: the file was changed by hand, and has no decisions any more.
    """
    path = folder / REVIEW
    if not path.is_file():
        return ()
    try:
        return read_lines(PostedCorrection, path.read_bytes())
    except ValidationError as fault:
        raise FolderRefused(
            f"{path} has a line that is no correction", "Correct or delete it"
        ) from fault


def write_review(folder: Path, lines: Iterable[bytes]) -> None:
    """Lines of PostedCorrection."""
    put_whole(folder / REVIEW, b"".join(lines))


def save_review(
    folder: Path, production: str, *, registry: Registry, limits: DatasetLimits
) -> Sequence[CorrectionResult]:
    """Save the decisions of a folder in its production. Nothing is paid.

    Args:
        folder: exported before; one that is not there has no decisions.
        production: id; the folder must be of it.
        registry: takes the corrections.
        limits: of captions.

    Raises:
        FolderRefused: it has decisions about another production's pictures.
    """
    decisions = read_review(folder)
    if not decisions:
        return ()
    export = exported(folder)
    if export is None or export.production != production:
        of = "no export" if export is None else f"an export of {export.production}"
        raise FolderRefused(
            f"{folder} has corrections, and holds {of}", "Give another folder with --to"
        )
    results = save_corrections(production, decisions, registry=registry, clock=now, limits=limits)
    (folder / REVIEW).unlink()
    return results
