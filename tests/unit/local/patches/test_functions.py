from __future__ import annotations

import io
import os
import queue
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ministack.services import lambda_svc

from onmodel_local.patches.functions import LOG_END, _whole_log, _with_unpacked_layers


def layer(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("python/module.py", text)
    return buffer.getvalue()


def folders(config: dict[str, Any]) -> list[Path]:
    told = config["Environment"]["Variables"]["_LAMBDA_LAYERS_DIRS"]
    return [Path(folder) for folder in told.split(os.pathsep)]


def test_layers_when_functions_share_them_then_each_is_unpacked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = {"core": layer("X = 1"), "vision": layer("X = 2"), "empty": None}
    monkeypatch.setattr(lambda_svc, "_resolve_layer_zip", layers.get)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    variables = {"Environment": {"Variables": {"POLL": "1"}}}
    one: dict[str, Any] = {"Layers": ["core", "empty"], **variables}
    (core,) = folders(_with_unpacked_layers(one))
    (core / "python" / "module.pyc").write_bytes(b"compiled by the first")
    other = _with_unpacked_layers({"Layers": ["core", "vision"]})
    assert folders(other)[0] == core
    assert (core / "python" / "module.pyc").exists()
    assert [(folder / "python/module.py").read_text() for folder in folders(other)] == [
        "X = 1", "X = 2",
    ]  # fmt: skip
    assert other["Layers"] == []
    assert one == {"Layers": ["core", "empty"], **variables}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        folder.name for folder in folders(other)
    )


def test_log_when_its_lines_come_late_then_all_until_the_mark() -> None:
    lines: queue.Queue[str] = queue.Queue()

    def write() -> None:
        lines.put("first")
        time.sleep(0.02)  # upstream waits 5 ms for a further line
        for line in ("", "unfinished" + LOG_END, "of the next invocation"):
            lines.put(line)

    writer = threading.Thread(target=write)
    writer.start()
    assert _whole_log(lines) == "first\n\nunfinished"
    writer.join()
    assert lines.get_nowait() == "of the next invocation"
