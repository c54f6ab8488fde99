"""What wiring gives to a trainer's assembly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from onmodel.environment import Environment
from onmodel.ports.machines import Clock
from onmodel.ports.storage import ObjectStore


class MakeClient(Protocol):
    """`adapters.clients.make_client` in the stack's region."""

    def __call__(
        self, service: str, *, read_timeout_seconds: float = ..., attempts: int = ...
    ) -> Any: ...  # noqa: ANN401 - boto3 makes clients at run time


@dataclass(frozen=True)
class TrainerParts:
    """A trainer makes its own clients and adapters of these.

    Args:
        environment: the function's variables.
        client: makes clients of AWS.
        store: the studio bucket, which holds datasets and gets the outputs.
        clock: now.
    """

    environment: Environment
    client: MakeClient
    store: ObjectStore
    clock: Clock
