"""TrainModel in memory: prepared films without decoding one, and its states in their order."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from functools import cache, lru_cache

import cv2
import numpy as np
from fakes.caption_model import Answer, FakeCaptionModel
from fakes.executions import execution_arn
from fakes.films_in_memory import TRAIN_MODEL, FilmsInMemory, run_of
from fakes.human_loops import InMemoryHumanLoops
from fakes.mailbox import STACK_OPTIONS, mails_of
from fakes.question_model import FakeQuestionModel
from fakes.task_tokens import InMemoryTaskTokens
from fakes.trainer import InMemoryService, InMemoryTrainer, Only

from onmodel.contracts.base import Box, ObjectRef
from onmodel.contracts.captions import (
    CaptionItem,
    CaptionMessage,
    CaptionsChecked,
    CaptionsCollected,
)
from onmodel.contracts.crops import Crop, Naming, Thumbnail
from onmodel.contracts.datasets import DatasetRef, DatasetRequest
from onmodel.contracts.film_rows import (
    FilmBody,
    FolderBody,
    FolderStatus,
    ReferenceBody,
    ReferenceStatus,
    RunBody,
    RunStatus,
)
from onmodel.contracts.films import Chunk, ChunkResult, Run
from onmodel.contracts.generations import (
    AssembleDatasetRequest,
    FilmCollected,
    FilmPreparedEvent,
    Generation,
    Preflight,
    PreflightTrainingRequest,
    Settled,
    SettleGenerationRequest,
)
from onmodel.contracts.human_loops import HumanLoopsStarted, StartHumanLoopsRequest
from onmodel.contracts.keys import DatasetKeys, FilmKeys, accepted_settings_key, crop_id, film_id
from onmodel.contracts.links import LinkAnswer, LinkRequest
from onmodel.contracts.models import Turn
from onmodel.contracts.notifications import NotificationRequest, NotifyRequest
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.contracts.trainings import QuoteTrainingRequest, RequestApprovalRequest, TrainingQuoted
from onmodel.formats.jsonl import read_lines, write_lines
from onmodel.formats.npy import to_npy
from onmodel.links.tokens import SignedLinks
from onmodel.money.pricebook import Price, PriceBook
from onmodel.money.usage import UsageMeter
from onmodel.observability import Metric
from onmodel.registry.kinds import CHARACTERS, FILMS, REFERENCES, RUNS
from onmodel.registry.rows import BodyT, Rows, StatusT
from onmodel.steps.assemble_dataset import AssembleDataset
from onmodel.steps.caption_crop import CaptionCrop
from onmodel.steps.check_captions import check_captions
from onmodel.steps.collect_captions import collect_captions
from onmodel.steps.collect_film import CollectFilm
from onmodel.steps.follow_link import FollowLink
from onmodel.steps.notify import notify
from onmodel.steps.preflight_training import preflight_training
from onmodel.steps.quote_training import QuoteTraining
from onmodel.steps.report_dataset import report_dataset
from onmodel.steps.request_approval import RequestApproval
from onmodel.steps.settle_generation import settle_generation
from onmodel.steps.start_human_loops import start_human_loops
from onmodel.steps.start_training import StartTraining
from onmodel.steps.write_manifest import write_manifest

LINKS_URL = "https://door.invalid"
QUIET_SECONDS = 900
POLL_SECONDS = 60
SPEND_LIMIT_USD = 300.0
"""Above what a training by default and the deployment after it cost at most, 264 dollars."""

DEPLOYMENT_HOURS = 2.0
PROVISION_MINUTES = 90.0
PRODUCTION = "bunny"
CAST = ("big-buck", "frank")
ENOUGH = TrainingSettings(min_per_character=1, validation_share=0)
"""Under which a film of eight pictures is not too thin to be trained on without a question."""


def stored_thumbnail(crop: str) -> str:
    """What stands for a crop's thumbnail, in base64: nobody decodes it."""
    return base64.b64encode(f"thumbnail of {crop}".encode()).decode()


class InMemoryQueue:
    """What was put back, with its delay."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []

    def send(self, body: str, delay_seconds: int) -> None:
        self.sent.append((body, delay_seconds))


def says_its_name(turns: Sequence[Turn]) -> str:
    """A good answer: the name of the character that the prompt recognised."""
    name = turns[0].text.partition("recognised as ")[2].partition(".")[0] or "Big Buck"
    return json.dumps({"alt_text": f"{name} runs across a meadow, a butterfly just ahead."})


def names_another_at_first(turns: Sequence[Turn]) -> str:
    """Of Big Buck's pictures a caption that names Frank, until it is asked again."""
    said = says_its_name(turns)
    return said if len(turns) > 1 else said.replace("Big Buck", "Frank")


class TrainingInMemory(FilmsInMemory):
    """FilmsInMemory, and what TrainModel stands on besides."""

    stack_options = STACK_OPTIONS

    def __init__(
        self,
        answer: str | Answer = says_its_name,
        trainer: type[InMemoryService] = InMemoryTrainer,
    ) -> None:
        super().__init__()
        self.trainer = trainer(self.clock)
        self.tokens = InMemoryTaskTokens()
        self.captions = FakeCaptionModel(answer)
        self.questions = FakeQuestionModel()
        self.queue = InMemoryQueue()
        self.human_loops = InMemoryHumanLoops(self.studio)
        self.links = SignedLinks(LINKS_URL, "a key of tests", self.clock)
        self.prices = _prices()
        self.set_settings(Settings(training=ENOUGH))

    # ── what lies there before ──

    def set_settings(self, settings: Settings) -> None:
        key = accepted_settings_key(PRODUCTION)
        self.studio.put(key, settings.model_dump_json().encode(), "application/json")

    def show_characters(self) -> None:
        """One reference picture each, as route_upload would have recorded it."""
        for number, name in enumerate(CAST):
            self.show_reference(name, number)
            self._row(CHARACTERS, name, FolderStatus.KNOWN, FolderBody(folder=name))

    def show_reference(self, character: str, number: int, look: str = "") -> None:
        """The picture of this number as a reference of a character, or of one of its looks."""
        names = (character, look, "front.png") if look else (character, "front.png")
        key = "/".join((PRODUCTION, "characters", *names))
        self.uploads.put(key, picture(number, "png"), "image/png")
        body = ReferenceBody(
            character=character, look=look, source=ObjectRef(bucket="uploads", key=key),
            width=512, height=512,
        )  # fmt: skip
        identity = f"{character}/front-png{f'-{look}' if look else ''}"
        self._row(REFERENCES, identity, ReferenceStatus.RECORDED, body)

    def film(self, title: str = "a.mp4", crops: int = 8, shots: int = 4) -> Run:
        """A prepared film whose crops look like the references, but not like each other."""
        key = f"{PRODUCTION}/films/{title}"
        self.uploads.put(key, title.encode(), "video/mp4")
        info = self.uploads.head(key)
        identity = film_id(title, info.size, info.checksum_crc64nvme or "")
        run = run_of(key, film_id=identity, run_id=f"{identity}-r", title=title)
        keys = FilmKeys.of(run)
        self.studio.put(keys.settings, Settings().model_dump_json().encode(), "application/json")
        lines = [self._crop(run, number, shots) for number in range(crops)]
        self.studio.put(keys.crops, write_lines(lines), "application/jsonl")
        self.studio.put(keys.rejected, b"", "application/jsonl")
        names = [
            Naming(
                crop_id=line.crop_id, character=CAST[number % len(CAST)], confidence=0.8,
                margin=0.05 + number % 50 / 100, runner_up=CAST[(number + 1) % len(CAST)],
            )
            for number, line in enumerate(lines)
        ]  # fmt: skip
        self.studio.put(keys.names, write_lines(names), "application/jsonl")
        planned = [Chunk(index=0, start_seconds=0, end_seconds=60)]
        self.studio.put(keys.chunks, write_lines(planned), "application/jsonl")
        at = keys.chunk(0)
        self.studio.put(at.crops, write_lines(lines), "application/jsonl")
        self.studio.put(at.rejected, b"", "application/jsonl")
        done = ChunkResult(index=0, frames=crops, crops=crops, rejected=0)
        self.studio.put(at.done, done.model_dump_json().encode(), "application/json")
        small = [Thumbnail(id=line.crop_id, jpeg=stored_thumbnail(line.crop_id)) for line in lines]
        self.studio.put(keys.chunk(0).thumbnails, write_lines(small), "application/jsonl")
        vectors = self._vectors(identity, crops)
        for place in (keys.vectors, at.vectors):
            self.studio.put(place, to_npy(vectors), "application/octet-stream")
        body = FilmBody(title=title, source=run.source, size_bytes=info.size, run=run)
        self._row(FILMS, identity, RunStatus.PREPARED, body)
        prepared = RunBody(run=run, execution_arn="arn:done", crops_kept=crops)
        self._row(RUNS, run.run_id, RunStatus.PREPARED, prepared)
        return run

    def _crop(self, run: Run, number: int, shots: int) -> Crop:
        box = Box(left=10, top=20, width=300, height=400)
        crop = crop_id(run.film_id, number * 2.0, (10, 20, 300, 400), "c")
        key = FilmKeys.of(run).picture(crop, "jpeg")
        unlike = int(run.film_id[-6:], 16) % 100_000 + number + len(CAST)
        self.studio.put(key, picture(number % len(CAST), mark=unlike), "image/jpeg")
        return Crop(
            crop_id=crop, film_id=run.film_id, timecode_seconds=number * 2.0,
            shot=number % shots, chunk=0, box=box, window=box, width=512, height=640,
            label="Cartoon", confidence=90, sharpness=50, quality=0.5 + number % 50 / 100, key=key,
        )  # fmt: skip

    def _vectors(self, identity: str, count: int) -> np.ndarray:
        embed = self.embedder(EmbeddingSettings(), UsageMeter()).embed
        centres = [embed(picture(number)) for number in range(len(CAST))]
        random = np.random.default_rng(int(identity[-8:], 16))
        noise = random.standard_normal((count, len(centres[0]))).astype(np.float32)
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        # cosine 0.8 to the reference, about 0.64 to each other: named, and no duplicates
        rows = [0.8 * centres[i % len(CAST)] + 0.6 * noise[i] for i in range(count)]
        vectors = np.stack(rows) if rows else np.zeros((0, len(centres[0])), np.float32)
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def _row(self, rows: Rows[BodyT, StatusT], identity: str, status: StatusT, body: BodyT) -> None:
        rows.put(self.registry, PRODUCTION, identity, status=status, body=body, now=self.clock())

    # ── the steps, as the machine calls them ──

    def collect(self, run: Run) -> FilmCollected:
        detail = {
            "production": run.production, "film_id": run.film_id,
            "run_id": run.run_id, "correlation_id": run.correlation_id,
        }  # fmt: skip
        event = {"source": "onmodel", "detail-type": "FilmPrepared", "detail": detail}
        return CollectFilm(
            registry=self.registry,
            studio=self.studio,
            executions=self.executions,
            clock=self.clock,
            train_model_arn=TRAIN_MODEL,
        ).collect(FilmPreparedEvent.model_validate(event))

    def started_generations(self) -> list[Generation]:
        """TrainModel's inputs, oldest first."""
        return [
            Generation.model_validate(payload["generation"])
            for arn, payload in self.executions.payloads.items()
            if ":TrainModel:" in arn
        ]

    def holder(self, generation: Generation) -> str:
        name = f"{generation.production}-{generation.generation_id}-{generation.attempt}"
        return execution_arn(TRAIN_MODEL, name)

    def settle(self, generation: Generation) -> Settled:
        request = SettleGenerationRequest(
            generation=generation, execution_arn=self.holder(generation)
        )
        return settle_generation(
            request,
            registry=self.registry,
            studio=self.studio,
            executions=self.executions,
            clock=self.clock,
            quiet_seconds=QUIET_SECONDS,
            poll_seconds=POLL_SECONDS,
        )

    def preflight(self, generation: Generation) -> Preflight:
        return preflight_training(
            PreflightTrainingRequest(generation=generation),
            registry=self.registry,
            studio=self.studio,
            trainers=Only(self.trainer),
            clock=self.clock,
            models=self.models,
        )

    def assemble(self, generation: Generation, preflight: Preflight | None = None) -> DatasetRef:
        meter = UsageMeter()
        return AssembleDataset(
            registry=self.registry,
            uploads=self.uploads,
            studio=self.studio,
            cache=self.cache,
            namer=self.namer(meter),
            meter=meter,
            clock=self.clock,
            models=self.models,
            limits=self.trainer.limits.dataset,
        ).assemble(
            AssembleDatasetRequest(
                generation=generation, preflight=preflight or Preflight(possible=True)
            )
        )

    def quote(
        self, dataset: DatasetRef, preflight: Preflight | None = None, *, again: bool = False
    ) -> TrainingQuoted:
        return QuoteTraining(
            registry=self.registry,
            studio=self.studio,
            rules=Only(self.trainer),
            prices=self.prices,
            clock=self.clock,
            spend_limit_usd=SPEND_LIMIT_USD,
            longest_hours=DEPLOYMENT_HOURS,
            provision_minutes=PROVISION_MINUTES,
        ).quote(
            QuoteTrainingRequest(
                dataset=dataset, preflight=preflight or Preflight(possible=True), again=again
            )
        )

    def waiting(self, dataset: DatasetRef) -> tuple[CaptionItem, ...]:
        return read_lines(CaptionItem, self.studio.get(dataset.to_caption_key))

    def caption(
        self, item: CaptionItem, receives: int = 1, throttled: int = 0, attempt: int = 1
    ) -> str:
        """One delivery of a message of the queue; answers the token that it had."""
        token = f"token {attempt} of {item.crop_id}"
        self.tokens.waiting.add(token)
        message = CaptionMessage(
            token=token, item=item, correlation_id="upload-1", throttled=throttled
        )
        self.captioner.caption(message, receives)
        return token

    @property
    def captioner(self) -> CaptionCrop:
        return CaptionCrop(
            studio=self.studio,
            cache=self.cache,
            model=lambda _: self.captions,
            tokens=self.tokens,
            queue=self.queue,
            limits=self.trainer.limits.dataset,
        )

    def check_captions(self, dataset: DatasetRef) -> CaptionsChecked:
        return check_captions(
            DatasetRequest(dataset=dataset),
            registry=self.registry,
            studio=self.studio,
            limits=self.trainer.limits.dataset,
        )

    def caption_again(self, dataset: DatasetRef) -> int:
        """Check all captions and ask again, as the machine does; how many were asked again."""
        checked = self.check_captions(dataset)
        for item in read_lines(CaptionItem, self.studio.get(checked.to_caption_again_key)):
            self.caption(item)
        return checked.to_caption_again

    def collect_captions(self, dataset: DatasetRef) -> CaptionsCollected:
        return collect_captions(
            DatasetRequest(dataset=dataset),
            registry=self.registry,
            studio=self.studio,
            prices=self.prices,
            clock=self.clock,
        )

    def start_human_loops(self, dataset: DatasetRef, execution_arn: str) -> HumanLoopsStarted:
        return start_human_loops(
            StartHumanLoopsRequest(dataset=dataset, execution_arn=execution_arn),
            registry=self.registry,
            studio=self.studio,
            loops=self.human_loops,
            clock=self.clock,
            limits=self.trainer.limits.dataset,
        )

    def write_manifest(self, dataset: DatasetRef) -> None:
        write_manifest(
            DatasetRequest(dataset=dataset),
            registry=self.registry,
            studio=self.studio,
            rules=Only(self.trainer),
            clock=self.clock,
        )

    def report(self, dataset: DatasetRef) -> tuple[Metric, ...]:
        return report_dataset(
            DatasetRequest(dataset=dataset),
            registry=self.registry,
            studio=self.studio,
            prices=self.prices,
            clock=self.clock,
        )

    def start_training(self, dataset: DatasetRef) -> str:
        return (
            StartTraining(
                registry=self.registry,
                studio=self.studio,
                trainers=Only(self.trainer),
                clock=self.clock,
            )
            .start(DatasetRequest(dataset=dataset))
            .training_id
        )

    def ask(self, **changes: object) -> None:
        """RequestApproval about a dataset, as the machine calls it."""
        values: dict[str, object] = {
            "purpose": "training", "production": PRODUCTION, "subject_id": "d0001-00000000",
            "usd": 4481.95, "token": "task-1", "execution_arn": f"{TRAIN_MODEL}:one",
            "correlation_id": "upload-1",
        }  # fmt: skip
        request = RequestApprovalRequest.model_validate(values | changes)
        self.tokens.waiting.add(request.token)
        RequestApproval(
            registry=self.registry,
            tokens=self.tokens,
            mails=mails_of(self),
            clock=self.clock,
            approval_days=7,
        ).ask(request)

    def follow(self, link: str, method: str = "GET", body: str | None = None) -> LinkAnswer:
        """Follow a link, or post its form."""
        event = {
            "rawPath": link.removeprefix(LINKS_URL),
            "requestContext": {"http": {"method": method}, "requestId": "request-1"},
            "body": body,
        }
        return FollowLink(
            registry=self.registry,
            studio=self.studio,
            tokens=self.tokens,
            executions=self.executions,
            links=self.links,
            clock=self.clock,
            stack_options=STACK_OPTIONS,
        ).follow(LinkRequest.model_validate(event))

    def notify(
        self, kind: str, identity: str, execution_arn: str | None = None, **extra: str
    ) -> None:
        asked = NotificationRequest(
            kind=kind, production=PRODUCTION, id=identity, correlation_id="upload-1", extra=extra
        )
        request = NotifyRequest(notification=asked, execution_arn=execution_arn)
        notify(request, mails=mails_of(self), studio=self.studio)

    # ── several states at once ──

    def generation(self, crops: int = 8) -> Generation:
        """A settled generation of one film, held by its execution."""
        self.show_characters()
        self.collect(self.film(crops=crops))
        self.clock.advance(seconds=QUIET_SECONDS)
        generation = self.started_generations()[-1]
        assert self.settle(generation).settled
        return generation

    def captioned(self) -> DatasetRef:
        """A dataset with all captions collected."""
        dataset = self.assemble(self.generation())
        for item in self.waiting(dataset):
            self.caption(item)
        self.collect_captions(dataset)
        return dataset

    def keys(self, dataset: DatasetRef) -> DatasetKeys:
        return DatasetKeys(dataset.production, dataset.dataset_id)


@cache
def _prices() -> PriceBook:
    return with_prices(
        {
            "memory.training-image": "0.005",
            "memory.model-month": "1.95",
            "memory.unit-hour": "60.5",
        }
    )


def with_prices(prices: dict[str, str]) -> PriceBook:
    """The shipped price book with the fakes' items in it."""
    book = PriceBook.load()
    own = {item: Price.model_validate(usd) for item, usd in prices.items()}
    models = {
        item: Price.model_validate("0.001")
        for item in (
            "bedrock.fake-captions.input-1k",
            "bedrock.fake-captions.output-1k",
            "bedrock.fake-embedder",
        )
    }
    return book.model_copy(update={"prices": {**book.prices, **own, **models}})


@lru_cache(maxsize=1024)  # most tests make the same ones
def picture(number: int, format: str = "jpeg", mark: int | None = None) -> bytes:  # noqa: A002
    """512 × 640, a colour and a bar that tell pictures apart; a mark leaves them alike."""
    random = np.random.default_rng(number)
    pixels = np.empty((640, 512, 3), np.uint8)
    pixels[:] = random.integers(0, 256, 3)
    pixels[:, : 32 + number % 200] = random.integers(0, 256, 3)
    if mark is not None:
        pixels[:32, -32:] = np.random.default_rng(mark).integers(0, 256, 3)
    ok, data = cv2.imencode(f".{format}", pixels)
    assert ok
    return data.tobytes()
