"""Logger and metrics of every function; nobody else makes one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit


@dataclass(frozen=True)
class Metric:
    """One number under a metric's name.

    `by` is a dimension and its value, such as ("reason", "blurred"): of few values, for CloudWatch
    asks 30 cents a month for each in use. Money is in US dollars, everything else is counted.
    """

    name: str
    value: float
    by: tuple[str, str] | None = None
    is_money: bool = False


SERVICE = "onmodel"


# Lambda takes a line whose time is in any other form for one of level INFO
logger = Logger(service=SERVICE, use_rfc3339=True)


metrics = Metrics(service=SERVICE)  # its namespace is the stack's: POWERTOOLS_METRICS_NAMESPACE


def publish(figures: Iterable[Metric]) -> None:
    """As lines of the log, which CloudWatch reads; the handler writes those without a dimension."""
    for figure in figures:
        unit = MetricUnit.NoUnit if figure.is_money else MetricUnit.Count
        if figure.by is None:
            metrics.add_metric(figure.name, unit, figure.value)
            continue
        with single_metric(
            figure.name, unit, figure.value, default_dimensions={"service": SERVICE}
        ) as metric:
            metric.add_dimension(*figure.by)
