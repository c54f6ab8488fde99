from __future__ import annotations

import pickle
import threading
from pathlib import Path
from typing import Any

import pytest

from onmodel_local import snapshots
from onmodel_local.snapshots import STAND_INS, Snapshots


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80\x04\x95", pickle.dumps({"jobs": {"a": 1}})[:-4], b"\x80\xff.", pickle.dumps(3),
     b"cno_such_module\nName\n."],
    ids=["empty", "cut", "cut later", "newer protocol", "no records", "other version"],
)  # fmt: skip
def test_restore_when_the_file_cannot_be_read_then_it_is_left_out_and_kept_aside(
    content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / STAND_INS
    path.write_bytes(content)
    records: dict[str, dict[str, Any]] = {"jobs": {}}
    Snapshots(tmp_path, lambda: records).restore()
    assert records == {"jobs": {}}
    assert not path.exists()
    assert path.with_suffix(".unreadable").read_bytes() == content


def test_restore_when_the_file_is_whole_then_the_records_are_filled_in_place(
    tmp_path: Path,
) -> None:
    (tmp_path / STAND_INS).write_bytes(pickle.dumps({"jobs": {"a": 1}, "of before": {"b": 2}}))
    jobs: dict[str, Any] = {}
    Snapshots(tmp_path, lambda: {"jobs": jobs}).restore()
    assert jobs == {"a": 1}


def test_snapshots_when_one_cannot_be_taken_then_the_next_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []
    done = threading.Event()

    def take(taken: Snapshots) -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            raise TypeError("cannot pickle '_thread.lock' object")
        taken.stop()
        done.set()

    monkeypatch.setattr(Snapshots, "take", take)
    monkeypatch.setattr(snapshots, "EVERY_SECONDS", 0.001)
    Snapshots(tmp_path, dict).keep_taking()
    assert done.wait(10)
