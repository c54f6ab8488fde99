"""Patches of EventBridge: events of the simulated services, its clock, and failing functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.services import eventbridge, lambda_svc

from onmodel_local.patches.upstream import expect, replace
from onmodel_local.simulation_settings import SimulationSettings

TICK_SECONDS = 1.0  # schedules and rate rules are checked every second instead of every ten


_SOURCES = ("aws.bedrock", "aws.sagemaker")


def job_events_may_be_put() -> None:
    """Anyone who may call PutEvents may put events of `aws.bedrock` and `aws.sagemaker`.

    AWS refuses sources that begin with `aws.`; tests and `onmodel event` must be able to send the
    state changes of jobs, twice, late or forged.
    """

    @replace(eventbridge, "_put_events", "ebcda0f38061")
    def _(original: Callable[..., Any]) -> Callable[..., Any]:
        def put(data: dict[str, Any], allow_aws_source: bool = False) -> Any:
            entries = data.get("Entries", [])
            ours = bool(entries) and all(entry.get("Source") in _SOURCES for entry in entries)
            return original(data, allow_aws_source or ours)

        return put


def quick_rule_ticks() -> None:
    """rate() rules are checked every second, so that scaled rates are kept."""
    expect(eventbridge, "_scheduler_loop", "7795e8e084ff")
    eventbridge._SCHEDULER_TICK_INTERVAL = TICK_SECONDS


_settings = SimulationSettings()


def use_settings(settings: SimulationSettings) -> None:
    """The settings with the `rate_scale`, which may be changed while the emulator runs."""
    global _settings  # noqa: PLW0603 - one emulator a process
    _settings = settings


def scaled_rates() -> None:
    """rate() rules can run in scaled time: `reconcile` every 15 minutes is too slow for a demo."""

    @replace(eventbridge, "_parse_rate_seconds", "0184f31e965e")
    def _(original: Callable[[str], int | None]) -> Callable[[str], float | None]:
        def seconds(expression: str) -> float | None:
            period = original(expression)
            return None if period is None else period * _settings.rate_scale

        return seconds


def failing_functions_are_called_again() -> None:
    """A function that a rule calls is called asynchronously: as its EventInvokeConfig says.

    It is called again one second, and two seconds, after it failed (on AWS: a minute, and two);
    the last failure goes to its queue. Upstream calls it once and drops the failure.
    """

    @replace(eventbridge, "_dispatch_to_lambda", "1f95adbaed3a")
    def _(original: Callable[[str, str], None]) -> Callable[[str, str], None]:
        def dispatch(arn: str, payload: str) -> None:
            function, config, _ = lambda_svc._get_func_record_for_ref(arn)
            if not function or not config:
                original(arn, payload)  # logs that there is none
                return
            record = lambda_svc._execution_record_for_config(function, config)
            lambda_svc.invoke_async_with_retry(record, json.loads(payload))

        return dispatch


PATCHES = (
    job_events_may_be_put,
    quick_rule_ticks,
    scaled_rates,
    failing_functions_are_called_again,
)
