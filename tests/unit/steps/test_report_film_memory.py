"""What a report holds at most: a film of many hours has more pictures than fit into memory."""

from __future__ import annotations

import base64
import tracemalloc

from fakes.clock import FixedClock
from fakes.object_store import InMemoryObjectStore

from onmodel.contracts.base import Box, ObjectRef
from onmodel.contracts.crops import Crop, Naming, Thumbnail
from onmodel.contracts.film_rows import NamingCost
from onmodel.contracts.films import Chunk, ChunkResult, FilmFacts, Run, RunRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.formats.jsonl import write_lines
from onmodel.money.pricebook import PriceBook
from onmodel.steps.report_film import report_film

CHUNKS = 40
CROPS_A_CHUNK = 60
JPEG = b"\xff" * 12_000
BOX = Box(left=0, top=0, width=300, height=400)


class ForgetfulStore(InMemoryObjectStore):
    """Keeps what pages weigh instead of the pages."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, int] = {}

    def put(self, key: str, body: bytes, content_type: str) -> None:
        if "/report/" in key:
            self.pages[key] = len(body)
        else:
            super().put(key, body, content_type)


def long_film(run: Run) -> ForgetfulStore:
    """A prepared film of 40 minutes; its thumbnails have 29 MB."""
    studio, keys = ForgetfulStore(), FilmKeys.of(run)
    crops = [
        Crop(
            crop_id=f"{second:09d}", film_id=run.film_id, timecode_seconds=second, shot=0,
            chunk=second // CROPS_A_CHUNK, box=BOX, window=BOX, width=768, height=1024,
            label="Toy", confidence=90, sharpness=50, quality=0.5, key="k",
        )
        for second in range(CHUNKS * CROPS_A_CHUNK)
    ]  # fmt: skip
    jpeg = base64.b64encode(JPEG).decode()
    for index in range(CHUNKS):
        at = keys.chunk(index)
        mine = crops[index * CROPS_A_CHUNK : (index + 1) * CROPS_A_CHUNK]
        small = write_lines(Thumbnail(id=crop.crop_id, jpeg=jpeg) for crop in mine)
        studio.put(at.thumbnails, small, "application/jsonl")
        done = ChunkResult(index=index, frames=60, crops=60, rejected=0)
        studio.put(at.done, done.model_dump_json().encode(), "application/json")
    chunks = [Chunk(index=i, start_seconds=60 * i, end_seconds=60 * i + 60) for i in range(CHUNKS)]
    names = [
        Naming(crop_id=crop.crop_id, character="mira", confidence=0.9, margin=0.1)
        for crop in crops
    ]  # fmt: skip
    for key, lines in ((keys.chunks, chunks), (keys.crops, crops), (keys.names, names)):
        studio.put(key, write_lines(lines), "application/jsonl")
    studio.put(keys.rejected, b"", "application/jsonl")
    facts = FilmFacts(
        container="mp4", codec="h264", width=1280, height=720, duration_seconds=60 * CHUNKS,
        frames_per_second=24, picture=BOX, size_bytes=1,
    )  # fmt: skip
    for key, value in (
        (keys.facts, facts),
        (keys.settings, Settings()),
        (keys.naming_usage, NamingCost(usage=())),
    ):
        studio.put(key, value.model_dump_json().encode(), "application/json")
    return studio


def test_report_when_a_film_is_long_then_memory_holds_the_pictures_of_a_page_only() -> None:
    run = Run(
        production="bunny", film_id="long-00000001", run_id="long-00000001-r", samples_id="s",
        title="long.mp4", source=ObjectRef(bucket="uploads", key="k"), attempt=1,
        correlation_id="c",
    )  # fmt: skip
    studio = long_film(run)
    tracemalloc.start()
    try:
        report_film(RunRequest(run=run), studio=studio, prices=PriceBook.load(), clock=FixedClock())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(studio.pages) == 20
    assert sum(studio.pages.values()) > 2400 * len(JPEG)  # each picture is on a page
    assert peak < 40_000_000  # a page of 4 MB, several times while it is put together, and lines
