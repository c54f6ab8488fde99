import json
from datetime import UTC, datetime

import pytest
from fakes.invocation import Context

from onmodel.contracts.base import Box, Usage
from onmodel.contracts.crops import RejectReason
from onmodel.contracts.datasets import LeftOutReason
from onmodel.contracts.films import FilmFacts, FilmSummary, RunRequest
from onmodel.datasets.metrics import dataset_metrics, film_metrics
from onmodel.handler import lambda_handler
from onmodel.observability import Metric, metrics, publish

NAMESPACE = "onmodel/test"
RUN = {
    "production": "bunny",
    "film_id": "f-1",
    "run_id": "f-1-2",
    "samples_id": "s",
    "title": "f.mp4",
    "source": {"bucket": "b", "key": "k"},
    "attempt": 1,
    "correlation_id": "upload-1",
}


@pytest.fixture(autouse=True)
def _stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
    monkeypatch.setattr(metrics.provider, "namespace", NAMESPACE)  # read when it was imported


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def counted(line: dict) -> tuple[dict, list[list[str]], str]:
    """What CloudWatch reads: metrics and their units, dimensions, namespace."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    return units, [sorted(names) for names in directive["Dimensions"]], directive["Namespace"]


def test_publish_when_counted_by_a_reason_then_a_line_of_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish([Metric("Dropped", 4, by=("reason", "blurred"))])
    (line,) = lines(capsys)
    assert counted(line) == ({"Dropped": "Count"}, [["reason", "service"]], NAMESPACE)
    assert (line["Dropped"], line["reason"], line["service"]) == ([4.0], "blurred", "onmodel")


def test_entry_when_a_step_counted_then_one_line_for_all_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures = [
        Metric("Frames", 1200),
        Metric("CropsKept", 0),
        Metric("Dollars", 1.5, is_money=True),
    ]
    handler = lambda_handler(RunRequest)(lambda _: publish(figures))
    handler({"run": RUN}, Context())
    line = next(line for line in lines(capsys) if "_aws" in line)
    units = {"Frames": "Count", "CropsKept": "Count", "Dollars": "None"}
    assert counted(line) == (units, [["service"]], NAMESPACE)
    assert (line["Frames"], line["CropsKept"], line["Dollars"]) == ([1200.0], [0.0], [1.5])
    assert not metrics.metric_set  # the next invocation begins anew


def test_dataset_figures_when_a_price_is_missing_then_no_dollars_and_no_free_calls() -> None:
    figures = dataset_metrics(
        pictures=40,
        left_out={LeftOutReason.OVER_CAP: 2},
        usage=[Usage(item="captions", paid=3, reused=5), Usage(item="vectors", reused=9)],
        usd=None,
    )
    assert figures == (
        Metric("Pictures", 40),
        Metric("LeftOut", 2, by=("reason", "over_cap")),
        Metric("PaidCalls", 3, by=("item", "captions")),
    )


def test_film_metrics_when_a_film_is_prepared_then_frames_crops_drops_and_money() -> None:
    box = Box(left=0, top=0, width=640, height=360)
    summary = FilmSummary(
        production="bunny",
        film_id="f-1",
        run_id="f-1-2",
        title="f.mp4",
        facts=FilmFacts(
            container="mp4", codec="h264", width=640, height=360, duration_seconds=12,
            frames_per_second=12, picture=box, size_bytes=1,
        ),
        frames=12,
        crops_found=9,
        crops_kept=7,
        rejected={RejectReason.BLACK: 1, RejectReason.NEAR_DUPLICATE: 2},
        named={"": 7},
        usage=(Usage(item="labels", paid=11, reused=1),),
        estimated_usd=0.02,
        prepared_at=datetime(2026, 11, 22, tzinfo=UTC),
    )  # fmt: skip
    assert film_metrics(summary) == (
        Metric("Frames", 12),
        Metric("CropsFound", 9),
        Metric("CropsKept", 7),
        Metric("Dropped", 1, by=("reason", "black")),
        Metric("Dropped", 2, by=("reason", "near_duplicate")),
        Metric("PaidCalls", 11, by=("item", "labels")),
        Metric("Dollars", 0.02, is_money=True),
    )
