"""Facts about a production in a stack, in the form of the functions' events."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from onmodel.contracts.datasets import DatasetRef
from onmodel.contracts.films import Chunk, Run
from onmodel.contracts.generations import Generation
from onmodel.contracts.keys import FilmKeys, StoryboardKeys, as_typed
from onmodel.errors import RefusedError
from onmodel.formats.jsonl import read_lines
from onmodel.registry.kinds import DATASETS, DEPLOYMENTS, GENERATIONS, RUNS, STORYBOARDS, TRAININGS
from onmodel.registry.rows import BodyT, Row, Rows, StatusT
from onmodel_cli.connection import Connection

NOBODY_WAITS = "a-token-that-nobody-waits-for"
"""A token that no task waits for: the caption is written, nothing else happens."""


class NothingKnown(RefusedError):
    """Raised when the production has nothing of the kind that the event is about."""


@dataclass(frozen=True)
class EventFacts:
    """The facts, read when they are used; all are JSON."""

    connection: Connection
    production: str
    film: str | None
    chunk: int

    by_hand = "by-hand"

    @property
    def execution(self) -> str:
        """An execution that does not exist: rows that it claims can be claimed again at once."""
        return f"arn:aws:states:{self.connection.region}:000000000000:execution:by-hand:by-hand"

    # ── a film ───────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _run(self) -> tuple[Run, str]:
        wanted = None if self.film is None else as_typed(self.film)
        rows = RUNS.list(self.connection.registry, self.production)
        for row in sorted(rows, key=lambda row: row.updated_at, reverse=True):
            body = row.body
            if wanted in (None, as_typed(body.run.title), body.run.film_id, body.run.run_id):
                return body.run, body.execution_arn
        raise NothingKnown(
            f"No run of {wanted or 'any film'} is known in {self.production}",
            "See `onmodel status`",
        )

    @property
    def run(self) -> dict[str, Any]:
        return self._run[0].model_dump(mode="json")

    @property
    def run_execution(self) -> str:
        return self._run[1]

    @property
    def upload(self) -> dict[str, Any]:
        """S3's event in the form that EventBridge delivers."""
        run = self._run[0]
        info = self.connection.uploads.head(run.source.key, run.source.version_id)
        uploaded = {"key": info.key, "size": info.size, "etag": info.etag,
                    "version-id": info.version_id or "", "sequencer": "0"}  # fmt: skip
        return {
            "version": "0",
            "id": run.correlation_id,
            "detail-type": "Object Created",
            "source": "aws.s3",
            "region": self.connection.region,
            "resources": [f"arn:aws:s3:::{run.source.bucket}"],
            "detail": {
                "version": "0",
                "bucket": {"name": run.source.bucket},
                "object": uploaded,
                "reason": "PutObject",
            },
        }

    @property
    def planned_chunk(self) -> dict[str, Any]:
        keys = FilmKeys.of(self._run[0])
        chunks = read_lines(Chunk, self.connection.studio.get(keys.chunks))
        for chunk in chunks:
            if chunk.index == self.chunk:
                return chunk.model_dump(mode="json")
        raise NothingKnown(f"The film has {len(chunks)} chunks and no {self.chunk}",
                           "Count from 0 with --chunk")  # fmt: skip

    @property
    def notification(self) -> dict[str, Any]:
        run = self._run[0]
        return {"kind": "film_prepared", "production": self.production, "id": run.run_id,
                "correlation_id": run.correlation_id}  # fmt: skip

    @property
    def film_prepared(self) -> dict[str, Any]:
        run = self._run[0]
        return {
            "id": run.correlation_id,
            "source": "onmodel",
            "detail-type": "FilmPrepared",
            "detail": {
                "production": self.production,
                "film_id": run.film_id,
                "run_id": run.run_id,
                "correlation_id": run.correlation_id,
            },
        }

    # ── what follows ─────────────────────────────────────────────────────────────────────────────

    @property
    def generation(self) -> dict[str, Any]:
        row = self._newest(GENERATIONS)
        body = row.body
        return Generation(
            production=self.production,
            generation_id=row.id,
            attempt=body.attempt,
            correlation_id=body.correlation_id,
        ).model_dump(mode="json")

    @property
    def dataset(self) -> dict[str, Any]:
        row = self._newest(DATASETS)
        body = row.body
        return DatasetRef(
            production=self.production,
            dataset_id=row.id,
            to_caption_key=body.to_caption_key,
            captions_needed=body.captions_needed,
            correlation_id=body.correlation_id,
        ).model_dump(mode="json")

    @property
    def caption_message(self) -> dict[str, Any]:
        """SQS's event: the first picture that needed a caption."""
        body = self._newest(DATASETS).body
        lines = self.connection.studio.get(body.to_caption_key).splitlines()
        if not lines:
            raise NothingKnown("Every caption of the newest dataset came from the cache",
                               "There is nothing to ask for")  # fmt: skip
        message = {"token": NOBODY_WAITS, "item": json.loads(lines[0]),
                   "correlation_id": body.correlation_id}  # fmt: skip
        record = {"messageId": self.by_hand, "body": json.dumps(message),
                  "attributes": {"ApproximateReceiveCount": "1"}}  # fmt: skip
        return {"Records": [record]}

    @property
    def job(self) -> dict[str, Any]:
        body = self._newest(TRAININGS).body
        if body.job_ref is None:
            raise NothingKnown("The newest training was never started", "See `onmodel status`")
        return {"job_arn": body.job_ref}

    @property
    def deployment(self) -> dict[str, Any]:
        row = self._newest(DEPLOYMENTS)
        return {"production": self.production, "deployment_id": row.id,
                "correlation_id": row.body.correlation_id}  # fmt: skip

    @property
    def storyboard_request(self) -> dict[str, Any]:
        body = self._newest(STORYBOARDS).body
        return {
            "production": self.production,
            "storyboard_key": None,
            "deployment_id": body.deployment_id,
            "correlation_id": body.correlation_id,
        }

    @property
    def panel(self) -> dict[str, Any]:
        """The first panel of the newest storyboard."""
        body = self._newest(STORYBOARDS).body
        keys = StoryboardKeys(self.production, body.name, body.take)
        line: dict[str, Any] = json.loads(self.connection.studio.get(keys.plan).splitlines()[0])
        return line

    def _newest(self, rows: Rows[BodyT, StatusT]) -> Row[BodyT, StatusT]:
        """The row that was written last. Raises NothingKnown when there is none."""
        found = rows.list(self.connection.registry, self.production)
        newest = max(found, key=lambda row: row.updated_at, default=None)
        if newest is None:
            raise NothingKnown(
                f"Production {self.production} has no {rows.kind} yet", "See `onmodel status`"
            )
        return newest
