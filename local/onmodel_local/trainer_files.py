"""What SageMaker jobs read from the studio bucket: weights and packages, for the local stack.

On AWS `onmodel trainer prepare` brings them. Here the weights are one of three: those of a model
that draws noise (made by trainer/testing/tiny_model.py), a few bytes for the scripted programs, or
a folder of the user, which stays where it is.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any, Protocol

from onmodel.contracts.weights import (
    WEIGHTS_LISTING,
    WHEELS_LISTING,
    WeightsListing,
    WheelsListing,
    weights_prefix,
    wheels_prefix,
)

SCRIPTED = "onmodel/scripted-job-no-model"
"""`model` of the weights that the scripted programs check and do not use."""

_TRAINER = "trainer"
_CARD_LINES = 40


class WeightsRefusedError(ValueError):
    """Raised when a folder of weights cannot be used; the message says why."""


class SimulatedStack(Protocol):
    """A running stack: a LocalStack or a RunningStack."""

    def client(self, service: str) -> Any: ...  # noqa: ANN401 - boto3's clients
    def control(self, path: str, order: dict[str, Any] | None = None) -> Any: ...  # noqa: ANN401


def put_trainer_files(stack: SimulatedStack, bucket: str, root: Path) -> None:
    """Put weights and packages into the studio bucket, by the settings of the stack.

    Args:
        stack: running, with the template deployed.
        bucket: the studio bucket.
        root: the repository.
    """
    settings = stack.control("simulation-settings")
    if settings["weights_folder"]:
        _name_weights(stack, bucket, Path(settings["weights_folder"]))
    elif settings["training_program"] == "trainer":
        _put_folder(stack, bucket, make_tiny_model(root, settings["trainer_python"]))
    else:
        _put_scripted_weights(stack, bucket)
    _put_wheels(stack, bucket, root)


def make_tiny_model(root: Path, python: str) -> Path:
    """The tiny model's folder in .cache; made in some seconds, and kept for the next stack."""
    program = root / _TRAINER / "testing" / "tiny_model.py"
    made_of = program.read_bytes() + (root / _TRAINER / "requirements.txt").read_bytes()
    folder = root / ".cache" / f"tiny-model-{hashlib.sha256(made_of).hexdigest()[:16]}"
    if not (folder / WEIGHTS_LISTING).is_file():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([python, str(program), str(part)], check=True, capture_output=True)  # noqa: S603
        part.replace(folder)
    return folder


def link_weights(source: Path, root: Path) -> Path:
    """A folder with the files of `source` and a weights.json; `source` itself when it has one.

    Args:
        source: a diffusers pipeline on this machine.
        root: the repository; links and weights.json are kept in its .cache.

    Raises:
        WeightsRefusedError: it is no pipeline, or has no licence.
    """
    source = source.resolve()
    if not (source / "model_index.json").is_file():
        raise WeightsRefusedError(
            f"{source} has no model_index.json: give the folder of a diffusers pipeline"
        )
    if (source / WEIGHTS_LISTING).is_file():
        return source
    licence = _licence(source)
    paths = {
        path.relative_to(source).as_posix(): path
        for path in sorted(source.rglob("*"))
        if path.is_file() and not any(part[0] == "." for part in path.relative_to(source).parts)
    }
    listing = WeightsListing(
        model=source.name,
        revision="local",
        licence=licence,
        origin="folder",
        files={name: _sha256(path) for name, path in paths.items()},
        sizes={name: path.stat().st_size for name, path in paths.items()},
    )
    text = listing.model_dump_json(indent=1)
    target = root / ".cache" / f"weights-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    for name, path in paths.items():
        link = target / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(path)
    (target / WEIGHTS_LISTING).write_text(text)
    return target


def _licence(source: Path) -> str:
    if not any(source.glob("LICENSE*")):
        raise WeightsRefusedError(f"There is no LICENSE in {source}: it must stay with the weights")
    card = source / "README.md"
    lines = card.read_text(encoding="utf-8").splitlines()[:_CARD_LINES] if card.is_file() else []
    for line in lines:
        name, _, value = line.partition(":")
        if name in ("license", "license_name"):
            return value.strip()
    return "see LICENSE"


def _put_folder(stack: SimulatedStack, bucket: str, folder: Path) -> None:
    s3 = stack.client("s3")
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            key = f"{weights_prefix()}{path.relative_to(folder).as_posix()}"
            s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())


def _name_weights(stack: SimulatedStack, bucket: str, folder: Path) -> None:
    """Objects with the names and sizes of the files, and no content: jobs read the folder."""
    s3 = stack.client("s3")
    listing = (folder / WEIGHTS_LISTING).read_bytes()
    for name, size in WeightsListing.from_stored(listing).sizes.items():
        key = f"{weights_prefix()}{name}"
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
        stack.control("objects/size", {"bucket": bucket, "key": key, "size": size})
    s3.put_object(Bucket=bucket, Key=f"{weights_prefix()}{WEIGHTS_LISTING}", Body=listing)


def _put_scripted_weights(stack: SimulatedStack, bucket: str) -> None:
    s3 = stack.client("s3")
    body = b"CC0-1.0: there is no model; scripted programs write the files of a training\n"
    listing = WeightsListing(
        model=SCRIPTED, revision="0", licence="CC0-1.0", origin="folder",
        files={"LICENSE": hashlib.sha256(body).hexdigest()}, sizes={"LICENSE": len(body)},
    )  # fmt: skip
    s3.put_object(Bucket=bucket, Key=f"{weights_prefix()}LICENSE", Body=body)
    s3.put_object(
        Bucket=bucket,
        Key=f"{weights_prefix()}{WEIGHTS_LISTING}",
        Body=listing.model_dump_json().encode(),
    )


def _put_wheels(stack: SimulatedStack, bucket: str, root: Path) -> None:
    """A listing without packages: the environment that runs the programs has them."""
    requirements = hashlib.sha256((root / _TRAINER / "requirements.txt").read_bytes()).hexdigest()
    listing = WheelsListing(
        requirements_sha256=requirements, image="none: the local stack has no image",
        origin="folder", files={}, sizes={},
    )  # fmt: skip
    stack.client("s3").put_object(
        Bucket=bucket,
        Key=f"{wheels_prefix(requirements)}{WHEELS_LISTING}",
        Body=listing.model_dump_json().encode(),
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
