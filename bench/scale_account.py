"""An account with its quotas, and films that are prepared on it, as discrete events.

The rules are the product's own: the places of onmodel.films.places, the waits of claim_run, the
retries of statemachine/prepare_film.asl.yaml. INPUTS says what was measured and what is assumed.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import simpy
import yaml

from onmodel.adapters.pacing import FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS
from onmodel.contracts.places import FilmPlace, PlacesBody
from onmodel.films.near_duplicates import READS_AT_ONCE
from onmodel.films.places import with_place
from onmodel.money.pricebook import PriceBook
from onmodel.namers.embeddings import EMBEDDED_AT_ONCE
from onmodel.steps.claim_run import wait_seconds
from onmodel_cli.sizing import AccountQuotas

ROOT = Path(__file__).parents[1]
START = datetime(2026, 1, 1, tzinfo=UTC)
LONGEST_SECONDS = 604_800
"""After a week the machine gives a film up; here it has made its calls by then."""

Steps = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class Inputs:
    """Of a film of 1080p. Measured by bench/scale_inputs.py, unless something else is written."""

    sample_processor_seconds: float = 8.4  # a minute of film, with two figures in each frame
    labels_a_minute: float = 59.0  # frames that are asked about, of 60: of `make demo`
    crops_a_minute: float = 35.0  # of `make demo`
    figures_a_minute: float = 21.0  # that are embedded for their names: of `make demo`
    deduplicate_processor_seconds: float = 6.0  # 1,000 crops
    name_processor_seconds: float = 18.0  # 1,000 figures
    report_processor_seconds: float = 0.3  # 1,000 crops
    slower: float = 1.5  # assumed: a processor of Lambda against the measured one
    processors: float = 1.4  # assumed: of the 1.7 that functions with threads have, in use
    call_seconds: float = 0.3  # assumed: an answer of DetectLabels, or of the embedding model
    start_seconds: float = 1.5  # assumed: a state begins, its function starts, reads and answers
    read_seconds: float = 0.03  # assumed: one object
    poll_seconds: float = 60.0  # PollSeconds
    memory_gb: float = 2.94  # of the functions that decode
    transitions: float = 3.0  # of the machines, for each chunk


INPUTS = Inputs()


@dataclass(frozen=True)
class Load:
    """Films that are uploaded.

    Attributes:
        name: for the table.
        films: how many.
        minutes: of each.
        over_seconds: between the first and the last upload.
    """

    name: str
    films: int
    minutes: int
    over_seconds: float = 0.0


@dataclass
class Outcome:
    """What came of a load."""

    done: list[float] = field(default_factory=list)  # seconds from a film's upload to its end
    ended_at: float = 0.0
    failed: int = 0
    calls: int = 0
    throttled: int = 0
    function_seconds: float = 0.0  # of films that have a place
    refused_functions: int = 0
    chunks: int = 0
    embedded: float = 0.0  # crops, and figures for their names

    def usd(self) -> float:
        """By the price book; S3 and DynamoDB are cents."""
        prices = PriceBook.load()

        def price(item: str) -> float:
            found = prices.price(item)
            if found is None:
                raise LookupError(f"{item} has no price")
            return float(found.usd)

        return (
            self.calls * price("rekognition.detect-labels")
            + self.embedded * price("bedrock.amazon.titan-embed-image-v1")
            + self.function_seconds * INPUTS.memory_gb * price("lambda.gb-second-arm64")
            + self.chunks * INPUTS.transitions * price("stepfunctions.transition-1k") / 1000
        )


@dataclass(frozen=True)
class Retry:
    """A retrier of a state: full jitter below a delay that doubles."""

    attempts: int
    interval: float
    longest: float

    def wait(self, tried: int, chance: random.Random) -> float:
        return chance.uniform(0, min(self.longest, self.interval * 2 ** min(tried, 30)))


def deployed_retry() -> Retry:
    """Of a chunk that finds no free function, as it is deployed."""
    text = (ROOT / "statemachine/prepare_film.asl.yaml").read_text(encoding="utf-8")
    states = yaml.safe_load(text.replace("${MapConcurrency}", "1"))["States"]
    (first, *_) = states["SampleChunks"]["ItemProcessor"]["States"]["SampleChunk"]["Retry"]
    if "Lambda.TooManyRequestsException" not in first["ErrorEquals"]:
        raise LookupError("the first retrier is not that of missing functions")
    return Retry(first["MaxAttempts"], first["IntervalSeconds"], first["MaxDelaySeconds"])


def after_the_map(minutes: int) -> tuple[float, ...]:
    """Seconds of deduplicate_film, name_crops, report_film and finish_film for a film."""
    crops, figures = minutes * INPUTS.crops_a_minute, minutes * INPUTS.figures_a_minute

    def works(count: float, processor_seconds_of_1000: float) -> float:
        return count / 1000 * processor_seconds_of_1000 * INPUTS.slower

    # five objects of a chunk, of several chunks at once
    reads = 5 * minutes * INPUTS.read_seconds / READS_AT_ONCE
    deduplicate = reads + works(crops, INPUTS.deduplicate_processor_seconds)
    # a thread reads a figure and waits for its vector; all share the processors
    waits = figures * (INPUTS.read_seconds + INPUTS.call_seconds) / EMBEDDED_AT_ONCE
    name = max(waits, works(figures, INPUTS.name_processor_seconds) / INPUTS.processors)
    # two objects of a chunk, one after the other
    report = 2 * minutes * INPUTS.read_seconds + works(crops, INPUTS.report_processor_seconds)
    return deduplicate, name, report, 0.0


class FilmFailed(Exception):
    """Raised when all attempts of a state found no free function, or the film took too long."""


class Account:
    """The quotas, the films, and how they meet."""

    def __init__(
        self, quotas: AccountQuotas, parameters: dict[str, int], retry: Retry, seed: int
    ) -> None:
        self.time = simpy.Environment()
        self.quotas = quotas
        self.chunks_at_once = parameters["MapConcurrency"]
        self.films_at_once = parameters["FilmsAtOnce"]
        self.rate = float(parameters["LabelsPerSecond"])
        self.retry = retry
        self.chance = random.Random(seed)
        self.places = PlacesBody()
        self.running = 0
        self.tokens, self.filled_at = quotas.labels_per_second, 0.0
        self.outcome = Outcome()

    def run(self, load: Load) -> Outcome:
        """All films of a load, to their end."""
        for number in range(load.films):
            at = load.over_seconds * number / max(1, load.films - 1)
            self.time.process(self._film(number, load.minutes, at))
        self.time.run()
        self.outcome.ended_at = self.time.now
        return self.outcome

    def _film(self, number: int, minutes: int, at: float) -> Steps:
        yield self.time.timeout(at)
        name = f"film-{number}"
        try:
            yield from self._wait_for_a_place(name)
            yield from self._function(INPUTS.start_seconds + 0.02 * minutes)  # probe
            yield from self._map(minutes)
            for seconds in after_the_map(minutes):
                yield from self._function(INPUTS.start_seconds + seconds)
            self.outcome.embedded += minutes * (INPUTS.crops_a_minute + INPUTS.figures_a_minute)
            if self.time.now - at > LONGEST_SECONDS:
                raise FilmFailed
            self.outcome.done.append(self.time.now - at)
        except FilmFailed:
            self.outcome.failed += 1
        self.places = PlacesBody(
            taken=tuple(place for place in self.places.taken if place.run_id != name),
            waiting=self.places.waiting,
        )

    def _wait_for_a_place(self, name: str) -> Steps:
        asked = self.time.now
        while True:
            yield from self._occupied()
            yield self.time.timeout(INPUTS.start_seconds)
            self.running -= 1  # small and short: not counted
            now = START + timedelta(seconds=self.time.now)
            place = FilmPlace(production="p", run_id=name, execution_arn=name, since=now)
            self.places = with_place(self.places, place, self.films_at_once)
            before = self.places.before("p", name)
            if before == 0:
                return
            turns = (before - 1) // self.films_at_once
            waited = self.time.now - asked
            yield self.time.timeout(wait_seconds(INPUTS.poll_seconds, turns, waited))

    def _map(self, minutes: int) -> Steps:
        slots = simpy.Resource(self.time, self.chunks_at_once)
        children = [self.time.process(self._child(slots)) for _ in range(minutes)]
        yield self.time.all_of(children)
        if any(child.value is False for child in children):
            raise FilmFailed

    def _child(self, slots: simpy.Resource) -> Generator[simpy.Event, Any, bool]:
        with slots.request() as slot:
            yield slot
            try:
                yield from self._occupied()
            except FilmFailed:
                return False
            began = self.time.now
            yield from self._chunk()
            self._leave(began)
        self.outcome.chunks += 1
        return True

    def _chunk(self) -> Steps:
        """One call after another, as fast as decoding, the answers and the share allow."""
        decoding = INPUTS.sample_processor_seconds * INPUTS.slower / INPUTS.processors
        share = self.rate / (max(1, len(self.places.taken)) * self.chunks_at_once)
        calls = round(INPUTS.labels_a_minute)
        apart = max(1 / share, decoding / calls, INPUTS.call_seconds / 8)
        yield self.time.timeout(INPUTS.start_seconds)
        for _ in range(calls):
            yield self.time.timeout(apart)
            longest = FIRST_WAIT_SECONDS
            while not self._is_answered():
                self.outcome.throttled += 1
                yield self.time.timeout(self.chance.uniform(0, longest))
                longest = min(LONGEST_WAIT_SECONDS, 2 * longest)
            self.outcome.calls += 1
        yield self.time.timeout(INPUTS.call_seconds + 1.0)  # the last answers, and the results

    def _is_answered(self) -> bool:
        """Whether the account has calls left: as many as a second's may come at once."""
        rate = self.quotas.labels_per_second
        self.tokens = min(rate, self.tokens + (self.time.now - self.filled_at) * rate)
        self.filled_at = self.time.now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def _function(self, seconds: float) -> Steps:
        yield from self._occupied()
        began = self.time.now
        yield self.time.timeout(seconds)
        self._leave(began)

    def _occupied(self) -> Steps:
        """Return when a function runs."""
        for tried in range(self.retry.attempts + 1):
            if self.running < self.quotas.executions:
                self.running += 1
                return
            self.outcome.refused_functions += 1
            yield self.time.timeout(self.retry.wait(tried, self.chance))
        raise FilmFailed

    def _leave(self, began: float) -> None:
        self.running -= 1
        self.outcome.function_seconds += self.time.now - began
