from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from fakes.clock import START
from fakes.films_in_memory import MACHINE, FilmsInMemory, run_of

from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.films import Chunk, ChunkResult, RefuseFilmRequest, Run, StateError
from onmodel.contracts.keys import FilmKeys
from onmodel.errors import FilmRefused, ServiceError, StillRunning
from onmodel.formats.jsonl import write_lines
from onmodel.registry.kinds import RUNS
from onmodel.steps.refuse_film import refuse_film
from onmodel_cli.following import PICK_UP_SECONDS, STAGES, Follower, RunFailed


class Script:
    """Sleeping runs the next step of a story; the clock moves with it."""

    def __init__(self, *steps: Callable[[], None], pace: float = 1.0) -> None:
        self.steps = list(steps)
        self.now = 0.0
        self.pace = pace

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, self.pace)
        if self.steps:
            self.steps.pop(0)()


def follower(world: FilmsInMemory, run: Run, script: Script, **options: float) -> Follower:
    return Follower(
        run=run,
        uploaded_at=START,
        studio=world.studio,
        registry=world.registry,
        executions=world.executions,
        sleep=script.sleep,
        monotonic=lambda: script.now,
        **options,
    )


def refuse(world: FilmsInMemory, run: Run, arn: str, error: str) -> None:
    request = RefuseFilmRequest(
        run=run, execution_arn=arn, error=StateError(Error=error, Cause="it has no pictures")
    )
    refuse_film(request, registry=world.registry, studio=world.studio, clock=world.clock)


@pytest.fixture
def run() -> Run:
    return run_of()


def set_status(world: FilmsInMemory, run: Run, status: RunStatus) -> None:
    record = RUNS.require(world.registry, run.production, run.run_id)
    RUNS.replace(world.registry, record.with_status(status), record.updated_at)


def start(world: FilmsInMemory, run: Run) -> None:
    world.executions.start(MACHINE, f"{run.run_id}-{run.attempt}", {})
    world.claim(run)


def test_watch_when_all_goes_well_tells_every_stage_in_order(
    world: FilmsInMemory, run: Run
) -> None:
    keys = FilmKeys.of(run)
    chunks = [Chunk(index=n, start_seconds=n * 60, end_seconds=n * 60 + 60) for n in range(2)]

    def put(key: str, body: bytes = b"") -> Callable[[], None]:
        return lambda: world.studio.put(key, body, "x")

    def done(index: int) -> bytes:
        return ChunkResult(index=index, frames=60, crops=30, rejected=5).model_dump_json().encode()

    script = Script(
        lambda: start(world, run),
        put(keys.chunks, write_lines(chunks)),
        put(keys.chunk(0).done, done(0)),
        put(keys.chunk(1).done, done(1)),
        put(keys.rejected),
        put(keys.names),
        put(keys.report),
        lambda: set_status(world, run, RunStatus.PREPARED),
    )
    seen = list(follower(world, run, script).watch())
    assert [now.stage for now in seen] == [
        STAGES[0], STAGES[1], STAGES[2], STAGES[2], *STAGES[3:],
    ]  # fmt: skip
    assert (seen[3].chunks_done, seen[3].chunks, seen[3].frames, seen[3].crops) == (1, 2, 60, 30)


def test_watch_when_refused_raises_the_reason(world: FilmsInMemory, run: Run) -> None:
    start(world, run)
    arn = next(iter(world.executions.payloads))
    script = Script(lambda: refuse(world, run, arn, "FilmRefused"))
    with pytest.raises(FilmRefused, match="it has no pictures"):
        list(follower(world, run, script).watch())


def test_watch_when_failed_raises_a_fault_and_not_a_refusal(world: FilmsInMemory, run: Run) -> None:
    start(world, run)
    arn = next(iter(world.executions.payloads))
    script = Script(lambda: refuse(world, run, arn, "States.Timeout"))
    with pytest.raises(RunFailed, match=r"failed: States\.Timeout: it has no pictures"):
        list(follower(world, run, script).watch())


def test_watch_when_an_older_refusal_is_there_waits_for_the_new_attempt(
    world: FilmsInMemory, run: Run
) -> None:
    world.clock.now = START - timedelta(hours=1)
    start(world, run)
    arn = next(iter(world.executions.payloads))
    refuse(world, run, arn, "FilmRefused")
    script = Script(lambda: None, lambda: set_status(world, run, RunStatus.PREPARED))
    assert [now.stage for now in follower(world, run, script).watch()] == [STAGES[0]] * 2


def test_watch_when_nobody_takes_the_upload_up_says_where_to_look(
    world: FilmsInMemory, run: Run
) -> None:
    with pytest.raises(ServiceError, match="RouteUpload"):
        list(follower(world, run, Script(pace=PICK_UP_SECONDS)).watch())


def test_watch_when_the_execution_died_says_so(world: FilmsInMemory, run: Run) -> None:
    start(world, run)
    world.executions.finish(next(iter(world.executions.payloads)))
    with pytest.raises(ServiceError, match="ended without a reason"):
        list(follower(world, run, Script(pace=20)).watch())


def test_watch_when_it_takes_too_long_stops_watching(world: FilmsInMemory, run: Run) -> None:
    start(world, run)
    with pytest.raises(StillRunning, match="goes on"):
        list(follower(world, run, Script(pace=50), limit_seconds=100).watch())
