"""A review of an exported folder: over HTTP, and what the next export does with it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from exported import CAPTION, NAMES, export_to
from fakes.registry import InMemoryRegistry
from waiting import PATIENCE_SECONDS

from onmodel.contracts.review import PostedCorrection, Verdict
from onmodel.errors import Conflict, NotFound
from onmodel.films.corrections import read_corrections, save_corrections
from onmodel.registry.kinds import CORRECTIONS
from onmodel.trainers.catalogue import common_limits
from onmodel.wiring import now
from onmodel_cli.exports.folder import FolderRefused
from onmodel_cli.exports.folder_stack import ReviewedFolder
from onmodel_cli.exports.review_file import read_review, save_review
from onmodel_cli.review_server import ReviewServer, folder_server

FIRST, SECOND = "000000000-0123456789", "000000001-0123456789"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return export_to(tmp_path / "out", "kohya").folder


@contextmanager
def serving(folder: Path) -> Iterator[ReviewServer]:
    with folder_server(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server: ReviewServer, path: str, body: object = None) -> bytes:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=PATIENCE_SECONDS)
    sent = None if body is None else json.dumps(body)
    connection.request("GET" if body is None else "POST", server.prefix + path, sent)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    return answer.read()


def post(server: ReviewServer, crop: str, version: int = 0, **decided: object) -> dict[str, Any]:
    one = {"crop_id": crop, "version": version, **decided}
    return dict(json.loads(ask(server, "corrections", {"corrections": [one]}))["results"][0])


def items(server: ReviewServer) -> dict[str, Any]:
    return {item["crop_id"]: item for item in json.loads(ask(server, "items"))["items"]}


def test_folder_when_reviewed_then_its_pictures_names_captions_and_films_are_shown(
    folder: Path,
) -> None:
    with serving(folder) as server:
        page = json.loads(ask(server, "items"))
        shown = {item["crop_id"]: item for item in page["items"]}
        assert (page["production"], page["total"], page["next"]) == ("Bunny", 6, None)
        assert [one["name"] for one in page["characters"]] == [NAMES["buck"], "Frank"]
        assert shown[SECOND]["caption"] == CAPTION.format(name="Frank")
        assert (shown[SECOND]["film"], shown[SECOND]["timecode"]) == ("a.mp4", "01:01.500")
        body = ask(server, shown[SECOND]["picture"])
        assert body == (folder / f"train/1_frank/{SECOND}.jpeg").read_bytes()
        assert ask(server, page["sheets"][0])[:2] == b"\xff\xd8"


def test_folder_when_corrected_then_kept_in_its_file_and_shown_by_the_next_server(
    folder: Path,
) -> None:
    with serving(folder) as server:
        assert post(server, FIRST, verdict="rejected")["saved"]
        assert post(server, SECOND, character="buck", caption="Frank sleeps.")["version"] == 1
        assert not post(server, SECOND, version=0, character="frank")["saved"]
        assert post(server, SECOND, version=1, character="buck")["saved"]
    assert read_review(folder) == (
        PostedCorrection(crop_id=FIRST, version=0, verdict=Verdict.REJECTED),
        PostedCorrection(crop_id=SECOND, version=0, character="buck"),
    )
    with serving(folder) as server:
        assert items(server)[FIRST]["correction"]["verdict"] == "rejected"
        assert post(server, FIRST, version=1)["saved"]
    assert [one.crop_id for one in read_review(folder)] == [SECOND]


def test_review_when_saved_then_in_the_stack_and_the_file_is_gone(folder: Path) -> None:
    with serving(folder) as server:
        post(server, FIRST, verdict="rejected")
    registry = InMemoryRegistry()
    saved = save_review(folder, "bunny", registry=registry, limits=common_limits())
    assert [one.saved for one in saved] == [True]
    assert read_corrections("bunny", registry).is_rejected(FIRST)
    assert save_review(folder, "bunny", registry=registry, limits=common_limits()) == ()


def test_review_when_somebody_decided_in_the_stack_meanwhile_then_theirs_holds(
    folder: Path,
) -> None:
    with serving(folder) as server:
        post(server, FIRST, verdict="rejected")
    registry = InMemoryRegistry()
    theirs = PostedCorrection(crop_id=FIRST, version=0, verdict=Verdict.KEPT)
    save_corrections("bunny", [theirs], registry=registry, clock=now, limits=common_limits())
    (result,) = save_review(folder, "bunny", registry=registry, limits=common_limits())
    assert (result.saved, result.correction and result.correction.verdict) == (False, "kept")


def test_review_when_of_another_production_then_refused_and_kept(folder: Path) -> None:
    with serving(folder) as server:
        post(server, FIRST, verdict="rejected")
    with pytest.raises(FolderRefused, match="holds an export of bunny"):
        save_review(folder, "fox", registry=InMemoryRegistry(), limits=common_limits())
    assert read_review(folder)


def test_review_when_the_file_was_changed_by_hand_then_refused(folder: Path) -> None:
    (folder / "review.jsonl").write_text('{"crop_id": "x"}\n')
    with pytest.raises(FolderRefused, match="a line that is no correction"):
        ReviewedFolder(folder)


def test_folder_when_it_holds_no_export_then_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderRefused, match="holds no export"):
        ReviewedFolder(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: f"{text}garbage\n", "items.jsonl has a line that no export has"),
        (lambda text: text.replace('"path":"', '"path":"../../', 1), "which is outside the folder"),
        (lambda _: None, "There is no "),
    ],
)
def test_folder_when_its_list_was_changed_by_hand_then_refused(
    folder: Path, change: Callable[[str], str | None], said: str
) -> None:
    items = folder / "items.jsonl"
    changed = change(items.read_text("utf-8"))
    items.unlink()
    if changed is not None:
        items.write_text(changed, "utf-8")
    with pytest.raises(FolderRefused) as refused:
        ReviewedFolder(folder)
    assert said in refused.value.reason
    assert refused.value.advice == "Export again to the same folder, with --overwrite"


def test_folder_when_it_cannot_be_written_then_the_row_stays_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ReviewedFolder(folder).rows

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("onmodel_cli.exports.folder_stack.write_review", fail)
    posted = PostedCorrection(crop_id=FIRST, version=0, verdict=Verdict.REJECTED)
    with pytest.raises(OSError, match="No space"):
        save_corrections("bunny", [posted], registry=rows, clock=now, limits=common_limits())
    assert CORRECTIONS.read(rows, "bunny", FIRST) is None


def test_rows_when_written_over_another_revision_then_conflict(folder: Path) -> None:
    rows = ReviewedFolder(folder).rows
    posted = PostedCorrection(crop_id=FIRST, version=0, verdict=Verdict.REJECTED)
    save_corrections("bunny", [posted], registry=rows, clock=now, limits=common_limits())
    record = rows.get("bunny", "review", FIRST)
    assert record is not None
    with pytest.raises(Conflict):
        rows.create(record)
    with pytest.raises(Conflict):
        rows.replace(record.model_copy(update={"revision": 0}))


def test_files_when_a_picture_was_deleted_then_not_found(folder: Path) -> None:
    files = ReviewedFolder(folder).files
    path = f"train/1_frank/{SECOND}.jpeg"
    assert files.head(path).size == (folder / path).stat().st_size
    (folder / path).unlink()
    for key in (path, "export.json", "../secret"):
        with pytest.raises(NotFound):
            files.get(key)
