"""The dashboard's body is text to every linter: here it is read as CloudWatch reads it."""

from __future__ import annotations

import itertools
import json
import re

import pytest
from template_model import Machine, Template

from onmodel.contracts.base import Usage
from onmodel.contracts.crops import RejectReason
from onmodel.contracts.datasets import LeftOutReason
from onmodel.contracts.films import FilmSummary
from onmodel.datasets.metrics import dataset_metrics, film_metrics
from onmodel.observability import Metric

OURS = "onmodel/${AWS::StackName}"
FREE_METRICS = 50  # of each of an account's first three dashboards


@pytest.fixture(scope="module")
def widgets(template: Template) -> list[dict]:
    dashboard = template.of("AWS::CloudWatch::Dashboard")["Dashboard"]
    return json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]


def series(widgets: list[dict]) -> list[list[str]]:
    """Namespace, name, dimensions and values of each metric, shorthands written out."""
    found: list[list[str]] = []
    for widget in widgets:
        above: list[str] = []
        for row in widget["properties"]["metrics"]:
            texts = [text for text in row if isinstance(text, str)]
            if not texts:
                continue  # a search
            if texts[0] == "...":
                texts = above[: len(above) - len(texts) + 1] + texts[1:]
            above = [above[place] if text == "." else text for place, text in enumerate(texts)]
            found.append(above)
    return found


def searches(widgets: list[dict]) -> dict[tuple[str, str], int]:
    """How many metrics each search draws at the most, by dimension and metric's name."""
    expressions = [
        column["expression"]
        for widget in widgets
        for row in widget["properties"]["metrics"]
        for column in row
        if isinstance(column, dict) and "expression" in column
    ]
    found = r"SEARCH\('\{\"(.+?)\",(\w+),service\} MetricName=\"(\w+)\"', 'Sum', 86400\)"
    shape = rf"SORT\({found}, SUM, DESC, (\d+)\)"
    matches = [re.fullmatch(shape, expression) for expression in expressions]
    assert all(match and match[1] == OURS for match in matches), expressions
    return {(match[2], match[3]): int(match[4]) for match in matches if match}


def published() -> list[Metric]:
    """One of every kind that the reports count."""
    usage = (Usage(item="item", paid=1),)
    film = FilmSummary.model_construct(
        frames=1,
        crops_found=1,
        crops_kept=1,
        rejected={RejectReason.BLACK: 1},
        usage=usage,
        estimated_usd=1.0,
    )
    left_out = {LeftOutReason.UNNAMED: 1}
    return [
        *film_metrics(film),
        *dataset_metrics(pictures=1, left_out=left_out, usage=usage, usd=1.0),
    ]


def test_figures_when_published_then_drawn(widgets: list[dict]) -> None:
    whole = {row[1] for row in series(widgets) if row[2:] == ["service", "onmodel"]}
    assert whole == {figure.name for figure in published() if figure.by is None}
    by = {(figure.by[0], figure.name) for figure in published() if figure.by is not None}
    assert searches(widgets).keys() == by


def test_machines_and_dead_letters_when_there_are_any_then_drawn(
    widgets: list[dict], template: Template, machines: dict[str, Machine]
) -> None:
    rows = series(widgets)
    for metric in ("ExecutionsSucceeded", "ExecutionsFailed"):
        drawn = [row[3] for row in rows if row[:3] == ["AWS/States", metric, "StateMachineArn"]]
        assert drawn == [f"${{{name}}}" for name in machines], metric
    queues = {row[3] for row in rows if row[0] == "AWS/SQS"}
    assert queues == {f"${{{name}.QueueName}}" for name in template.of("AWS::SQS::Queue")}
    assert ["AWS/Lambda", "Errors"] in rows and ["AWS/Lambda", "Throttles"] in rows
    (overdue,) = [row for row in rows if row[1] == "OverdueDeployments"]
    filters = template.of("AWS::Logs::MetricFilter")["OverdueDeployments"]
    assert filters["MetricTransformations"][0]["MetricNamespace"] == {"Fn::Sub": overdue[0]}


def test_metrics_when_named_then_in_the_stacks_own_namespace(template: Template) -> None:
    common = template.body["Globals"]["Function"]["Environment"]["Variables"]
    assert common["POWERTOOLS_METRICS_NAMESPACE"] == {"Fn::Sub": OURS}


def test_dashboard_when_read_then_small(widgets: list[dict]) -> None:
    assert len(series(widgets)) + sum(searches(widgets).values()) <= FREE_METRICS
    for one, other in itertools.combinations(widgets, 2):
        assert not (
            one["x"] < other["x"] + other["width"]
            and other["x"] < one["x"] + one["width"]
            and one["y"] < other["y"] + other["height"]
            and other["y"] < one["y"] + one["height"]
        ), "two widgets lie on each other"
    assert all(widget["x"] + widget["width"] <= 24 for widget in widgets)
