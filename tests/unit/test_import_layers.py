"""Planted imports that break the rules of pyproject.toml are found by the tools of `make lint`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "core" / "onmodel"
BIN = Path(sys.executable).parent

DOWNWARD = "Imports run downward"
DOWNWARD_IN_VIDEO = "Imports run downward in video"
ONLY_TRAINERS = "Only a trainer knows its service"
TRAINERS_APART = "Trainers do not know each other"
FINDERS_APART = "Finders do not know each other"
NAMERS_APART = "Namers do not know each other"

# (contract, file that gets the import, what it imports)
PLANTED = {
    "rule imports a step": (DOWNWARD, "films/planning.py", "onmodel.steps.probe_film"),
    "port imports settings of the environment": (
        DOWNWARD, "ports/storage.py", "onmodel.environment"),
    "contract imports an error": (DOWNWARD, "contracts/films.py", "onmodel.errors"),
    "contract imports a format": (DOWNWARD, "contracts/settings.py", "onmodel.formats.user_yaml"),
    "finder imports a namer": (DOWNWARD, "finders/labels.py", "onmodel.namers.embeddings"),
    "namer imports a finder": (DOWNWARD, "namers/embeddings.py", "onmodel.finders.labels"),
    "step imports wiring": (DOWNWARD, "steps/probe_film.py", "onmodel.wiring"),
    "container reader imports a decoder": (
        DOWNWARD_IN_VIDEO, "video/container/packet_index.py", "onmodel.video.decode.pictures"),
    "shot rule imports the sampler": (
        DOWNWARD_IN_VIDEO, "video/shots/shot_counter.py", "onmodel.video.sampling.sampler"),
    "step imports a trainer": (
        ONLY_TRAINERS, "steps/start_training.py", "onmodel.trainers.bedrock.names"),
    "money imports a trainer": (
        ONLY_TRAINERS, "money/quotes.py", "onmodel.trainers.bedrock.limits"),
    "what trainers share imports one": (
        TRAINERS_APART, "trainers/pictures.py", "onmodel.trainers.bedrock.limits"),
    "trainer imports the catalogue": (
        TRAINERS_APART, "trainers/bedrock/rules.py", "onmodel.trainers.catalogue"),
    "finder imports another": (FINDERS_APART, "finders/planted.py", "onmodel.finders.labels"),
    "namer imports another": (NAMERS_APART, "namers/planted.py", "onmodel.namers.embeddings"),
}  # fmt: skip


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on folder/onmodel under this repository's contracts."""
    command = [str(BIN / "lint-imports"), "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    environment = {"PYTHONPATH": str(folder)}
    return subprocess.run(
        command, check=False, cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter reports of a copy of the package that holds every planted import."""
    folder = tmp_path_factory.mktemp("planted")
    shutil.copytree(PACKAGE, folder / "onmodel")
    for _, file, imported in PLANTED.values():
        with (folder / "onmodel" / file).open("a", encoding="utf-8") as module:
            module.write(f"\nimport {imported}\n")
    (folder / "onmodel" / "helpers.py").write_text('"""In no layer."""\n')
    answer = lint_imports(folder)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    return answer.stdout


def section(report: str, contract: str) -> str:
    """The violations that import-linter lists below a contract's name."""
    underlined = f"\n{contract}\n{'-' * len(contract)}\n"
    _, found, below = report.partition(underlined)
    assert found, report
    return below.split("\n---", 1)[0]


@pytest.mark.parametrize("planted_import", PLANTED)
def test_import_when_it_breaks_a_contract_then_import_linter_names_it(
    planted: str, planted_import: str
) -> None:
    contract, file, imported = PLANTED[planted_import]
    importer = "onmodel." + file.removesuffix(".py").replace("/", ".")
    assert f"{contract} BROKEN" in planted
    assert f"{importer} -> {imported} (l." in section(planted, contract)


def test_module_when_it_stands_in_no_layer_then_import_linter_names_it(planted: str) -> None:
    assert "onmodel.helpers" in section(planted, DOWNWARD)


def test_package_when_nothing_is_planted_then_every_contract_is_kept() -> None:
    answer = lint_imports(PACKAGE.parent)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "BROKEN" not in answer.stdout


@pytest.mark.parametrize(
    ("file", "library"),
    [
        ("steps/probe_film.py", "boto3"),
        ("money/quotes.py", "botocore"),
        ("trainers/parts.py", "boto3"),
        ("trainers/catalogue.py", "boto3"),
        ("wiring.py", "onmodel.trainers.bedrock.rules"),
        ("trainers/pictures.py", "onmodel.trainers.bedrock.limits"),
        ("steps/sample_chunk.py", "cv2"),
        ("films/source.py", "av"),
    ],
)
def test_library_when_imported_outside_its_layer_then_ruff_names_it(
    file: str, library: str
) -> None:
    assert "TID251" in ruff(file, library)


@pytest.mark.parametrize(
    ("file", "library"),
    [
        ("adapters/s3.py", "boto3"),
        ("trainers/bedrock/jobs.py", "botocore"),
        ("vision/quality.py", "cv2"),
        ("video/decoding.py", "av"),
    ],
)
def test_library_when_imported_within_its_layer_then_ruff_accepts_it(
    file: str, library: str
) -> None:
    assert "TID251" not in ruff(file, library)


def ruff(file: str, library: str) -> str:
    """What ruff reports of a module of the package that imports a library."""
    command = [
        str(BIN / "ruff"), "check", "--no-cache", "--select", "TID251",
        "--stdin-filename", str(PACKAGE / file), "-",
    ]  # fmt: skip
    answer = subprocess.run(
        command, check=False, input=f"import {library}\n", capture_output=True, text=True, cwd=ROOT
    )
    assert answer.returncode in (0, 1), answer.stderr
    return answer.stdout
