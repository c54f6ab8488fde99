"""The built template as `sam local` reads it quickest.

SAM puts the layers into an image. When the template makes them, it packs them all (300 MB) and asks
the engine for that image before every call; when the template names them by ARN, it takes them from
its cache and makes the image once. So the built layers are laid into such a cache, under names that
change with their content, and the template is written anew with their ARNs. It is JSON, which SAM
reads at once: its YAML takes SAM two seconds a call.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from onmodel_local.packaging import load_template

HEAVY_FIRST = ("VisionLayer", "CoreLayer")
"""An image is made in this order: when only our code has changed, what is below it stays."""


def write_template(build: Path, cache: Path) -> Path:
    """Returns the template, which lies beside the built one, since its paths are relative.

    Args:
        build: what `sam build` made.
        cache: what `sam local` is given as --layer-cache-basedir.
    """
    template = load_template((build / "template.yaml").read_text())
    arns = {layer: _lay_into_cache(build / layer, cache) for layer in HEAVY_FIRST}
    common = template["Globals"]["Function"].pop("Layers")
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            own = resource["Properties"].get("Layers", [])
            used = {reference["Ref"] for reference in [*common, *own]}
            resource["Properties"]["Layers"] = [
                arns[layer] for layer in HEAVY_FIRST if layer in used
            ]
    path = build / "sam-local.json"
    path.write_text(json.dumps(template))
    return path


def _lay_into_cache(layer: Path, cache: Path) -> str:
    """The layer's ARN. SAM's cache has a folder for each: name, version, and a hash of the ARN.

    Were it named otherwise one day, SAM would ask the local stack for the layer and fail.
    """
    name = f"{layer.name}-{digest(layer)}"
    arn = f"arn:aws:lambda:us-east-1:000000000000:layer:{name}:1"
    folder = cache / f"{name}-1-{hashlib.sha256(arn.encode()).hexdigest()[:10]}"
    cache.mkdir(parents=True, exist_ok=True)
    for old in cache.glob(f"{layer.name}-*"):
        old.unlink()
    folder.symlink_to(layer.resolve(), target_is_directory=True)
    return arn


def digest(folder: Path) -> str:
    """Of all names and contents under a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:16]
