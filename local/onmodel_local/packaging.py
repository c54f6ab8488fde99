"""template.yaml → what CloudFormation deploys, as `sam package` would make it, without a build.

Functions and layers are zipped as they are in the repository. The layers' large wheels are taken
from the environment, because the emulator runs functions on the same Python.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Template = dict[str, Any]

_EPOCH = (1980, 1, 1, 0, 0, 0)  # same content, same bytes, same key


@dataclass
class Package:
    """A template with s3:// URIs instead of local paths, and the objects of these URIs."""

    template: Template
    bucket: str
    objects: dict[str, bytes] = field(default_factory=dict)

    def add(self, body: bytes, suffix: str) -> str:
        """Returns the object's URI; its key is a hash of its content."""
        key = f"{hashlib.sha256(body).hexdigest()[:32]}.{suffix}"
        self.objects[key] = body
        return f"s3://{self.bucket}/{key}"


def package(path: Path, bucket: str) -> Package:
    """Read a SAM template and pack all that it refers to by a local path."""
    made = Package(load_template(path.read_text()), bucket)
    packers: dict[str, tuple[str, Callable[[Path], tuple[bytes, str]]]] = {
        "AWS::Serverless::Function": ("CodeUri", _function),
        "AWS::Serverless::LayerVersion": ("ContentUri", _layer),
        "AWS::Serverless::StateMachine": ("DefinitionUri", _definition),
    }
    _make_environment_text(made.template.get("Globals", {}).get("Function", {}))
    for resource in made.template["Resources"].values():
        if resource["Type"] not in packers:
            continue
        _make_environment_text(resource.get("Properties", {}))
        name, pack = packers[resource["Type"]]
        local = resource.get("Properties", {}).get(name)
        if isinstance(local, str) and not local.startswith("s3://"):
            resource["Properties"][name] = made.add(*pack(path.parent / local))
    return made


def load_template(text: str) -> Template:
    """YAML with CloudFormation's short tags → the long forms."""
    loaded = yaml.load(text, Loader=_Loader)  # noqa: S506 - a CSafeLoader with CloudFormation's tags
    if not isinstance(loaded, dict) or "Resources" not in loaded:
        raise ValueError("no CloudFormation template: it has no Resources")
    return loaded


def _make_environment_text(properties: dict[str, Any]) -> None:
    """Convert numbers in a function's environment to text, as CloudFormation does."""
    environment = properties.get("Environment")
    if environment and "Variables" in environment:
        environment["Variables"] = _as_text(environment["Variables"])


def _as_text(value: Any) -> Any:  # noqa: ANN401 - a template's values
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


class _Loader(yaml.CSafeLoader):
    """CSafeLoader that reads `!Ref`, `!Sub` and similar tags."""


def _construct_tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _construct_tag)
# dates such as a policy's "2012-10-17" stay text
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


_NUMBER = re.compile(r'"(Seconds|TimeoutSeconds|MaxConcurrency)": "(\$\{\w+\})"')


def _function(folder: Path) -> tuple[bytes, str]:
    return _zip((path.relative_to(folder).as_posix(), path) for path in _files(folder)), "zip"


def _layer(folder: Path) -> tuple[bytes, str]:
    """The Python packages in the layer's folder, under python/; none for a layer of wheels.

    And the programs of a training job, as the layer's Makefile copies them.
    """
    packages = [
        path
        for package_folder in sorted(folder.iterdir())
        if (package_folder / "__init__.py").is_file()
        for path in _files(package_folder)
    ]
    programs = [
        path
        for pattern in ("*.py", "start.sh", "requirements.txt")
        for path in sorted((folder / "trainer").glob(pattern))
    ]
    entries = [
        (f"python/{path.relative_to(folder).as_posix()}", path) for path in (*packages, *programs)
    ]
    return _zip(iter(entries)), "zip"


def _definition(path: Path) -> tuple[bytes, str]:
    """Amazon States Language in YAML → JSON, as SAM's transform does.

    CloudFormation puts numbers into the YAML's text; here they are put into JSON, where a
    placeholder for a number must stand without quotes.
    """
    text = json.dumps(yaml.load(path.read_text(), Loader=yaml.CSafeLoader))
    return _NUMBER.sub(r'"\1": \2', text).encode(), "json"


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _zip(entries: Iterator[tuple[str, Path]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("python/", _EPOCH), b"")  # an empty zip is not valid
        for name, path in entries:
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, path.read_bytes())
    return buffer.getvalue()
