"""Two datasets, two trainings, side by side."""

from __future__ import annotations

from datetime import timedelta

from fakes.clock import START

from onmodel.contracts.judging import Interval, JudgedNumber, Judgement
from onmodel.contracts.rows import (
    DatasetBody,
    DatasetStatus,
    Kind,
    StoryboardBody,
    StoryboardStatus,
    TrainingBody,
    TrainingStage,
)
from onmodel.contracts.trainings import LabelledValue, TrainingSpec
from onmodel.overview.comparison import (
    chosen_two,
    compare_datasets,
    compare_trainings,
    newest_judged,
)
from onmodel.registry.rows import AnyRow, Row


def row(kind: Kind, identity: str, status: object, body: object, days: int = 0) -> AnyRow:
    at = START + timedelta(days=days)
    return Row(kind, "bunny", identity, status, body, None, 1, at, at)


def dataset(identity: str, named: dict[str, int], days: int = 0) -> AnyRow:
    body = DatasetBody(
        generation_id="g0001", correlation_id="c", pictures=sum(named.values()), named=named,
        character_names={"buck": "Big Buck"}, films=("f",), to_caption_key="k", captions_needed=1,
    )  # fmt: skip
    return row(Kind.DATASET, identity, DatasetStatus.READY, body, days)


def training(identity: str, steps: str, days: int = 0) -> AnyRow:
    body = TrainingBody(
        dataset_id=identity, correlation_id="c", quoted_usd=3.5,
        described=(LabelledValue(value=steps, label="steps"),),
        spec=TrainingSpec(production="bunny", dataset_id=identity, training_id=identity,
                          manifest_uri="s3://s/m", output_uri="s3://s/t/", hyperparameters={}),
    )  # fmt: skip
    return row(Kind.TRAINING, identity, TrainingStage.COMPLETED, body, days)


def test_two_when_none_is_named_then_the_newest_and_what_is_unknown_is_left_out() -> None:
    rows = [dataset("d1", {}, 1), dataset("d2", {}, 2), dataset("d3", {}, 3)]
    assert [one.id for one in chosen_two(rows, []) or ()] == ["d2", "d3"]
    assert [one.id for one in chosen_two(rows, ["d1", "<script>"]) or ()] == ["d1", "d3"]
    assert [one.id for one in chosen_two(rows, ["d2", "d1"]) or ()] == ["d1", "d2"]
    assert [one.id for one in chosen_two(rows, ["d2", "d2"]) or ()] == ["d2", "d3"]
    assert chosen_two(rows[:1], ["d1"]) is None


def test_datasets_when_compared_then_each_character_has_a_line_and_differences_are_told() -> None:
    table = compare_datasets([dataset("d1", {"buck": 4, "": 1}), dataset("d2", {"rinky": 9})])
    lines = {line.title: line for line in table.lines}
    assert table.heads == ("d1", "d2")
    assert lines["of Big Buck"].values == ("4", "0")
    assert lines["of Rinky"].values == ("0", "9")
    assert lines["not named"].values == ("1", "0")
    assert lines["pictures"].differs and not lines["trainer"].differs
    assert "captioned" not in lines, "neither was captioned"


def test_trainings_when_compared_then_what_was_measured_stands_beside_how_they_were_trained() -> (
    None
):
    number = JudgedNumber(
        number="identity", arm="tuned",
        interval=Interval(mean=0.72, low=0.6, high=0.8, scenes=4),
    )  # fmt: skip
    judged = {"d2": Judgement(numbers=(number,), pictures=())}
    table = compare_trainings([training("d1", "500"), training("d2", "900")], judged)
    lines = {line.title: line.values for line in table.lines}
    assert lines["steps"] == ("500", "900")
    assert lines["quoted"] == ("$3.50", "$3.50")
    assert lines["identity of its newest storyboard"] == ("–", "0.72 (0.60 to 0.80)")


def test_newest_judged_when_drawn_by_a_deployment_or_a_job_then_the_last_that_was_drawn() -> None:
    def board(take: int, drawn: int | None, training_id: str) -> AnyRow:
        body = StoryboardBody(
            name="forest", take=take, training_id=training_id, correlation_id="c", panels=2,
            drawn=drawn,
        )  # fmt: skip
        return row(Kind.STORYBOARD, f"forest-{take}", StoryboardStatus.DRAWN, body, take)

    rows = [board(1, 2, "d1"), board(2, 2, "d1"), board(3, None, "d1"), board(4, 2, "d2")]
    found = newest_judged("d1", rows)
    assert found is not None and found.id == "forest-2"
    assert newest_judged("d3", rows) is None
