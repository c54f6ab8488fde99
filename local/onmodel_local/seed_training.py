"""What the fixtures name behind the films, first half: a dataset and its training.

The steps make it, as in the pipeline; only names that they would choose themselves are the
fixtures'. Planting again mends what invocations have changed, and does nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from onmodel.contracts.base import Contract
from onmodel.contracts.dataset import DatasetItem
from onmodel.contracts.requests_deployment import (
    ClaimTrainingRequest,
)
from onmodel.contracts.requests_training import (
    AssembleDatasetRequest,
    CaptionItem,
    CaptionMessage,
    DatasetRef,
    DatasetRequest,
    QueuedMessages,
    QuoteTrainingRequest,
)
from onmodel.jsonl import read_lines
from onmodel.keys import DatasetKeys
from onmodel.paid import Meter
from onmodel.ports import Record
from onmodel.records import Kind, upsert
from onmodel.records_training import (
    DatasetBody,
    DatasetStatus,
    GenerationBody,
    GenerationStatus,
    TrainingBody,
    TrainingStage,
)
from onmodel.steps.assemble_dataset import AssembleDataset
from onmodel.steps.caption_crop import CaptionCrop
from onmodel.steps.claim_training import ClaimTraining
from onmodel.steps.collect_captions import collect_captions
from onmodel.steps.quote_training import quote_training
from onmodel.steps.report_dataset import report_dataset
from onmodel.steps.start_training import StartTraining
from onmodel.steps.write_manifest import write_manifest
from onmodel.wiring import Services, now

CAPTIONS_AT_ONCE = 4
NOBODY = "nobody"
SETTLED = timedelta(days=1)
"""Since then nothing was prepared: longer than any quiet period."""
PATIENCE_SECONDS = 60

Control = Callable[..., Any]


class NoTokens:
    """Captions that no machine waits for: every answer is taken, and goes nowhere."""

    def succeed(self, token: str, output: Mapping[str, Any]) -> bool:
        return True

    def fail(self, token: str, error: str, cause: str) -> bool:
        raise RuntimeError(f"a picture of the seed has no caption: {error}: {cause}")


@dataclass(frozen=True)
class SeedBase:
    """What every part of the seed needs.

    Attributes:
        services: of the deployed functions.
        control: orders for the stack (`stack.control`).
        event: a fixture by its path under events/.
        run_id: of the film that was prepared.
        say: told what is done.
    """

    services: Services
    control: Control
    event: Callable[[str], Any]
    run_id: str
    say: Callable[[str], object]

    @property
    def _dataset(self) -> DatasetRef:
        return DatasetRequest.model_validate(self.event("start_training/dataset.json")).dataset

    @property
    def _keys(self) -> DatasetKeys:
        return DatasetKeys(self._dataset.production, self._dataset.dataset_id)

    def _hurry(self, name: str, is_done: Callable[[], bool]) -> None:
        """Simulated time passes at once."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_done():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} is not done after {PATIENCE_SECONDS} s")
            self.control("bedrock/step", {"name": name})
            time.sleep(0.2)

    def _row(self, kind: Kind, identity: str, status: str, body: Contract) -> None:
        upsert(
            self.services.registry,
            production=self._dataset.production,
            kind=kind,
            id=identity,
            status=status,
            body=body,
            now=now(),
        )


class TrainingSeed(SeedBase):
    """The fixtures' dataset and its training."""

    def plant(self) -> None:
        """Everything that is missing."""
        self.open_generation()
        if self.training() is None:
            self.say("dataset")
            self._make_dataset()
            self._caption()
            self._finish_dataset()
            self.say("training")
            self._train()

    def training(self) -> Record | None:
        """Its row, once its model is made."""
        found = self.services.registry.get(
            self._dataset.production, Kind.TRAINING, self._dataset.dataset_id
        )
        return found if found is not None and found.status == TrainingStage.COMPLETED else None

    def open_generation(self) -> None:
        """As if the film had just been collected, and quiet had returned."""
        generation = AssembleDatasetRequest.model_validate(
            self.event("assemble_dataset/possible.json")
        ).generation
        body = GenerationBody(
            attempt=generation.attempt,
            runs=(self.run_id,),
            last_prepared_at=now() - SETTLED,
            correlation_id=generation.correlation_id,
        )
        self._row(Kind.GENERATION, generation.generation_id, GenerationStatus.OPEN, body)

    def _make_dataset(self) -> None:
        wired, meter = self.services, Meter()
        made = AssembleDataset(
            registry=wired.registry,
            uploads=wired.uploads,
            studio=wired.studio,
            cache=wired.cache,
            embedder=lambda settings: wired.embedder(settings, meter),
            meter=meter,
            clock=now,
            models=wired.environment.models,
            notices=wired.notices,
        ).assemble(
            AssembleDatasetRequest.model_validate(self.event("assemble_dataset/possible.json"))
        )
        self._name_as_the_fixtures_do(made)
        self.open_generation()

    def _name_as_the_fixtures_do(self, made: DatasetRef) -> None:
        """A dataset's name is a hash of what is in it, which no fixture can know."""
        wired, ours = self.services, self._dataset
        before, after = made.dataset_id, ours.dataset_id
        prefix = f"{made.production}/datasets/{before}/"
        for info in list(wired.studio.list(prefix)):
            content = wired.studio.get(info.key)
            if info.key.endswith((".json", ".jsonl")):
                content = content.replace(before.encode(), after.encode())
            wired.studio.put(info.key.replace(before, after), content, "application/octet-stream")
        record = wired.registry.get(made.production, Kind.DATASET, before)
        if record is None:
            raise LookupError(f"{before} was made and is not there")
        told = DatasetBody.model_validate(record.body).model_dump_json().replace(before, after)
        body = DatasetBody.model_validate_json(told)
        self._row(Kind.DATASET, after, DatasetStatus.ASSEMBLED, body)
        wired.registry.delete(record)
        wired.studio.delete_prefix(prefix)

    def _caption(self) -> None:
        wired = self.services
        crops = CaptionCrop(
            studio=wired.studio,
            cache=wired.cache,
            model=wired.caption_model,
            tokens=NoTokens(),
            queue=wired.caption_queue,
        )
        waiting = read_lines(CaptionItem, wired.studio.get(self._keys.to_caption))
        messages = [
            CaptionMessage(token=NOBODY, item=item, correlation_id=self._dataset.correlation_id)
            for item in waiting
        ]
        with ThreadPoolExecutor(CAPTIONS_AT_ONCE) as pool:
            list(pool.map(lambda message: crops.caption(message, receives=1), messages))
        items = read_lines(DatasetItem, wired.studio.get(self._keys.items))
        self._lay_out_queued_picture(wired.studio.get(items[0].key))

    def _lay_out_queued_picture(self, picture: bytes) -> None:
        """The fixtures' messages name crops of their own."""
        queued = QueuedMessages.model_validate(self.event("caption_crop/batch.json"))
        for message in queued.records:
            item = CaptionMessage.model_validate_json(message.body).item
            self.services.studio.put(item.key, picture, "image/jpeg")

    def _finish_dataset(self) -> None:
        wired, request = self.services, DatasetRequest(dataset=self._dataset)
        quote = QuoteTrainingRequest.model_validate(self.event("quote_training/dataset.json"))
        quote_training(
            quote,
            registry=wired.registry,
            studio=wired.studio,
            trainer=wired.trainer,
            prices=wired.prices,
            clock=now,
            spend_limit_usd=wired.environment.spend_limit_usd,
        )
        collect_captions(
            request, registry=wired.registry, studio=wired.studio, prices=wired.prices, clock=now
        )
        write_manifest(
            request, registry=wired.registry, studio=wired.studio, trainer=wired.trainer, clock=now
        )
        report_dataset(
            request, registry=wired.registry, studio=wired.studio, prices=wired.prices, clock=now
        )

    def _train(self) -> None:
        claim = ClaimTrainingRequest.model_validate(self.event("claim_training/job_event.json"))
        wired = self.services
        with self._silent_jobs():
            self.control("bedrock/next-job", {"id": str(claim.request.job_arn)[-12:]})
            started = StartTraining(
                registry=wired.registry, studio=wired.studio, trainer=wired.trainer, clock=now
            ).start(DatasetRequest(dataset=self._dataset))
            row = wired.registry.get(self._dataset.production, Kind.TRAINING, started.training_id)
            job = TrainingBody.model_validate(row.body).job_ref if row else None
            self._hurry(str(job), lambda: wired.trainer.describe(str(job)).status.is_over)
            time.sleep(1)  # events of the past are silent too
        ClaimTraining(
            registry=wired.registry,
            studio=wired.studio,
            trainer=wired.trainer,
            executions=wired.executions,
            clock=now,
            longest_hours=wired.environment.deployment_hours,
        ).claim(claim)

    @contextmanager
    def _silent_jobs(self) -> Iterator[None]:
        """No machine deploys what is trained meanwhile."""
        self.control("bedrock/events", {"times": 0})
        try:
            yield
        finally:
            self.control("bedrock/events", {"times": 1})
