"""Put the base model's weights and the packages of a job into a bucket: the entry point of a job.

    python prepare.py --bucket B --model M --revision R --weights-prefix P/ --wheels-prefix Q/ …

This job has a network; those that train and draw have none. Needs the standard library and boto3.
It may run again at any time: a file that was uploaded is not fetched again. weights.json and
wheels.json are written last, so that a folder without its listing is incomplete.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bucket_folder import BucketFolder
from hub import ENDPOINT, Hub, HubFile, is_licence, is_wanted
from job import JobError, run, sha256
from weights import check_weights
from wheels import fetch_wheels

WEIGHTS, WHEELS = "weights.json", "wheels.json"


def weights_from_hub(
    hub: Hub, model: str, revision: str, folder: BucketFolder, scratch: Path
) -> None:
    """Copy a revision of a model, one file after the other; the disk holds one at a time.

    Raises:
        JobError: the hub does not have it, a file differs from its declared hash, or there is no
            licence.
    """
    made_of = {"model": model, "revision": revision}
    if _is_complete(folder, WEIGHTS, made_of):
        return
    files = hub.files(model, revision)
    _need_licence([file.name for file in files], f"{model} at {revision}")
    licence = _hub_licence(hub, model, revision, files, scratch / "README.md")
    hashes: dict[str, str] = {}
    for file in files:
        known = folder.finished(file.name, file.size, file.declared)
        if known is None:
            path = scratch / "file"
            hub.fetch(model, revision, file, path)
            known = sha256(path)
            folder.upload(path, file.name, sha256=known, declared=file.declared)
            path.unlink()
        print(f"{file.name}: {file.size:,} bytes, {known}", flush=True)
        hashes[file.name] = known
    about = made_of | {"licence": licence, "origin": "hub"}
    _finish(folder, WEIGHTS, about, hashes, {file.name: file.size for file in files})


def weights_from_folder(source: Path, model: str, revision: str, folder: BucketFolder) -> None:
    """Upload a model that is on this machine.

    A weights.json of its own is compared with the files, and says what it is; else it is taken for
    `model` at `revision`, which nothing checks.

    Raises:
        JobError: it is no pipeline of diffusers, its licence is missing, or a file is another one
            than its own weights.json names.
    """
    if not (source / "model_index.json").is_file():
        raise JobError(f"{source} has no model_index.json: give the folder of a diffusers pipeline")
    names = sorted(
        path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()
    )
    names = [name for name in names if is_wanted(name) and name != WEIGHTS]
    _need_licence(names, str(source))
    if (source / WEIGHTS).is_file():
        told = check_weights(source)
        about = {"model": told.name, "revision": told.revision, "licence": told.licence}
    else:
        licence = named_licence(source / "README.md")
        about = {"model": model, "revision": revision, "licence": licence}
    _upload_all(folder, WEIGHTS, about, {name: source / name for name in names})


def wheels_from_index(
    requirements: Path, image: str, folder: BucketFolder, scratch: Path, index: str | None
) -> None:
    """Fetch what this environment, the training image, lacks of a requirements.txt.

    Raises:
        JobError: see fetch_wheels.
    """
    made_of = {"requirements_sha256": sha256(requirements), "image": image}
    if _is_complete(folder, WHEELS, made_of):
        return
    found = fetch_wheels(requirements, scratch, index)
    about = made_of | {"origin": "hub"}
    _upload_all(folder, WHEELS, about, {path.name: path for path in found})


def wheels_from_folder(source: Path, requirements: Path, image: str, folder: BucketFolder) -> None:
    """Upload wheels that are on this machine; whether they fit the image shows when a job runs."""
    about = {"requirements_sha256": sha256(requirements), "image": image, "origin": "folder"}
    _upload_all(folder, WHEELS, about, {path.name: path for path in sorted(source.glob("*.whl"))})


def named_licence(card: Path) -> str:
    """The licence that a model card names in its first lines, for example `apache-2.0`.

    Raises:
        JobError: there is no card, or it names none.
    """
    lines = card.read_text(encoding="utf-8").splitlines() if card.is_file() else []
    named = dict(line.split(":", 1) for line in lines[:40] if ":" in line)
    licence = named.get("license_name", named.get("license", "")).strip().strip("\"'")
    if not licence:
        raise JobError("The model card README.md is missing, or names no licence")
    return licence


def _hub_licence(hub: Hub, model: str, revision: str, files: Sequence[HubFile], card: Path) -> str:
    for file in files:
        if file.name == "README.md":
            hub.fetch(model, revision, file, card)
    return named_licence(card)


def _need_licence(names: Sequence[str], where: str) -> None:
    if not any(is_licence(name) for name in names):
        raise JobError(f"There is no LICENSE in {where}: it must stay with the weights")


def _is_complete(folder: BucketFolder, listing: str, made_of: Mapping[str, str]) -> bool:
    """Whether the listing is there, made of this, and every file that it names."""
    told = folder.read_json(listing)
    if told is None or any(told[name] != value for name, value in made_of.items()):
        return False
    complete = folder.has_all(told["sizes"])
    if complete:
        print(f"complete: {folder}", flush=True)
    return complete


def _upload_all(
    folder: BucketFolder, listing: str, about: Mapping[str, Any], files: Mapping[str, Path]
) -> None:
    hashes = {name: sha256(path) for name, path in files.items()}
    sizes = {name: path.stat().st_size for name, path in files.items()}
    for name, path in files.items():
        declared = f"sha256:{hashes[name]}"
        if folder.finished(name, sizes[name], declared) is None:
            folder.upload(path, name, sha256=hashes[name], declared=declared)
        print(f"{name}: {sizes[name]:,} bytes, {hashes[name]}", flush=True)
    _finish(folder, listing, {"origin": "folder"} | dict(about), hashes, sizes)


def _finish(
    folder: BucketFolder,
    listing: str,
    about: Mapping[str, Any],
    hashes: Mapping[str, str],
    sizes: Mapping[str, int],
) -> None:
    """Delete what another model or an earlier release left there, and write the listing."""
    for name in folder.delete_others([*hashes, listing]):
        print(f"{name}: deleted, it is not one of these files", flush=True)
    folder.write_json(listing, {**about, "files": dict(hashes), "sizes": dict(sizes)})
    print(f"complete: {folder}, {sum(sizes.values()):,} bytes", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Run with the arguments of a command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--revision", required=True)
    parser.add_argument("--weights-prefix", required=True)
    parser.add_argument("--wheels-prefix", required=True)
    parser.add_argument("--image", required=True, help="in which the job runs")
    parser.add_argument("--only", choices=["weights", "wheels"], help="not the other")
    parser.add_argument("--weights-from", type=Path, metavar="DIR", help="instead of the hub")
    parser.add_argument("--wheels-from", type=Path, metavar="DIR", help="instead of the index")
    parser.add_argument("--hub", default=ENDPOINT)
    parser.add_argument("--index", help="address of a package index; else pip's own")
    parser.add_argument("--failure", type=Path, default=Path("/opt/ml/output/failure"))
    chosen = parser.parse_args(arguments)
    return run(lambda: _prepare(chosen), chosen.failure)


def _prepare(chosen: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as made:
        scratch = Path(made)
        if chosen.only != "weights":
            _prepare_wheels(chosen, scratch)
        if chosen.only != "wheels":
            _prepare_weights(chosen, scratch)


def _prepare_wheels(chosen: argparse.Namespace, scratch: Path) -> None:
    requirements = Path(__file__).with_name("requirements.txt")
    folder = BucketFolder(chosen.bucket, chosen.wheels_prefix)
    if chosen.wheels_from:
        wheels_from_folder(chosen.wheels_from, requirements, chosen.image, folder)
    else:
        wheels_from_index(requirements, chosen.image, folder, scratch, chosen.index)


def _prepare_weights(chosen: argparse.Namespace, scratch: Path) -> None:
    folder = BucketFolder(chosen.bucket, chosen.weights_prefix)
    if chosen.weights_from:
        weights_from_folder(chosen.weights_from, chosen.model, chosen.revision, folder)
    else:
        weights_from_hub(Hub(chosen.hub), chosen.model, chosen.revision, folder, scratch)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
