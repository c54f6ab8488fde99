"""A deployed local stack with the fixtures of events/: what all parts of the seed use."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from onmodel.adapters.dynamodb import DynamoRegistry
from onmodel.adapters.s3 import S3ObjectStore
from onmodel.errors import OnmodelError
from onmodel.registry.rows import BodyT, Row, Rows, StatusT
from onmodel.wiring import now
from onmodel_local.deploy import Target

Say = Callable[[str], object]


class SeedRefusedError(OnmodelError):
    """Raised when a function that the seed calls ends with an error."""


class ControlledStack(Target, Protocol):
    """A running stack with control endpoints: a LocalStack or a RunningStack."""

    def control(self, path: str, order: dict[str, Any] | None = None) -> Any: ...  # noqa: ANN401


@dataclass(frozen=True)
class SeedStack:
    """A deployed stack and the fixtures.

    Attributes:
        stack: a running local stack with the template deployed.
        outputs: outputs of the deployed template.
        events: the folder of the fixtures.
        say: called with a line of text before each action.
    """

    stack: ControlledStack
    outputs: dict[str, str]
    events: Path
    say: Say

    @property
    def uploads(self) -> S3ObjectStore:
        return S3ObjectStore(self.stack.client("s3"), self.outputs["UploadsBucket"])

    @property
    def studio(self) -> S3ObjectStore:
        return S3ObjectStore(self.stack.client("s3"), self.outputs["StudioBucket"])

    @property
    def registry(self) -> DynamoRegistry:
        return DynamoRegistry(self.stack.client("dynamodb"), self.outputs["RegistryTable"])

    @property
    def production(self) -> str:
        return str(self.event("probe_film/film")["run"]["production"])

    def event(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """A fixture, by its path under events/ without the suffix."""
        return json.loads((self.events / f"{name}.json").read_text())

    def call(self, step: str, event: Any) -> Any:  # noqa: ANN401 - JSON both ways
        """Invoke a deployed function, and return its answer.

        Raises:
            SeedRefusedError: the function ended with an error.
        """
        answer = self.stack.client("lambda").invoke(
            FunctionName=f"onmodel-{step}", Payload=json.dumps(event).encode()
        )
        value = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise SeedRefusedError(f"{step}: {value}")
        return value

    def call_with_fixture(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """Invoke a function with one of its fixtures: `<step>/<case>`."""
        return self.call(name.partition("/")[0], self.event(name))

    def row(self, rows: Rows[BodyT, StatusT], identity: str) -> Row[BodyT, StatusT] | None:
        return rows.read(self.registry, self.production, identity)

    def put_row(
        self, rows: Rows[BodyT, StatusT], identity: str, status: StatusT, body: BodyT
    ) -> None:
        rows.put(self.registry, self.production, identity, status=status, body=body, now=now())
