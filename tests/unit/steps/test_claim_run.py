import pytest
from fakes.clock import FixedClock
from fakes.executions import InMemoryExecutions
from fakes.registry import InMemoryRegistry
from fakes.tombstones import begin_to_delete

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.film_rows import RunStatus
from onmodel.contracts.films import ClaimRunRequest, Run, RunClaim
from onmodel.deployments.deletion import begin_deletion
from onmodel.errors import EventRefused, RunClaimed
from onmodel.films.places import free_place, places_of
from onmodel.registry.kinds import RUNS
from onmodel.steps.claim_run import claim_run, wait_seconds

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
        self.preflights = 0
        self.notices: tuple[str, ...] = ()

    def _preflight(self) -> tuple[str, ...]:
        self.preflights += 1
        return self.notices

    def start(self, name: str) -> str:
        self.executions.start(MACHINE, name, {})
        return f"{MACHINE.replace(':stateMachine:', ':execution:')}:{name}"

    def claim(self, arn: str, run: Run = RUN, at_once: int = 1) -> RunClaim:
        return claim_run(
            ClaimRunRequest(run=run, execution_arn=arn),
            registry=self.registry,
            executions=self.executions,
            clock=self.clock,
            films_at_once=at_once,
            poll_seconds=60,
            preflight=self._preflight,
        )

    def claim_others(self, first: int, last: int, at_once: int) -> list[RunClaim]:
        """Claims of new films, each by an execution of its own."""
        return [
            self.claim(
                self.start(f"film-{number}"),
                RUN.model_copy(update={"run_id": f"film-{number}"}),
                at_once,
            )
            for number in range(first, last + 1)
        ]

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


@pytest.mark.parametrize("deletes", ["production", "stack"])
def test_claim_when_a_deletion_began_then_refused_before_a_place_is_taken(
    world: FilmsInMemory, deletes: str
) -> None:
    """The row is written: whoever deletes sees an execution that runs."""
    if deletes == "production":
        begin_to_delete(world.registry, RUN.production, world.clock())
    else:
        begin_deletion(world.registry, world.clock)
    first = world.start("one")
    with pytest.raises(EventRefused, match="is being deleted"):
        world.claim(first)
    assert (world.holder, world.preflights) == (first, 0)
    assert places_of(world.registry).taken == ()


def test_claim_when_repeated_by_the_holder_then_nothing_changes(world: FilmsInMemory) -> None:
    first = world.start("one")
    world.claim(first)
    world.claim(first)
    assert world.holder == first


def test_claim_when_the_preflight_has_notices_then_in_the_row_once(world: FilmsInMemory) -> None:
    world.notices = ("the model of captions does not exist",)
    for _ in range(2):
        world.claim(world.start("one"))
        row = RUNS.require(world.registry, "bunny", RUN.run_id)
        assert row.body.notices == world.notices


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


def test_claim_when_all_places_are_taken_then_the_later_films_wait_in_their_order(
    world: FilmsInMemory,
) -> None:
    claims = world.claim_others(1, 5, at_once=2)
    assert [claim.has_place for claim in claims] == [True, True, False, False, False]
    assert [claim.before for claim in claims] == [0, 0, 1, 2, 3]


def test_claim_when_many_films_come_before_then_it_asks_more_seldom(world: FilmsInMemory) -> None:
    claims = world.claim_others(1, 30, at_once=2)
    assert [claims[number].wait_seconds for number in (2, 3, 4, 6)] == [15, 15, 30, 45]
    assert claims[-1].wait_seconds == 210
    assert wait_seconds(60, turns=0, waited_seconds=3600) == 24
    assert wait_seconds(60, turns=100, waited_seconds=0) == 600


def test_claim_when_a_place_is_free_then_only_the_film_that_waits_longest_gets_it(
    world: FilmsInMemory,
) -> None:
    world.claim_others(1, 3, at_once=1)
    free_place(world.registry, RUN.model_copy(update={"run_id": "film-1"}), world.clock)
    assert [claim.has_place for claim in world.claim_others(3, 3, at_once=1)] == [False]
    assert [claim.has_place for claim in world.claim_others(2, 2, at_once=1)] == [True]


def test_claim_when_the_holder_died_then_its_place_goes_to_the_next_attempt(
    world: FilmsInMemory,
) -> None:
    first, second = world.start("one"), world.start("two")
    world.claim(first)
    world.executions.finish(first)
    assert world.claim(second).has_place
    assert [place.execution_arn for place in places_of(world.registry).taken] == [second]


def test_claim_when_it_is_repeated_then_one_place_is_counted(world: FilmsInMemory) -> None:
    first = world.start("one")
    world.claim(first, at_once=2)
    world.claim(first, at_once=2)
    assert len(places_of(world.registry).taken) == 1


def test_claim_when_it_has_no_place_then_its_model_is_not_looked_at() -> None:
    films = FilmsInMemory()
    first, second = films.claim_others(1, 2, at_once=1)
    assert (first.has_place, second.has_place) == (True, False)
    assert films.preflights == 1
