"""The built layers, as Lambda would unpack them. `make check-build` builds and runs this."""

from __future__ import annotations

import ast
import os
import struct
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = ROOT / os.environ.get("BUILD_DIR", ".aws-sam/build")
ARCH = os.environ.get("ARCH", "arm64")

LIMIT_BYTES = 262_144_000
"""250 MB unzipped, a function with its layers together."""

ROOM_BYTES = 4_000_000
"""Kept for the next wheel, or an update of these."""

MACHINES = {"arm64": 183, "x86_64": 62}
"""e_machine of the ELF header: EM_AARCH64 and EM_X86_64."""

BYTECODE_3_13 = 3571
"""The magic number of Python 3.13's bytecode."""

UNCHECKED_HASH = 1
"""PEP 552: read without a look at the source."""

pytestmark = pytest.mark.skipif(
    "BUILD_DIR" not in os.environ and not BUILD.exists(), reason="nothing is built: make build"
)


def files(*layers: str) -> list[Path]:
    found = [path for layer in layers for path in (BUILD / layer).rglob("*") if path.is_file()]
    assert found, f"{BUILD} has no {layers}"
    return found


def test_layers_when_unpacked_with_a_function_then_fit() -> None:
    if ARCH != "arm64":
        pytest.skip("wheels of x86-64 are larger than Lambda allows: for local runs only")
    total = sum(path.stat().st_size for path in files("CoreLayer", "VisionLayer"))
    function = max(
        sum(path.stat().st_size for path in folder.rglob("*.py"))
        for folder in (ROOT / "functions").iterdir()
    )
    assert total + function <= LIMIT_BYTES - ROOM_BYTES, f"{total + function:,} bytes"


def test_libraries_when_read_then_are_for_the_deployed_processor() -> None:
    checked = 0
    for path in files("CoreLayer", "VisionLayer"):
        with path.open("rb") as file:
            header = file.read(20)
        if header[:4] == b"\x7fELF":
            (machine,) = struct.unpack_from("<H", header, 18)
            assert machine == MACHINES[ARCH], path
            checked += 1
    assert checked > 50


def test_extensions_when_named_then_are_for_python_3_13_or_any() -> None:
    for path in files("CoreLayer", "VisionLayer"):
        if ".cpython-" in path.name and path.suffix != ".pyc":
            assert ".cpython-313-" in path.name, path


def test_bytecode_when_packed_then_is_read_by_python_3_13_whatever_the_times() -> None:
    compiled = [path for path in files("CoreLayer", "VisionLayer") if path.suffix == ".pyc"]
    if not compiled:
        pytest.skip("built without Python 3.13: no bytecode")
    for path in compiled:
        magic, flags = struct.unpack_from("<II", path.read_bytes())
        assert (magic & 0xFFFF, flags) == (BYTECODE_3_13, UNCHECKED_HASH), path
    sources = {path for path in files("CoreLayer") if path.suffix == ".py"}
    known = {path.parents[1] / f"{path.name.partition('.')[0]}.py" for path in compiled}
    assert sources <= known


def test_layers_when_listed_then_hold_the_application_and_no_sdk() -> None:
    core = {path.name for path in (BUILD / "CoreLayer/python").iterdir()}
    vision = {path.name for path in (BUILD / "VisionLayer/python").iterdir()}
    assert {"onmodel", "pydantic", "aws_lambda_powertools", "yaml", "jinja2"} <= core
    assert not {"boto3", "botocore"} & core, "the runtime brings them"
    assert {"av", "cv2", "numpy"} <= vision


def test_application_when_packed_then_complete() -> None:
    def listing(root: Path) -> set[str]:
        return {
            str(path.relative_to(root))
            for path in root.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    packed = listing(BUILD / "CoreLayer/python/onmodel")
    assert packed == listing(ROOT / "layers/core/onmodel")


def imported_roots(source: str) -> set[str]:
    """Top-level names of all imports that happen at run time."""
    roots: set[str] = set()
    pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            roots |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            roots.add(node.module.split(".")[0])
        pending += ast.iter_child_nodes(node)
    return roots


def test_imports_when_followed_then_lie_in_a_layer_or_the_runtime() -> None:
    """The local stack would not notice: its functions see the host's packages."""
    there = {"boto3", "botocore"} | set(sys.stdlib_module_names)
    for layer in ("CoreLayer", "VisionLayer"):
        there |= {path.name.split(".")[0] for path in (BUILD / layer / "python").iterdir()}
    ours = [*(BUILD / "CoreLayer/python/onmodel").rglob("*.py"), *ROOT.glob("functions/*/*.py")]
    assert len(ours) > 50
    for path in ours:
        assert imported_roots(path.read_text()) <= there, path


def test_core_layer_when_built_then_has_the_programs_of_a_training_job() -> None:
    built = {path.name for path in (BUILD / "CoreLayer/python/trainer").iterdir()}
    wanted = {path.name for path in (ROOT / "trainer").glob("*.py")}
    assert wanted | {"start.sh", "requirements.txt"} <= built
    assert not [name for name in built if name.startswith("test")]
