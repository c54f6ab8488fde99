"""Copy the results to this machine: dataset, manifest, loss curve, gallery."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from onmodel.contracts.keys import DatasetKeys
from onmodel.errors import NotFound
from onmodel.ports.storage import ObjectStore
from onmodel_cli.journey import Place
from onmodel_cli.storyboard import fetch_gallery


@dataclass(frozen=True)
class Harvest:
    """Paths of the results; None for what was not made."""

    dataset: Path | None = None
    manifest: Path | None = None
    annotations: Path | None = None
    loss_curve: Path | None = None
    gallery: Path | None = None

    def rows(self) -> list[tuple[str, Path]]:
        """Names and paths for people, in the order in which they were made."""
        named = [
            ("Dataset", self.dataset),
            ("Manifest", self.manifest),
            ("Lineage", self.annotations),
            ("Loss curve", self.loss_curve),
            ("Gallery", self.gallery),
        ]
        return [(name, path) for name, path in named if path is not None]


def harvest(place: Place, production: str, studio: ObjectStore, output: Path) -> Harvest:
    """Copy the results that exist; the dataset's pictures too, which its report leads to."""
    if place.dataset is None:
        return Harvest()
    keys = DatasetKeys(production, place.dataset.id)
    folder = (output / production / "datasets" / place.dataset.id).resolve()
    for part in (f"{keys.dataset}/report/", f"{keys.pictures}/"):
        for info in studio.list(part):
            _copy(studio, info.key, folder / info.key.removeprefix(f"{keys.dataset}/"))
    report = folder / "report" / "index.html"
    board = place.storyboard if place.is_drawn else None
    return Harvest(
        dataset=report if report.is_file() else None,
        manifest=_copy(studio, keys.manifest, folder / "manifest.jsonl"),
        annotations=_copy(studio, keys.annotations, folder / "annotations.jsonl"),
        loss_curve=_copy(studio, keys.loss_curve, folder / "loss_curve.svg"),
        gallery=fetch_gallery(board, studio, output) if board else None,
    )


def _copy(studio: ObjectStore, key: str, path: Path) -> Path | None:
    try:
        body = studio.get(key)
    except NotFound:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path
