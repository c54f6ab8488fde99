from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from fakes.training_in_memory import PRODUCTION, TrainingInMemory
from typer.testing import CliRunner, Result

from onmodel.films.folders import record_production
from onmodel.wiring import now
from onmodel_cli import main, options
from onmodel_cli.connection import Connection


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


@pytest.fixture
def dedup(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setattr(options, "open_stack", lambda *_: connection)
    return lambda *more: CliRunner().invoke(main.app, ["dedup", "-p", PRODUCTION, *more])


def test_dedup_when_a_threshold_is_given_then_numbers_and_the_line_to_write(
    dedup: Callable[..., Result], world: TrainingInMemory
) -> None:
    world.film()
    shown = dedup("--threshold", "0.5")
    found = json.loads(dedup("--threshold", "0.5", "--json").stdout)
    assert shown.exit_code == 0
    assert shown.stdout == f"8 → {found['kept']} pictures\n"
    assert found["kept"] < 8
    assert "deduplication: {threshold: 0.5}" in shown.stderr
    assert "0.95, as settings have it, keeps 8." in shown.stderr
    assert not world.captions.asked and not world.cache.keys()[2:]


def test_dedup_when_the_threshold_is_no_cosine_then_a_wrong_command(
    dedup: Callable[..., Result],
) -> None:
    assert dedup("--threshold", "1.5").exit_code == 2


def test_dedup_when_no_film_was_prepared_then_refused(
    dedup: Callable[..., Result], world: TrainingInMemory
) -> None:
    record_production("bunny", world.registry, now)
    answer = dedup("--threshold", "0.9")
    assert answer.exit_code == 3
    assert "No film of bunny was prepared yet" in answer.stderr


def test_dedup_when_saved_then_in_force_and_no_other_line_is_asked_for(
    dedup: Callable[..., Result], world: TrainingInMemory
) -> None:
    world.film()
    record_production(PRODUCTION, world.registry, world.clock)
    done = dedup("--threshold", "0.5", "--save")
    assert done.exit_code == 0, done.stderr
    assert "Written into bunny/settings.yaml: it holds for later films and data" in done.stderr
    assert "0.95, in force before, keeps 8." in done.stderr
    assert world.uploads.get("bunny/settings.yaml") == b"deduplication:\n  threshold: 0.5\n"
    again = json.loads(dedup("--threshold", "0.5", "--save", "--json").stdout)
    assert again["saved"] == "bunny/settings.yaml"
    assert "0.5, as settings have it" in dedup("--threshold", "0.6").stderr
