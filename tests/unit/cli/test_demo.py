from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from onmodel_cli import demo, main


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing.mp4", "✗ There is no film at missing.mp4. Check the path."),
        ("notes.mp4", "✗ notes.mp4: this is not a film that can be read."),
    ],
)
def test_demo_when_the_film_cannot_be_read_then_no_stack_is_started(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes.mp4").write_text("no film")
    monkeypatch.delattr(demo, "_stack")
    done = CliRunner().invoke(main.app, ["demo", "--film", name])
    assert done.exit_code == 3
    assert said in done.stderr
    assert not Path(".demo").exists()
