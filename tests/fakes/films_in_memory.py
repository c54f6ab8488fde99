"""All services in memory, and the steps of PrepareFilm called in the order of its machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from fakes.cache import InMemoryCache
from fakes.caption_model import FakeCaptionModel
from fakes.clock import FixedClock
from fakes.detectors import InMemoryDetectors
from fakes.embedder import FakeEmbedder
from fakes.executions import InMemoryExecutions, execution_arn
from fakes.faces import FakeFaces, InMemoryFaceCollections
from fakes.labels import FakeLabels
from fakes.mailbox import InMemoryMailbox, mails_of
from fakes.object_store import InMemoryObjectStore
from fakes.registry import InMemoryRegistry

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.films import (
    Chunk,
    ClaimRunRequest,
    FilmSummary,
    Run,
    RunRequest,
    SampleChunkRequest,
)
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.notifications import NotificationRequest, NotifyRequest
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.contracts.settings import AllowedModels
from onmodel.contracts.uploads import RouteAnswer, UploadEvent
from onmodel.finders import FinderServices, make_finder
from onmodel.formats.jsonl import read_lines
from onmodel.links.tokens import SignedLinks
from onmodel.money.pricebook import PriceBook
from onmodel.money.result_cache import (
    CachedAnswers,
    CachedCustomLabels,
    CachedEmbedder,
    CachedFaceCollections,
    CachedFaceDetector,
    CachedLabelDetector,
)
from onmodel.money.usage import UsageMeter
from onmodel.namers import NamerServices, make_namer
from onmodel.ports.faces import FaceCollections
from onmodel.ports.finder import FinderOf
from onmodel.ports.models import CaptionModel, Embedder, FaceDetector, LabelDetector
from onmodel.ports.namer import NamerOf
from onmodel.steps.claim_run import claim_run
from onmodel.steps.deduplicate_film import deduplicate_film
from onmodel.steps.finish_film import finish_film
from onmodel.steps.name_crops import name_crops
from onmodel.steps.notify import notify
from onmodel.steps.probe_film import probe_film
from onmodel.steps.report_film import report_film
from onmodel.steps.route_upload import RouteUpload
from onmodel.steps.sample_chunk import sample_chunk
from onmodel.steps.upload_mails import UploadMails

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:PrepareFilm"
TRAIN_MODEL = "arn:aws:states:us-east-1:123456789012:stateMachine:TrainModel"
DRAW_STORYBOARD = "arn:aws:states:us-east-1:123456789012:stateMachine:DrawStoryboard"


class FilmsInMemory:
    """Every service that the steps need, in memory, without AWS."""

    def __init__(self, labels: LabelDetector | None = None) -> None:
        self.clock = FixedClock()
        self.models = AllowedModels()
        self.uploads = InMemoryObjectStore("uploads")
        self.studio = InMemoryObjectStore("studio")
        self.registry = InMemoryRegistry()
        self.cache = InMemoryCache(clock=self.clock)
        self.executions = InMemoryExecutions(self.clock)
        self.mailbox = InMemoryMailbox()
        self.links = SignedLinks("https://door.invalid", "a key of tests", self.clock)
        self.detector = labels or FakeLabels()
        self.faces: FaceDetector = FakeFaces()
        self.grounding: CaptionModel = FakeCaptionModel("[]")
        self.detectors = InMemoryDetectors(self.clock)
        self.collections: FaceCollections = InMemoryFaceCollections()
        self.embedding_model: Callable[[int], Embedder] = FakeEmbedder

    def upload(self, key: str, body: bytes) -> UploadEvent:
        """Put an object; answers the event that S3 would send for it."""
        self.uploads.put(key, body, "application/octet-stream")
        return self.event(key)

    def delete(self, key: str, event_id: str = "deletion-1") -> UploadEvent:
        """Put a delete marker; answers the event that S3 would send for it."""
        self.uploads.delete_prefix(key)
        return UploadEvent.model_validate(
            {
                "id": event_id,
                "source": "aws.s3",
                "detail-type": "Object Deleted",
                "detail": {
                    "bucket": {"name": "uploads"},
                    "object": {"key": key, "etag": "d41d8cd98f00b204e9800998ecf8427e"},
                    "deletion-type": "Delete Marker Created",
                },
            }
        )

    def event(self, key: str, event_id: str = "upload-1") -> UploadEvent:
        info = self.uploads.head(key)
        return UploadEvent.model_validate(
            {
                "id": event_id,
                "source": "aws.s3",
                "detail-type": "Object Created",
                "detail": {
                    "bucket": {"name": "uploads"},
                    "object": {
                        "key": key,
                        "size": info.size,
                        "etag": info.etag,
                        "version-id": info.version_id,
                    },
                },
            }
        )

    def route(self, event: UploadEvent) -> RouteAnswer:
        return RouteUpload(
            uploads=self.uploads,
            studio=self.studio,
            registry=self.registry,
            executions=self.executions,
            mails=UploadMails(mails_of(self), "uploads"),
            clock=self.clock,
            prepare_film_arn=MACHINE,
            train_model_arn=TRAIN_MODEL,
            draw_storyboard_arn=DRAW_STORYBOARD,
            models=self.models,
        ).route(event)

    def started(self) -> Run:
        """The run of the newest execution."""
        return Run.model_validate(list(self.executions.payloads.values())[-1]["run"])

    def claim(self, run: Run) -> str:
        arn = execution_arn(MACHINE, f"{run.run_id}-{run.attempt}")
        claim_run(
            ClaimRunRequest(run=run, execution_arn=arn),
            registry=self.registry,
            executions=self.executions,
            clock=self.clock,
            films_at_once=2,
            poll_seconds=60,
            preflight=lambda: (),
        )
        return arn

    def sample(self, run: Run, chunk: Chunk) -> UsageMeter:
        meter = UsageMeter()
        sample_chunk(
            SampleChunkRequest(run=run, chunk=chunk),
            uploads=self.uploads,
            studio=self.studio,
            finder=self.finder(meter),
            embedder=lambda settings: self.embedder(settings, meter),
            meter=meter,
        )
        return meter

    def finder(self, meter: UsageMeter) -> FinderOf:
        services = FinderServices(
            labels=lambda: CachedLabelDetector(self.detector, self.cache, meter),
            faces=lambda: CachedFaceDetector(self.faces, self.cache, meter),
            grounding=lambda _: CachedAnswers(self.grounding, {}, self.cache, meter),
            custom_labels=lambda model: CachedCustomLabels(self.detector, model, self.cache, meter),
        )
        return partial(make_finder, services=services)

    def namer(self, meter: UsageMeter) -> NamerOf:
        collections = CachedFaceCollections(self.collections, self.cache, meter)
        services = NamerServices(
            embedder=partial(self.embedder, meter=meter),
            faces=lambda: CachedFaceDetector(self.faces, self.cache, meter),
            collections=lambda: collections,
            stack="onmodel",
        )
        return partial(make_namer, services=services)

    def embedder(self, settings: EmbeddingSettings, meter: UsageMeter) -> CachedEmbedder:
        return CachedEmbedder(self.embedding_model(settings.dimensions), self.cache, meter)

    def probe(self, run: Run) -> tuple[Chunk, ...]:
        answer = probe_film(RunRequest(run=run), uploads=self.uploads, studio=self.studio)
        return read_lines(Chunk, self.studio.get(answer.chunks_key))

    def name(self, run: Run) -> UsageMeter:
        meter = UsageMeter()
        name_crops(
            RunRequest(run=run),
            uploads=self.uploads,
            studio=self.studio,
            registry=self.registry,
            namer=self.namer(meter),
            meter=meter,
        )
        return meter

    def prepare(self, run: Run) -> FilmSummary:
        """PrepareFilm from its first state to its last."""
        arn = self.claim(run)
        for chunk in self.probe(run):
            self.sample(run, chunk)
        deduplicate_film(RunRequest(run=run), studio=self.studio, registry=self.registry)
        self.name(run)
        self.figures = report_film(
            RunRequest(run=run), studio=self.studio, prices=PriceBook.load(), clock=self.clock
        )
        finish_film(
            RunRequest(run=run), registry=self.registry, studio=self.studio, clock=self.clock
        )
        self.notify("film_prepared", run)
        self.executions.finish(arn)
        return FilmSummary.model_validate_json(self.studio.get(FilmKeys.of(run).summary))

    def notify(self, kind: str, run: Run) -> None:
        asked = NotificationRequest(
            kind=kind,
            production=run.production,
            id=run.run_id,
            correlation_id=run.correlation_id,
        )
        mails = replace(mails_of(self), links=None)
        notify(NotifyRequest(notification=asked), mails=mails, studio=self.studio)


def run_of(key: str = "bunny/films/a.mp4", **changes: object) -> Run:
    """A run for tests of single steps."""
    values: dict[str, object] = {
        "production": "bunny",
        "film_id": "a-00000001",
        "run_id": "a-00000001-aaaaaaaa",
        "samples_id": "5c0d9e3a",
        "title": "a.mp4",
        "source": ObjectRef(bucket="uploads", key=key),
        "attempt": 1,
        "correlation_id": "upload-1",
    }
    return Run.model_validate(values | changes)
