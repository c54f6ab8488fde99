"""`make audit` counts what was answered, and lists what the layers contain."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from template_model import ROOT

_spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
assert _spec is not None
assert _spec.loader is not None
audit = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(audit)


def test_sboms_when_written_offline_have_every_pin_of_their_layer(tmp_path: Path) -> None:
    written = audit.write_sboms(tmp_path)
    assert [sbom.name for sbom in written] == ["core.cdx.json", "vision.cdx.json"]
    for sbom, files in zip(written, audit.LAYERS.values(), strict=True):
        bill = json.loads(sbom.read_text())
        assert bill["bomFormat"] == "CycloneDX"
        pins = audit.pins(ROOT / name for name in files)
        assert pins
        assert {(c["name"], c["version"]) for c in bill["components"]} == pins
        for component in bill["components"]:
            name, version = component["name"], component["version"]
            assert component["purl"] == f"pkg:pypi/{name}@{version}"
            hashes = [h for r in component["externalReferences"] for h in r["hashes"]]
            assert {h["alg"] for h in hashes} == {"SHA-256"}


def test_sboms_when_written_twice_are_the_same(tmp_path: Path) -> None:
    first = [sbom.read_bytes() for sbom in audit.write_sboms(tmp_path / "1")]
    assert first == [sbom.read_bytes() for sbom in audit.write_sboms(tmp_path / "2")]


def test_pins_when_read_are_of_all_locks_and_without_the_project_itself() -> None:
    pins = audit.pins(ROOT / lock for lock in audit.LOCKED)
    names = {name for name, _ in pins}
    assert {"pydantic", "opencv-python-headless", "aws-sam-cli", "checkov", "diffusers"} <= names
    assert "onmodel" not in names


def test_report_when_a_package_was_skipped_names_it_instead_of_calling_it_safe() -> None:
    asked = {("good", "1"), ("bad", "2"), ("unknown", "3"), ("missing", "4")}
    answer = {
        "dependencies": [
            {"name": "good", "version": "1", "vulns": []},
            {
                "name": "bad",
                "version": "2",
                "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"], "aliases": []}],
            },
            {"name": "unknown", "skip_reason": "Dependency not found on PyPI"},
        ]
    }
    assert audit.report(asked, answer) == (
        ["bad 2: PYSEC-1, fixed in 2.1"],
        ["missing 4", "unknown 3"],
    )


@pytest.mark.parametrize(
    ("vulns", "is_answered", "code"),
    [([], True, 0), ([{"id": "X", "fix_versions": []}], True, 1), ([], False, 2)],
)
def test_audit_when_over_exits_by_what_is_known(
    vulns: list[object], is_answered: bool, code: int, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    lock = tmp_path / "requirements.txt"
    lock.write_text("one==1\n")
    answered = [{"name": "one", "version": "1", "vulns": vulns}] if is_answered else []
    monkeypatch.setattr(audit, "ask", lambda _: {"dependencies": answered})
    monkeypatch.setattr(audit, "write_sboms", lambda _: [])
    assert audit.main([str(lock)]) == code
    assert ("NOT AUDITED: 1 of 1" in capsys.readouterr().out) == (not is_answered)
