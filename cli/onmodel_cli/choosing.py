"""Which model or deployment a command means: the only one, or the one that was named.

Where there are several nothing is guessed: the refusal lists them, each with its command.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from onmodel.contracts.rows import DeploymentStage, TrainingStage
from onmodel.deployments.lifecycle import OVER
from onmodel.errors import RefusedError
from onmodel.formats.wording import count, dollars, when
from onmodel.ports.registry import Registry
from onmodel.registry.kinds import DEPLOYMENTS, TRAININGS, DeploymentRow, TrainingRow

ChoiceT = TypeVar("ChoiceT", TrainingRow, DeploymentRow)


class NoSuchModel(RefusedError):
    """Raised when a production does not have the model or the deployment that was named."""


class SeveralModels(RefusedError):
    """Raised when a production has several and none was named."""


def completed_training(
    registry: Registry, production: str, wanted: str | None, command: str
) -> TrainingRow:
    """A trained model: the one that was named, else the only one.

    Args:
        registry: holds the rows.
        production: its id.
        wanted: id of a training; None when none was named.
        command: that is typed again with an id, such as `deploy`.

    Raises:
        NoSuchModel: there is none, or none of this name.
        SeveralModels: none was named, and there are several.
    """
    found = _trained(registry, production)
    if wanted is not None:
        return _named(found, wanted, production, "trained model")
    if not found:
        raise NoSuchModel(
            f"There is no trained model of {production}",
            f"See `onmodel status -p {production}`",
        )
    if len(found) > 1:
        told = [f"{row.id}, trained {when(row.updated_at)}" for row in found]
        raise SeveralModels(
            f"{production} has {count(len(found), 'trained model')}",
            _choices([row.id for row in found], told, f"{command} -p {production} --training"),
        )
    return found[0]


def newest_model(registry: Registry, production: str, wanted: str | None) -> TrainingRow:
    """The model that was named, else the newest: for commands that change nothing."""
    found = _trained(registry, production)
    if wanted is None and found:
        return found[-1]
    return completed_training(registry, production, wanted, "")


def live_deployment(
    registry: Registry, production: str, wanted: str | None, command: str
) -> DeploymentRow:
    """A deployment that is not over: the one that was named, else the only one.

    Raises:
        NoSuchModel: nothing is deployed, or nothing of this name.
        SeveralModels: none was named, and there are several.
    """
    found = [row for row in DEPLOYMENTS.list(registry, production) if row.status not in OVER]
    if not found:
        raise NoSuchModel(
            f"No model of {production} is deployed", f"See `onmodel status -p {production}`"
        )
    if wanted is not None:
        return _named(found, wanted, production, "deployment")
    if len(found) > 1:
        told = [
            f"{row.id}, {_stage(row)}, {dollars(row.body.unit_usd_hour)} an hour" for row in found
        ]
        raise SeveralModels(
            f"{count(len(found), 'model')} of {production} are deployed",
            _choices([row.id for row in found], told, f"{command} -p {production} --deployment"),
        )
    return found[0]


def _trained(registry: Registry, production: str) -> list[TrainingRow]:
    """The oldest first."""
    rows = TRAININGS.list(registry, production)
    done = [row for row in rows if row.status == TrainingStage.COMPLETED]
    return sorted(done, key=lambda row: row.created_at)


def _named(found: Sequence[ChoiceT], wanted: str, production: str, what: str) -> ChoiceT:
    for row in found:
        if row.id == wanted:
            return row
    there = ", ".join(row.id for row in found) or "none"
    raise NoSuchModel(f"{production} has no {what} {wanted}", f"There is: {there}")


def _choices(ids: Sequence[str], told: Sequence[str], command: str) -> str:
    lines = [f"  {line}: `onmodel {command} {each}`" for each, line in zip(ids, told, strict=True)]
    return "\n".join(["Name one:", *lines])


def _stage(row: DeploymentRow) -> str:
    if row.status == DeploymentStage.IN_SERVICE:
        return f"answers until {when(row.body.retires_at)}"
    return str(row.status).replace("_", " ")
