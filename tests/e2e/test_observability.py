"""One film's way through the logs: one id from upload to mail, and its figures as metrics."""

from __future__ import annotations

from collections import defaultdict

import pytest
from drawn.films import draw_film
from e2e.deployed_stack import DeployedStack

from onmodel.contracts.films import FilmSummary

FUNCTIONS = {  # of PrepareFilm, and what calls it and follows it
    "route_upload", "claim_run", "probe_film", "sample_chunk", "deduplicate_film", "name_crops",
    "report_film", "finish_film", "collect_film", "notify",
}  # fmt: skip


@pytest.fixture(scope="module")
def film(
    studio: DeployedStack, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, FilmSummary]:
    """The id that the upload got, and what the film came to.

    No other test's film: what is known is not paid for again, and paid calls are asked for here.
    """
    drawn = draw_film(tmp_path_factory.mktemp("logged") / "drawn.mp4", seconds=10, size=(480, 270))
    studio.upload(
        "logged/settings.yaml", b"sampling: {chunk_seconds: 6}\ncrop: {max_enlargement: 16}\n"
    )
    studio.upload("logged/films/drawn.mp4", drawn.path.read_bytes())
    record = studio.ended_run("logged")
    assert record.status == "prepared", record.body
    studio.wait_for_mails("production logged is prepared.")
    return studio.run(record).correlation_id, studio.summary(record)


def test_lines_when_a_film_goes_its_way_then_every_function_logs_under_its_id(
    studio: DeployedStack, film: tuple[str, FilmSummary]
) -> None:
    identity, _ = film
    logged = [(name, line) for name, line in studio.log_lines() if "level" in line]
    assert {name for name, line in logged if line["correlation_id"] == identity} >= FUNCTIONS
    assert [line for _, line in logged if "correlation_id" not in line] == []
    (mail,) = studio.wait_for_mails("production logged is prepared.")
    assert mail.correlation_id == identity


def metrics(studio: DeployedStack) -> dict[str, list[float]]:
    """Values by name, or name and dimension, as CloudWatch reads them out of the lines."""
    found: dict[str, list[float]] = defaultdict(list)
    for _, line in studio.log_lines():
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == "onmodel/onmodel"
            (dimensions,) = directive["Dimensions"]
            by = [line[name] for name in dimensions if name != "service"]
            for metric in directive["Metrics"]:
                value = line[metric["Name"]]
                values = value if isinstance(value, list) else [value]
                found[" ".join([metric["Name"], *by])] += values
    return found


def test_metrics_when_a_film_was_prepared_then_are_what_its_report_says(
    studio: DeployedStack, film: tuple[str, FilmSummary]
) -> None:
    _, summary = film
    found = metrics(studio)
    assert summary.frames in found["Frames"]
    assert summary.crops_found in found["CropsFound"]
    assert summary.crops_kept in found["CropsKept"]
    assert summary.estimated_usd in found["Dollars"]
    for reason, count in summary.rejected.items():
        assert count in found[f"Dropped {reason.value}"]
    paid = [use for use in summary.usage if use.paid]
    assert paid
    for use in paid:
        assert use.paid in found[f"PaidCalls {use.item}"]
