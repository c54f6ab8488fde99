import pytest
from fakes.clock import FixedClock
from fakes.executions import InMemoryExecutions
from fakes.registry import InMemoryRegistry

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.films import ClaimRunRequest, Run
from onmodel.contracts.rows import RunStatus
from onmodel.errors import RunClaimed
from onmodel.registry.kinds import RUNS
from onmodel.steps.claim_run import claim_run

RUN = Run(
    production="bunny",
    film_id="bbb-00000001",
    run_id="bbb-00000001-aaaa",
    samples_id="5c0d9e3a",
    title="bbb.mp4",
    source=ObjectRef(bucket="uploads", key="bunny/films/bbb.mp4", version_id="v1"),
    attempt=1,
    correlation_id="c-1",
)
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:PrepareFilm"


class FilmsInMemory:
    """A registry, executions and a clock, and a claim by the execution of a given name."""

    def __init__(self) -> None:
        self.registry = InMemoryRegistry()
        self.executions = InMemoryExecutions()
        self.clock = FixedClock()

    def start(self, name: str) -> str:
        self.executions.start(MACHINE, name, {})
        return f"{MACHINE.replace(':stateMachine:', ':execution:')}:{name}"

    def claim(self, arn: str) -> None:
        claim_run(
            ClaimRunRequest(run=RUN, execution_arn=arn),
            registry=self.registry,
            executions=self.executions,
            clock=self.clock,
        )

    @property
    def holder(self) -> str | None:
        record = RUNS.require(self.registry, "bunny", RUN.run_id)
        return record.holder


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory()


def test_claim_when_run_is_new_then_this_execution_holds_it(world: FilmsInMemory) -> None:
    first = world.start("one")
    world.claim(first)
    assert world.holder == first


def test_claim_when_repeated_by_the_holder_then_nothing_changes(world: FilmsInMemory) -> None:
    first = world.start("one")
    world.claim(first)
    world.claim(first)
    assert world.holder == first


def test_claim_when_holder_is_alive_then_refused(world: FilmsInMemory) -> None:
    first, second = world.start("one"), world.start("two")
    world.claim(first)
    with pytest.raises(RunClaimed, match="still runs"):
        world.claim(second)
    assert world.holder == first


def test_claim_when_holder_died_then_taken_over(world: FilmsInMemory) -> None:
    first, second = world.start("one"), world.start("two")
    world.claim(first)
    world.executions.finish(first)
    world.claim(second)
    assert world.holder == second


def test_claim_when_run_is_prepared_then_refused_although_nobody_holds_it(
    world: FilmsInMemory,
) -> None:
    first, second = world.start("one"), world.start("two")
    world.claim(first)
    row = RUNS.require(world.registry, "bunny", RUN.run_id)
    prepared = row.with_status(RunStatus.PREPARED).with_holder(None)
    RUNS.replace(world.registry, prepared, world.clock())
    with pytest.raises(RunClaimed, match="prepared already"):
        world.claim(second)
