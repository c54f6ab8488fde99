"""The logger and the metrics of every function; made only here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit


@dataclass(frozen=True)
class Metric:
    """One number under a metric's name.

    `by` is a dimension and its value, such as ("reason", "blurred"). A dimension has few values:
    each costs 30 cents a month in CloudWatch. Money is in US dollars, all other values are counts.
    """

    name: str
    value: float
    by: tuple[str, str] | None = None
    is_money: bool = False


SERVICE = "onmodel"


# with any other form of the time, Lambda gives the line the level INFO
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
