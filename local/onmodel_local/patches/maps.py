"""Patches of the Distributed Map: children with their own execution, and no start after its end.

Follows ministack's Step Functions closely: MIT, Copyright (c) 2026 MiniStack Contributors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions

from onmodel_local.patches.upstream import expect, replace


def map_children_are_executions() -> None:
    """A child's `$$.Execution` is the child's, and no child starts after the map has failed.

    Upstream gives the parent's context, and works on through all items after the tolerated
    failures are exceeded or the parent was stopped.
    """
    expect(stepfunctions, "_run_distributed_map", "2b77d3ec0e04")

    @replace(stepfunctions, "_run_sub_machine", "f8d844168b14")
    def _(original: Callable[..., Any]) -> Callable[..., Any]:
        def run(
            states: Any, start: str, data: Any, execution: dict[str, Any], context: dict[str, Any]
        ) -> Any:
            map_run = stepfunctions._map_runs.get(execution.get("mapRunArn"))
            if map_run and context.get("Map"):
                _refuse_when_lost(map_run)
                context["Execution"] = {
                    "Id": execution["executionArn"],
                    "Input": data,
                    "Name": execution["name"],
                    "StartTime": execution["startDate"],
                }
            return original(states, start, data, execution, context)

        return run


def _refuse_when_lost(map_run: dict[str, Any]) -> None:
    counts = map_run["itemCounts"]
    parent = stepfunctions._executions.get(map_run["executionArn"]) or {}
    too_many = counts["failed"] * 100 > map_run["toleratedFailurePercentage"] * counts["total"]
    if parent.get("status") != "RUNNING":
        raise stepfunctions._ExecutionError("States.Aborted", "the parent has ended")
    # with a tolerated count upstream's own end decides: the run does not say which was given
    if counts["failed"] and too_many and not map_run["toleratedFailureCount"]:
        raise stepfunctions._ExecutionError("States.Aborted", "too many items have failed")


PATCHES = (map_children_are_executions,)
