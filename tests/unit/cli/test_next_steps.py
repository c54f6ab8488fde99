from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.clock import START
from fakes.films_in_memory import FilmsInMemory

from onmodel.contracts.films import FilmSummary
from onmodel.contracts.keys import accepted_settings_key
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel_cli.connection import Connection
from onmodel_cli.next_steps import NextSteps, next_steps
from onmodel_cli.results import Result
from onmodel_cli.run import Wish, prepare_films
from onmodel_cli.speaking import err


@pytest.fixture
def after(
    connection: Connection, world: FilmsInMemory, film: Path, tmp_path: Path
) -> Callable[..., NextSteps]:
    """What `onmodel run` says under some settings, of a film with so many pictures of Buck."""
    (prepared,) = prepare_films(
        Wish(films=(film,), production="bunny", output=tmp_path), connection, err
    )
    result = prepared.result

    def say(settings: Settings, pictures: int = 200) -> NextSteps:
        world.studio.put(
            accepted_settings_key("bunny"), settings.model_dump_json().encode(), "text/json"
        )
        values = result.summary.model_dump() | {"named": {"buck": pictures}}
        summary = FilmSummary.model_validate(values | {"crops_kept": pictures + 3})
        told = Result(result.run, summary, result.bucket, result.folder)
        return next_steps(told, connection, START)

    return say


def bedrock(**training: object) -> TrainingSettings:
    return TrainingSettings.model_validate({"trainer": "bedrock", **training})


def test_next_when_above_the_limit_then_when_how_much_and_that_a_mail_asks(after) -> None:
    told = after(Settings(training=bedrock()))
    first, second = told.sentences
    assert first.startswith("15 minutes after the last film (20")
    assert first.endswith("if no other comes) the pictures become a dataset.")
    assert "By bedrock: at most $264.71, usually $204.05" in second
    assert "training $21.95, deployment, until its scheduled end $242.00" in second
    assert "The total is above the limit of $100.00. A mail asks once" in second
    assert told.as_object()["usd"] == {"bedrock": pytest.approx(264.71, abs=0.01)}


def test_next_when_within_the_limit_then_starts_by_itself(after) -> None:
    (_, told) = after(Settings(training=TrainingSettings(trainer="sagemaker"))).sentences
    assert told.startswith("By sagemaker: at most $")
    assert told.endswith(
        "It is within the limit of $100.00, so it starts by itself; of a dataset that is too thin,"
        " a mail asks first."
    )


def test_next_when_any_trainer_may_be_chosen_then_the_cost_by_each(after) -> None:
    told = after(Settings())
    assert told.sentences[1] == (
        "A model is trained by bedrock or sagemaker: the first that can train in this account then."
    )
    assert set(told.quotes) == {"bedrock", "sagemaker"}


def test_next_when_the_production_waits_for_a_person_then_names_the_command(after) -> None:
    (told,) = after(Settings(training=bedrock(automatic=False))).sentences
    assert told.startswith("Nothing starts by itself: `onmodel train -p bunny`")


def test_next_when_too_few_are_named_then_nothing_is_trained_and_why(after) -> None:
    told, helps = after(Settings(training=bedrock()), pictures=2).sentences
    assert told == (
        "Nothing is trained: this film gave 2 named pictures, and a dataset needs 5 of all films."
    )
    assert helps.startswith(
        "Give names on the page that `onmodel review -p bunny` opens, or upload"
    )
    assert len(after(Settings(training=bedrock(include_unnamed=True)), pictures=2).sentences) == 2


def test_next_when_settings_wish_another_quiet_time_then_that(after) -> None:
    first, *_ = after(Settings(training=bedrock(quiet_minutes=120))).sentences
    assert first.startswith("120 minutes after the last film")
