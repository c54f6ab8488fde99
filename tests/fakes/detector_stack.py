"""PrepareFilm with a Custom Labels model, in simulated time, and without decoding a film."""

from __future__ import annotations

from datetime import timedelta

from fakes.detectors import MODEL, InMemoryDetectors
from fakes.machines import STATES, Execution
from fakes.stack_in_memory import PRODUCTION, StackInMemory

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.detectors import DetectorUsage
from onmodel.contracts.films import Chunk, ChunkResult, Run
from onmodel.contracts.finders import CustomLabelsFinderSettings, FinderSettings
from onmodel.contracts.keys import MAIN_PRODUCTION, FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.errors import Throttled
from onmodel.formats.jsonl import write_lines
from onmodel.registry.kinds import DETECTORS, DetectorRow

SAMPLING = timedelta(minutes=30)
"""How long the chunks of a film are sampled."""

HOURS = 3.0
"""That the model may run for a film."""

WITHOUT_DECODING = ("deduplicate_film", "name_crops", "report_film", "finish_film", "notify")


class DetectorStack(StackInMemory):
    """The deployed functions; those after sampling do nothing, and sampling takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.deploy_again_with(FILMS_AT_ONCE=2)
        self.detectors: InMemoryDetectors = self.world.detectors
        self._sampled: dict[str, object] = {}

    def film(self, name: str, model: str = MODEL, **settings: object) -> Run:
        """Begin a film whose header was read before."""
        run = Run(
            production=PRODUCTION,
            film_id=f"{name}-00000001",
            run_id=f"{name}-00000001-aaaaaaaa",
            samples_id="5c0d9e3a",
            title=f"{name}.mp4",
            source=ObjectRef(bucket="uploads", key=f"{PRODUCTION}/films/{name}.mp4"),
            attempt=1,
            correlation_id=f"upload-{name}",
        )
        asked = CustomLabelsFinderSettings.model_validate(
            {"model": model, "hours": HOURS} | settings
        )
        finder = FinderSettings(kind=("custom_labels",), custom_labels=asked)
        keys = FilmKeys.of(run)
        chunk = Chunk(index=0, start_seconds=0, end_seconds=3)
        self.put(keys.settings, Settings(finder=finder).model_dump_json().encode())
        self.put(keys.chunks, write_lines([chunk]))
        self.start("PrepareFilm", f"{name}-1", {"run": run.model_dump(mode="json")})
        return run

    def put(self, key: str, body: bytes) -> None:
        self.services.studio.put(key, body, "application/json")

    def call(self, step: str, payload: object) -> object:
        """See StackInMemory; a chunk is sampled when it was asked about for long enough."""
        if step in WITHOUT_DECODING and step not in self.broken:
            return None
        if step == "sample_chunk" and step not in self.broken:
            return self._sample(payload)
        return super().call(step, payload)

    def _sample(self, payload: dict) -> None:  # type: ignore[type-arg]
        run = Run.model_validate(payload["run"])
        at = FilmKeys.of(run).chunk(0).done
        if any(info.key == at for info in self.services.studio.list(at)):
            return
        began = self._sampled.setdefault(run.run_id, self.clock())
        if MODEL not in self.detectors.running:
            raise ValueError("the model does not run")
        if self.clock() - began < SAMPLING:  # type: ignore[operator]
            raise Throttled("there are more calls to make than one invocation has time for")
        done = ChunkResult(index=0, frames=3, crops=0, rejected=3)
        self.put(at, done.model_dump_json().encode())

    def execution(self, name: str) -> Execution:
        return self.machines.executions[
            f"{STATES}PrepareFilm:{name}-1".replace(":stateMachine:", ":execution:")
        ]

    def row(self) -> DetectorRow:
        (row,) = DETECTORS.list(self.services.registry, MAIN_PRODUCTION)
        return row

    def shares(self) -> float:
        """Unit hours in the films' own bills."""
        store = self.services.studio
        found = [info.key for info in store.list("") if info.key.endswith("/detector_usage.json")]
        usage = [DetectorUsage.model_validate_json(store.get(key)).usage for key in found]
        return sum(use.paid for of_film in usage for use in of_film)
