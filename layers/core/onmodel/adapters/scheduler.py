"""Scheduler over EventBridge Scheduler: one-time schedules of one group."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from onmodel.adapters.faults import translated
from onmodel.contracts.keys import fit
from onmodel.errors import Conflict, NotFound
from onmodel.ports.machines import Clock, Schedule

if TYPE_CHECKING:
    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient
    from mypy_boto3_scheduler.type_defs import TargetTypeDef

NAME_LIMIT = 64
# AWS does not document whether a time in the past is refused or fires at once: never send one.
LEAD = timedelta(seconds=60)
FORMAT = "at(%Y-%m-%dT%H:%M:%S)"


class EventBridgeScheduler:
    """Schedules are deleted after they fired; their names can be used again then."""

    def __init__(
        self,
        client: EventBridgeSchedulerClient,
        *,
        group: str,
        role_arn: str,
        clock: Clock,
        dead_letter_arn: str | None = None,
        lead: timedelta = LEAD,
    ) -> None:
        self._client = client
        self._group = group
        self._role_arn = role_arn
        self._clock = clock
        self._dead_letter_arn = dead_letter_arn
        self._lead = lead

    def at(
        self, name: str, when: datetime, target_arn: str, payload: Mapping[str, Any]
    ) -> Schedule:
        try:
            with translated():
                self._client.create_schedule(
                    Name=fit(name, NAME_LIMIT),
                    GroupName=self._group,
                    ScheduleExpression=self._expression(when),
                    ScheduleExpressionTimezone="UTC",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target=self._target(target_arn, json.dumps(payload)),
                )
        except Conflict:
            standing = self.get(name)
            if standing is None:  # it fired and was deleted between the two calls
                raise
            return standing
        return self._must_get(name)

    def move(self, name: str, when: datetime) -> Schedule:
        standing = self._must_get(name)
        with translated():
            self._client.update_schedule(  # an update resets every field that it does not give
                Name=fit(name, NAME_LIMIT),
                GroupName=self._group,
                ScheduleExpression=self._expression(when),
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target=self._target(standing.target_arn, standing.payload),
            )
        return self._must_get(name)

    def get(self, name: str) -> Schedule | None:
        try:
            with translated():
                answer = self._client.get_schedule(
                    Name=fit(name, NAME_LIMIT), GroupName=self._group
                )
        except NotFound:
            return None
        return Schedule(
            name=name,
            at=datetime.strptime(answer["ScheduleExpression"], FORMAT).replace(tzinfo=UTC),
            target_arn=answer["Target"]["Arn"],
            payload=answer["Target"].get("Input", "{}"),
        )

    def delete(self, name: str) -> None:
        try:
            with translated():
                self._client.delete_schedule(Name=fit(name, NAME_LIMIT), GroupName=self._group)
        except NotFound:
            return

    def _must_get(self, name: str) -> Schedule:
        schedule = self.get(name)
        if schedule is None:
            raise NotFound(f"no schedule {name} in the group {self._group}")
        return schedule

    def _expression(self, when: datetime) -> str:
        moment = max(when.astimezone(UTC), self._clock() + self._lead)
        if moment.microsecond:  # never early
            moment += timedelta(seconds=1)
        return moment.strftime(FORMAT)

    def _target(self, arn: str, payload: str) -> TargetTypeDef:
        target: TargetTypeDef = {"Arn": arn, "RoleArn": self._role_arn, "Input": payload}
        if self._dead_letter_arn:
            target["DeadLetterConfig"] = {"Arn": self._dead_letter_arn}
        return target
