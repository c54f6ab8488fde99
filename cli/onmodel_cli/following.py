"""Follow a run by its row in the Registry and its objects in S3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.films import Chunk, ChunkResult, Run
from onmodel.contracts.keys import FilmKeys
from onmodel.errors import FilmRefused, NotFound, ServiceError, StillRunning
from onmodel.films.places import places_of, waits_for_a_place
from onmodel.formats.jsonl import read_lines
from onmodel.formats.wording import sentence
from onmodel.ports.machines import Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import RUNS, RunRow

PICK_UP_SECONDS = 180.0  # S3's events arrive within seconds, rarely within a minute
ALIVE_EVERY_SECONDS = 15.0

STAGES = (
    "waiting for the stack",
    "reading the film",
    "looking at frames",
    "dropping near-duplicates",
    "naming characters",
    "drawing the report",
    "finishing",
)


class RunFailed(ServiceError):
    """Raised when a run failed because of a fault of AWS or ours; the message has it."""


@dataclass(frozen=True)
class RunProgress:
    """The progress of a run: its stage, its finished chunks, and their frames and figures."""

    stage: str
    chunks_done: int = 0
    chunks: int = 0
    frames: int = 0
    crops: int = 0


@dataclass
class RunObserver:
    """The progress of a running run, read from its objects; each object is read once."""

    run: Run
    studio: ObjectStore
    _seen: dict[str, ChunkResult] = field(default_factory=dict)
    _planned: int = 0

    def progress(self) -> RunProgress:
        """The progress now."""
        keys = FilmKeys.of(self.run)
        if not self._planned:
            self._planned = self._plan(keys)
            if not self._planned:
                return RunProgress(STAGES[1])
        self._look(keys)
        return RunProgress(
            stage=self._stage(keys),
            chunks_done=len(self._seen),
            chunks=self._planned,
            frames=sum(chunk.frames for chunk in self._seen.values()),
            crops=sum(chunk.crops for chunk in self._seen.values()),
        )

    def _plan(self, keys: FilmKeys) -> int:
        try:
            return len(read_lines(Chunk, self.studio.get(keys.chunks)))
        except NotFound:
            return 0

    def _look(self, keys: FilmKeys) -> None:
        if len(self._seen) == self._planned:
            return
        for info in self.studio.list(f"{keys.samples}/chunks/"):
            if info.key.endswith("/chunk.json") and info.key not in self._seen:
                self._seen[info.key] = ChunkResult.from_stored(self.studio.get(info.key))

    def _stage(self, keys: FilmKeys) -> str:
        if len(self._seen) < self._planned:
            return STAGES[2]
        there = {info.key for info in self.studio.list(f"{keys.run}/")}
        written = (keys.rejected, keys.names, keys.report)
        return STAGES[3 + sum(key in there for key in written)]


@dataclass
class Follower:
    """Polls until the run ends.

    Args:
        run: as planned from the upload.
        uploaded_at: a refusal that is older is that of an earlier attempt.
        sleep: waits for a number of seconds.
        monotonic: seconds of a steady clock.
    """

    run: Run
    uploaded_at: datetime
    studio: ObjectStore
    registry: Registry
    executions: Executions
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
    every_seconds: float = 1.0
    limit_seconds: float = 6 * 3600

    def __post_init__(self) -> None:
        self._sight = RunObserver(self.run, self.studio)

    def watch(self) -> Iterator[RunProgress]:
        """Progress until the run is prepared.

        Raises:
            FilmRefused: the run was refused; its own reason.
            ServiceError: it failed or its execution ended, or the upload started no run.
            StillRunning: it takes longer than the limit; it goes on without being followed.
        """
        started = asked = self.monotonic()
        while True:
            row = self._row()
            if row is not None and row.status == RunStatus.PREPARED:
                return
            if row is not None and row.status in (RunStatus.REFUSED, RunStatus.FAILED):
                raise _ended(row)
            now = self.monotonic()
            self._bound(row, now - started)
            if row is not None and now - asked > ALIVE_EVERY_SECONDS:
                asked = now
                self._must_live(row)
            yield self._progress(row)
            self.sleep(self.every_seconds)

    def _progress(self, row: RunRow | None) -> RunProgress:
        if row is None:
            return RunProgress(STAGES[0])
        seen = self._sight.progress()
        if seen.chunks:
            return seen
        places = places_of(self.registry)
        waiting = waits_for_a_place(places, self.run.production, self.run.run_id)
        return RunProgress(waiting) if waiting else seen

    def _row(self) -> RunRow | None:
        row = RUNS.read(self.registry, self.run.production, self.run.run_id)
        over = row is not None and row.status in (RunStatus.REFUSED, RunStatus.FAILED)
        if row is not None and over and row.updated_at < self.uploaded_at:
            return None
        return row

    def _bound(self, row: RunRow | None, waited: float) -> None:
        if row is None and waited > PICK_UP_SECONDS:
            raise ServiceError(
                f"{self.run.title} was uploaded, but the stack started no run within "
                f"{PICK_UP_SECONDS:.0f} s. See the log of its RouteUpload function"
            )
        if waited > self.limit_seconds:
            raise StillRunning(
                f"{self.run.title} is still being prepared after {waited / 3600:.1f} h. "
                "It goes on; run the same command again to follow it"
            )

    def _must_live(self, row: RunRow) -> None:
        if row.holder and not self.executions.is_running(row.holder):
            again = self._row()
            if again is not None and again.status == RunStatus.RUNNING:
                raise ServiceError(
                    f"The execution ended without a reason ({row.holder}). Run the same command "
                    "again: what was paid for is kept"
                )


def _ended(row: RunRow) -> FilmRefused | ServiceError:
    body = row.body
    reason = body.reason or "no reason was recorded"
    if row.status == RunStatus.REFUSED:
        return FilmRefused(reason, body.advice or "")
    shown = " ".join(sentence(part) for part in (reason, body.advice or "") if part)
    found = f"Its log lines have the id {body.run.correlation_id} (docs/debugging.md)"
    return RunFailed(f"Preparing {body.run.title} failed: {shown} {found}")
