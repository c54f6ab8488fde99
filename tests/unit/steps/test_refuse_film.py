import json

import pytest
from fakes.executions import execution_arn
from fakes.films_in_memory import MACHINE, FilmsInMemory, run_of

from onmodel.contracts.films import Refusal, RefuseFilmRequest, Run, StateError
from onmodel.contracts.keys import FilmKeys
from onmodel.films.places import places_of
from onmodel.registry.kinds import RUNS
from onmodel.steps.refuse_film import refuse_film

REFUSED = StateError(
    Error="FilmRefused", Cause=json.dumps({"errorMessage": "a.mp4 is no film. Upload a film."})
)
MAP = StateError(Error="States.ExceedToleratedFailureThreshold", Cause="1 of 9 failed")
DIED = StateError(Error="Runtime.OutOfMemory", Cause="RequestId: 1")


def refuse(world: FilmsInMemory, run: Run, error: StateError) -> Refusal:
    request = RefuseFilmRequest(
        run=run, error=error, execution_arn=execution_arn(MACHINE, f"{run.run_id}-{run.attempt}")
    )
    return refuse_film(request, registry=world.registry, studio=world.studio, clock=world.clock)


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory()


def test_refuse_when_film_is_bad_then_nothing_half_done_stays(world: FilmsInMemory) -> None:
    run = run_of()
    world.claim(run)
    keys = FilmKeys.of(run)
    for key in (keys.settings, keys.chunks, keys.chunk(0).done):
        world.studio.put(key, b"{}", "application/json")
    assert refuse(world, run, REFUSED).status == "refused"
    assert world.studio.keys() == ()
    record = RUNS.require(world.registry, run.production, run.run_id)
    assert (record.status, record.holder) == ("refused", None)
    assert record.body.reason == "a.mp4 is no film. Upload a film."


def test_refuse_when_we_failed_then_its_objects_stay_for_the_next_attempt_but_not_the_reason(
    world: FilmsInMemory,
) -> None:
    run = run_of()
    world.claim(run)
    keys = FilmKeys.of(run)
    for key in (keys.settings, keys.chunk(0).done):
        world.studio.put(key, b"{}", "application/json")
    fault = StateError(Error="ValueError", Cause='{"errorMessage": "window reaches out"}')
    world.studio.put(keys.refusal, fault.model_dump_json().encode(), "application/json")
    assert refuse(world, run, MAP).status == "failed"
    assert set(world.studio.keys()) == {keys.settings, keys.chunk(0).done}
    record = RUNS.require(world.registry, run.production, run.run_id)
    assert record.status == "failed"
    assert record.body.reason == "ValueError: window reaches out"
    assert "Upload the film again" in record.body.advice


def test_refuse_when_a_chunk_refused_then_its_reason_is_told_instead_of_the_maps(
    world: FilmsInMemory,
) -> None:
    run = run_of()
    world.claim(run)
    world.studio.put(
        FilmKeys.of(run).refusal, REFUSED.model_dump_json().encode(), "application/json"
    )
    assert refuse(world, run, MAP).status == "refused"
    assert refuse(world, run, MAP).status == "refused", "a retry answers the same"
    record = RUNS.require(world.registry, run.production, run.run_id)
    assert record.body.reason == "a.mp4 is no film. Upload a film."


def test_refuse_when_a_later_state_failed_then_a_healed_chunks_fault_is_not_told(
    world: FilmsInMemory,
) -> None:
    run = run_of()
    world.claim(run)
    throttled = StateError(Error="Throttled", Cause='{"errorMessage": "slow down"}')
    keys = FilmKeys.of(run)
    world.studio.put(keys.refusal, throttled.model_dump_json().encode(), "application/json")
    assert refuse(world, run, DIED).status == "failed"
    record = RUNS.require(world.registry, run.production, run.run_id)
    assert record.body.reason == "Runtime.OutOfMemory: RequestId: 1"


def test_refuse_when_another_execution_took_over_then_its_work_is_left_alone(
    world: FilmsInMemory,
) -> None:
    run = run_of()
    arn = world.claim(run)
    world.studio.put(FilmKeys.of(run).settings, b"{}", "application/json")
    refuse(world, run.model_copy(update={"attempt": 2}), DIED)
    record = RUNS.require(world.registry, run.production, run.run_id)
    assert (record.status, record.holder) == ("running", arn)
    assert world.studio.keys() == (FilmKeys.of(run).settings,)


def test_refused_when_told_then_reason_is_in_the_mail_once(world: FilmsInMemory) -> None:
    run = run_of()
    world.claim(run)
    refuse(world, run, REFUSED)
    world.notify("film_refused", run)
    world.notify("film_refused", run)
    assert len(world.mailbox.mails) == 1
    assert "a.mp4 is no film" in world.mailbox.mails[0].body


@pytest.mark.parametrize(
    ("error", "technical", "mailed"),
    [
        (
            StateError(
                Error="KeyError",
                Cause=json.dumps({
                    "errorMessage": "'box'",
                    "stackTrace": ["File /opt/python/onmodel/steps/sample_chunk.py"],
                }),
            ),
            "KeyError: 'box'",
            "an unexpected fault in sample_chunk",
        ),
        (DIED, "Runtime.OutOfMemory: RequestId: 1", "a step needed more memory than it may use"),
    ],
)  # fmt: skip
def test_refuse_when_we_failed_then_the_row_is_technical_and_the_mail_is_not(
    world: FilmsInMemory, error: StateError, technical: str, mailed: str
) -> None:
    run = run_of()
    world.claim(run)
    refuse(world, run, error)
    assert RUNS.require(world.registry, run.production, run.run_id).body.reason == technical
    world.notify("film_refused", run)
    text = " ".join(world.mailbox.mails[0].body.split())
    assert mailed in text
    assert technical not in text


def test_refuse_when_done_then_the_place_is_free(world: FilmsInMemory) -> None:
    run = run_of()
    world.claim(run)
    assert [place.run_id for place in places_of(world.registry).taken] == [run.run_id]
    refuse(world, run, DIED)
    assert places_of(world.registry).taken == ()


def test_refuse_when_another_execution_holds_the_run_then_its_place_stays(
    world: FilmsInMemory,
) -> None:
    run = run_of()
    world.claim(run.model_copy(update={"attempt": 2}))
    refuse(world, run, DIED)
    assert [place.run_id for place in places_of(world.registry).taken] == [run.run_id]
