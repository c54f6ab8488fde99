from collections.abc import Callable
from datetime import timedelta

import pytest
from fakes.deployment_in_memory import (
    DEPLOY,
    DRAW,
    PRICES,
    RETIRE,
    TRAIN,
    TRAINING,
    DeploymentInMemory,
)
from fakes.detectors import MODEL
from fakes.executions import execution_arn
from fakes.faces import InMemoryFaceCollections
from fakes.human_loops import InMemoryHumanLoops
from fakes.jobs_in_memory import JobsInMemory
from fakes.trainer import InMemoryTrainer, Only

from onmodel.contracts.deployments import DeploymentSpec
from onmodel.contracts.detectors import DetectorLease, DetectorStage
from onmodel.contracts.human_loops import HumanLoopBody, HumanLoopStatus
from onmodel.contracts.keys import MAIN_PRODUCTION
from onmodel.contracts.operations import DeletionGuardEvent, OurResource, ResourceKind
from onmodel.contracts.rows import DeploymentStage, TrainingStage
from onmodel.contracts.trainings import TrainingStatus
from onmodel.deployments.deletion import are_forbidden, begin_deletion
from onmodel.errors import AccessDenied, Conflict, EventRefused, ServiceUnavailable, Throttled
from onmodel.films.detectors import begin_start, note_running, take_lease
from onmodel.ports.faces import FaceCollections
from onmodel.ports.human_loops import HumanLoopState
from onmodel.registry.kinds import DETECTORS, HUMAN_LOOPS, STORYBOARDS, TRAININGS, DetectorRow
from onmodel.steps.guard_deletion import PATIENCE, POLL_SECONDS, GuardAnswer, GuardDeletion


class Stopping(InMemoryTrainer):
    """Trainings that need some time to stop."""

    stops_after = 2

    def list_ours(self, *kinds: ResourceKind) -> tuple[OurResource, ...]:
        for ref, state in self.trainings.items():
            if state.status == TrainingStatus.STOPPING:
                self.stops_after -= 1
                if self.stops_after <= 0:
                    self.end(ref, TrainingStatus.STOPPED)
        return super().list_ours(*kinds)


def ask(
    studio: DeploymentInMemory,
    kind: str,
    sleep: Callable[[float], None] | None = None,
    faces: FaceCollections | None = None,
    human_loops: InMemoryHumanLoops | None = None,
) -> GuardAnswer:
    event = DeletionGuardEvent.model_validate(
        {
            "RequestType": kind,
            "ResponseURL": "https://answer.invalid/",
            "StackId": "stack",
            "RequestId": "request-1",
            "LogicalResourceId": "DeletionGuard",
        }
    )
    return GuardDeletion(
        registry=studio.registry,
        trainers=Only(studio.trainer),
        scheduler=studio.scheduler,
        executions=studio.executions,
        prices=PRICES,
        faces=faces or InMemoryFaceCollections(),
        detectors=studio.detectors,
        human_loops=human_loops or InMemoryHumanLoops(studio.studio),
        stack="films",
        machine_arns=(TRAIN, DEPLOY, RETIRE, DRAW),
        clock=studio.clock,
        sleep=sleep or (lambda seconds: studio.clock.advance(seconds=seconds)),
    ).answer(event)


def test_guard_when_a_model_answers_then_stopped_billed_and_deleted() -> None:
    studio = DeploymentInMemory()
    studio.creating()
    answer = ask(studio, "Delete")
    assert answer == GuardAnswer(
        status="SUCCESS",
        reason="Deployments ended: 1; jobs: 0; executions: 0. Nothing bills"
        " by the hour. Custom models that stay: 1, 1.95 USD a month until they are deleted:"
        " model/bunny-d0001-0a1b2c3d",
    )
    assert not studio.trainer.deployments
    assert not studio.scheduler.schedules
    assert studio.deployment().status == DeploymentStage.RETIRED
    assert studio.deployment().body.reason == "the stack is deleted"


def test_guard_when_human_loops_are_open_then_stopped() -> None:
    studio = DeploymentInMemory(Stopping())
    loops = InMemoryHumanLoops(studio.studio)
    for number, status in enumerate(HumanLoopStatus, 1):
        name = f"onmodel-bunny-0a1b2c3d-{number}"
        loops.states[name] = HumanLoopState(status=HumanLoopStatus.STARTED)
        body = HumanLoopBody(
            dataset_id="d0001", approval_id="a1", execution_arn="arn:one", crop_ids=("c1",)
        )
        HUMAN_LOOPS.create(
            studio.registry, "bunny", name, status=status, body=body, now=studio.clock()
        )
    assert ask(studio, "Update", human_loops=loops).status == "SUCCESS"
    assert loops.stopped == []
    ask(studio, "Delete", human_loops=loops)
    assert loops.stopped == ["onmodel-bunny-0a1b2c3d-1"]


def open_loops(studio: DeploymentInMemory, number: int) -> InMemoryHumanLoops:
    loops = InMemoryHumanLoops(studio.studio)
    body = HumanLoopBody(
        dataset_id="d0001", approval_id="a1", execution_arn="arn:one", crop_ids=("c1",)
    )
    for name in (f"onmodel-bunny-0a1b2c3d-{one}" for one in range(number)):
        loops.states[name] = HumanLoopState(status=HumanLoopStatus.STARTED)
        HUMAN_LOOPS.create(
            studio.registry, "bunny", name, status=HumanLoopStatus.STARTED, body=body,
            now=studio.clock(),
        )  # fmt: skip
    return loops


def test_guard_when_stops_of_loops_are_throttled_then_repeated_after_models_are_stopped() -> None:
    studio = DeploymentInMemory()
    studio.creating()
    loops = open_loops(studio, 60)
    stop, calls = loops.stop, 0

    def throttled(name: str) -> None:
        nonlocal calls
        calls += 1
        assert not studio.trainer.deployments
        if calls % 3 == 0:
            raise Throttled("too many")
        stop(name)

    loops.stop = throttled  # type: ignore[method-assign]
    assert ask(studio, "Delete", human_loops=loops).status == "SUCCESS"
    assert len(loops.stopped) == len(set(loops.stopped)) == 60


def test_guard_when_loops_are_not_stopped_in_time_then_refused_within_the_functions_time() -> None:
    studio = DeploymentInMemory()
    studio.creating()
    loops = open_loops(studio, 500)
    stop, began = loops.stop, studio.clock()

    def slow(name: str) -> None:
        studio.clock.advance(seconds=3)
        stop(name)

    loops.stop = slow  # type: ignore[method-assign]
    answer = ask(studio, "Delete", human_loops=loops)
    assert answer.status == "FAILED"
    assert "could not be stopped in time: 260" in answer.reason
    assert not studio.trainer.deployments
    assert studio.clock() - began < PATIENCE + timedelta(minutes=1)
    assert not are_forbidden(studio.registry, studio.clock())


def test_guard_when_a2i_is_denied_then_the_stack_goes_and_the_answer_says_so() -> None:
    studio = DeploymentInMemory(Stopping())
    loops = open_loops(studio, 2)

    def denied(_name: str) -> None:
        raise AccessDenied("A2I is closed to new customers")

    loops.stop = denied  # type: ignore[method-assign]
    answer = ask(studio, "Delete", human_loops=loops)
    assert answer.status == "SUCCESS"
    assert "because Amazon A2I is denied: 2" in answer.reason


def test_guard_when_something_unknown_bills_then_stopped_too() -> None:
    studio = DeploymentInMemory(Stopping())
    studio.trainer.models.add("model/x")
    studio.trainer.provision(
        DeploymentSpec(production="bunny", deployment_id="lost-1", model_ref="model/x")
    )
    assert ask(studio, "Delete").status == "SUCCESS"
    assert not studio.trainer.deployments


def test_guard_when_a_planned_one_is_under_way_then_it_makes_nothing_any_more() -> None:
    studio = DeploymentInMemory()
    studio.planned()
    assert ask(studio, "Delete").status == "SUCCESS"
    with pytest.raises(EventRefused):
        studio.provision()


def test_guard_when_executions_wait_then_ended_so_that_the_machines_can_go() -> None:
    studio = DeploymentInMemory(Stopping())
    studio.executions.start(TRAIN, "waits-for-an-approval", {})
    studio.executions.start(DRAW, "draws", {})
    answer = ask(studio, "Delete")
    assert (answer.status, "executions: 2." in answer.reason) == ("SUCCESS", True)
    assert not studio.executions.is_running(execution_arn(TRAIN, "waits-for-an-approval"))


def test_guard_when_something_still_bills_then_nothing_is_ended_for_it() -> None:
    """The stack stays, and goes on working."""
    studio = DeploymentInMemory(Creating())
    studio.creating()
    studio.executions.start(TRAIN, "waits-for-an-approval", {})
    assert ask(studio, "Delete").status == "FAILED"
    assert studio.executions.is_running(execution_arn(TRAIN, "waits-for-an-approval"))


class Creating(InMemoryTrainer):
    """Refuses to stop until it is told otherwise."""

    refusing = True

    def stop_deployment(self, deployment_ref: str) -> None:
        if self.refusing:
            raise Conflict("it is being created")
        super().stop_deployment(deployment_ref)


def test_guard_when_it_stops_late_then_waited_for() -> None:
    trainer = Creating()
    studio = DeploymentInMemory(trainer)
    studio.creating()

    def sleep(seconds: float) -> None:
        studio.clock.advance(seconds=seconds)
        trainer.refusing = False

    assert ask(studio, "Delete", sleep).status == "SUCCESS"


def test_guard_when_it_cannot_be_stopped_then_deletion_fails_and_says_why() -> None:
    studio = DeploymentInMemory(Creating())
    studio.creating()
    answer = ask(studio, "Delete")
    assert answer.status == "FAILED"
    assert "deployment/bunny-d0001-0a1b2c3d-1" in answer.reason
    assert studio.trainer.deployments
    assert (studio.clock() - studio.deployment().body.requested_at).total_seconds() <= 13 * 60


class Failing(InMemoryTrainer):
    """Raises what a test gives for some of its kinds of lists."""

    def __init__(self, fault: Exception, *failing: ResourceKind) -> None:
        super().__init__()
        self.fault, self.failing = fault, set(failing or self.kinds)

    def list_ours(self, *kinds: ResourceKind) -> tuple[OurResource, ...]:
        if set(kinds or self.kinds) & self.failing:
            raise self.fault
        return super().list_ours(*kinds)


@pytest.mark.parametrize("fault", [ServiceUnavailable("nothing answers"), KeyError("a defect")])
def test_guard_when_a_list_fails_then_deletion_fails_and_deployments_are_allowed(
    fault: Exception,
) -> None:
    studio = DeploymentInMemory(Failing(fault))
    if isinstance(fault, ServiceUnavailable):
        answer = ask(studio, "Delete")
        assert (answer.status, "nothing answers" in answer.reason) == ("FAILED", True)
    else:  # the function answers that it failed
        with pytest.raises(KeyError):
            ask(studio, "Delete")
    assert not are_forbidden(studio.registry, studio.clock())
    studio.creating()
    assert studio.trainer.deployments


def test_guard_when_it_dies_then_deployments_are_allowed_after_its_longest_time() -> None:
    studio = DeploymentInMemory()
    begin_deletion(studio.registry, studio.clock)
    studio.clock.advance(minutes=14)
    assert are_forbidden(studio.registry, studio.clock())
    studio.clock.advance(minutes=1)
    assert not are_forbidden(studio.registry, studio.clock())


def test_guard_when_deletion_succeeded_then_deployments_stay_forbidden() -> None:
    studio = DeploymentInMemory(Stopping())
    assert ask(studio, "Delete").status == "SUCCESS"
    studio.clock.advance(days=1)
    assert are_forbidden(studio.registry, studio.clock())


def test_guard_when_the_service_is_denied_and_nothing_is_open_then_goes_on_and_says_so() -> None:
    studio = DeploymentInMemory(Failing(AccessDenied("not in this account")))
    studio.trainer.complete(studio.job)
    TRAININGS.replace(
        studio.registry, studio.training.with_status(TrainingStage.COMPLETED), studio.clock()
    )
    studio.executions.start(TRAIN, "waits-for-an-approval", {})
    answer = ask(studio, "Delete")
    assert answer.status == "SUCCESS"
    assert "nothing could be looked at" in answer.reason
    assert not studio.executions.is_running(execution_arn(TRAIN, "waits-for-an-approval"))


@pytest.mark.parametrize("is_deployed", [True, False])
def test_guard_when_the_service_is_denied_and_a_row_is_open_then_fails_and_names_it(
    is_deployed: bool,
) -> None:
    studio = DeploymentInMemory(Failing(AccessDenied("not in this account")))
    if is_deployed:
        studio.creating()
    answer = ask(studio, "Delete")
    assert answer.status == "FAILED"
    assert (f"{TRAINING}-1" if is_deployed else TRAINING) in answer.reason
    assert not are_forbidden(studio.registry, studio.clock())


@pytest.mark.parametrize("kind", InMemoryTrainer.kinds)
def test_guard_when_one_list_alone_is_denied_then_deletion_fails(kind: ResourceKind) -> None:
    studio = DeploymentInMemory(Failing(AccessDenied("this list"), kind))
    studio.trainer.complete(studio.job)
    answer = ask(studio, "Delete")
    assert (answer.status, "this list" in answer.reason) == ("FAILED", True)


def test_guard_when_a_training_runs_then_stopped_and_waited_for() -> None:
    studio = DeploymentInMemory(Stopping())
    answer = ask(studio, "Delete")
    assert answer.status == "SUCCESS"
    assert "jobs: 1;" in answer.reason
    assert studio.trainer.describe(studio.job).status == TrainingStatus.STOPPED


def test_guard_when_a_training_does_not_stop_then_deletion_fails_and_names_it() -> None:
    answer = ask(DeploymentInMemory(), "Delete")
    assert answer.status == "FAILED"
    assert f"bunny-{TRAINING}" in answer.reason


def test_guard_when_a_deployment_stays_then_no_training_is_stopped() -> None:
    studio = DeploymentInMemory(Creating())
    studio.creating()
    other = studio.begin_training("d0002-0a1b2c3d")
    assert ask(studio, "Delete").status == "FAILED"
    assert studio.trainer.describe(other).status == TrainingStatus.IN_PROGRESS


def test_guard_when_a_training_is_just_being_started_then_waited_for() -> None:
    studio = DeploymentInMemory(Stopping())
    row = studio.training.with_status(TrainingStage.STARTING).with_fields(job_ref=None)
    TRAININGS.replace(studio.registry, row, studio.clock())
    made, studio.trainer.trainings = studio.trainer.trainings, {}

    def sleep(seconds: float) -> None:
        studio.clock.advance(seconds=seconds)
        studio.trainer.trainings = made  # the answer of the call comes late

    assert ask(studio, "Delete", sleep).status == "SUCCESS"
    assert studio.trainer.describe(studio.job).status == TrainingStatus.STOPPED


def test_guard_when_a_preparation_runs_then_stopped_and_waited_for() -> None:
    studio = JobsInMemory()
    studio.trainer.end(studio.job, TrainingStatus.COMPLETED)
    studio.trainer.prepare("weights")
    answer = ask(studio, "Delete")
    assert (answer.status, "preparation/weights" in answer.reason) == ("FAILED", True)

    def sleep(seconds: float) -> None:
        studio.clock.advance(seconds=seconds)
        studio.trainer.preparations["preparation/weights"] = TrainingStatus.STOPPED

    answer = ask(studio, "Delete", sleep)
    assert (answer.status, "jobs: 1;" in answer.reason) == ("SUCCESS", True)


def being_started(studio: JobsInMemory) -> None:
    """A drawing whose call has not been answered: its row is there, and no job is listed."""
    studio.trained()
    studio.upload()
    studio.start_drawing(studio.plan())
    row = STORYBOARDS.require(studio.registry, "bunny", "forest-day-1")
    STORYBOARDS.replace(studio.registry, row.with_fields(drawing_ref=None), studio.clock())


def test_guard_when_a_drawing_is_just_being_started_then_waited_for_and_stopped() -> None:
    studio = JobsInMemory()
    being_started(studio)
    made, studio.trainer.drawings = studio.trainer.drawings, {}

    def sleep(seconds: float) -> None:
        studio.clock.advance(seconds=seconds)
        for ref, state in made.items():
            if state.status == TrainingStatus.STOPPING:
                studio.trainer.end_drawing(ref, TrainingStatus.STOPPED)
        studio.trainer.drawings = made  # the answer of the call comes late

    answer = ask(studio, "Delete", sleep)
    assert (answer.status, "jobs: 1;" in answer.reason) == ("SUCCESS", True)
    assert [state.status for state in made.values()] == [TrainingStatus.STOPPED]


def test_guard_when_the_service_is_denied_and_a_job_may_draw_then_fails_for_a_day() -> None:
    """Then the job has ended by itself, and the row of an execution that failed stays."""
    studio = JobsInMemory()
    being_started(studio)
    denied = Failing(AccessDenied("not in this account"), *studio.trainer.kinds)
    studio.trainer.list_ours = denied.list_ours  # type: ignore[method-assign]
    answer = ask(studio, "Delete")
    assert (answer.status, "forest-day-1" in answer.reason) == ("FAILED", True)
    studio.clock.advance(hours=27)
    assert ask(studio, "Delete").status == "SUCCESS"


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_guard_when_created_or_updated_then_deployments_are_allowed_and_untouched(
    kind: str,
) -> None:
    studio = DeploymentInMemory()
    studio.planned()
    assert ask(studio, kind).status == "SUCCESS"
    studio.provision()
    assert ask(studio, kind).status == "SUCCESS"
    assert studio.trainer.deployments


def test_guard_when_deletion_failed_and_stack_is_updated_then_deployments_work_again() -> None:
    studio = DeploymentInMemory(Stopping())
    assert ask(studio, "Delete").status == "SUCCESS"
    ask(studio, "Update")
    studio.creating()
    assert studio.trainer.deployments


@pytest.mark.parametrize("stops", [True, False])
def test_guard_when_deleting_then_deployments_are_forbidden_until_it_fails(stops: bool) -> None:
    trainer = Creating()
    studio = DeploymentInMemory(trainer)
    studio.creating()
    while_waiting: list[bool] = []

    def sleep(seconds: float) -> None:
        while_waiting.append(are_forbidden(studio.registry, studio.clock()))
        studio.clock.advance(seconds=seconds)
        trainer.refusing = not stops

    assert ask(studio, "Delete", sleep).status == ("SUCCESS" if stops else "FAILED")
    assert set(while_waiting) == {True}
    assert are_forbidden(studio.registry, studio.clock()) == stops


def test_guard_when_faces_are_known_then_those_of_this_stack_are_deleted_and_told() -> None:
    faces = InMemoryFaceCollections()
    for collection in ("films.bunny.1", "films.hop.2", "films-2.bunny.1"):
        faces.create(collection)
    studio = DeploymentInMemory()
    studio.creating()
    answer = ask(studio, "Delete", faces=faces)
    assert (answer.status, answer.reason.split(". ")[-1]) == (
        "SUCCESS",
        "2 face collections deleted",
    )
    assert faces.ids("") == ("films-2.bunny.1",)


def test_guard_when_faces_cannot_be_deleted_then_the_stack_is_and_it_says_what_stays() -> None:
    class Denied(InMemoryFaceCollections):
        def ids(self, prefix: str) -> tuple[str, ...]:
            raise AccessDenied(f"no list of {prefix}")

    studio = DeploymentInMemory()
    studio.creating()
    answer = ask(studio, "Delete", faces=Denied())
    assert answer.status == "SUCCESS"
    assert "ids that begin with films." in answer.reason


def test_guard_when_the_deletion_fails_then_faces_stay() -> None:
    studio, faces = DeploymentInMemory(Creating()), InMemoryFaceCollections()
    faces.create("films.bunny.1")
    studio.creating()
    assert ask(studio, "Delete", faces=faces).status == "FAILED"
    assert faces.ids("films.") == ("films.bunny.1",)


def with_a_detector(studio: DeploymentInMemory, minutes: float) -> DetectorRow:
    """A film needs a Custom Labels model, which was started so long ago."""
    lease = DetectorLease(
        production="bunny",
        run_id="film-a",
        execution_arn="execution-a",
        until=studio.clock() + timedelta(hours=3),
    )
    take_lease(studio.registry, MODEL, lease, was_started=False, clock=studio.clock)
    begin_start(studio.registry, MODEL, 1, 4.0, studio.clock)
    studio.detectors.start(MODEL, 1)
    studio.clock.advance(minutes=minutes)
    return note_running(studio.registry, MODEL, 1, studio.clock)


def test_guard_when_a_detector_runs_then_stopped_before_the_stack_is_gone() -> None:
    studio = DeploymentInMemory(Stopping())
    with_a_detector(studio, minutes=15)
    assert ask(studio, "Delete").status == "SUCCESS"
    assert studio.detectors.running == []
    (row,) = DETECTORS.list(studio.registry, MAIN_PRODUCTION)
    assert (row.status, row.body.leases) == (DetectorStage.STOPPED, ())


def test_guard_when_a_detector_cannot_be_stopped_while_it_starts_then_fails_with_its_name() -> None:
    studio = DeploymentInMemory(Stopping())
    with_a_detector(studio, minutes=1)
    answer = ask(studio, "Delete")
    assert answer.status == "FAILED"
    assert f"still run: {MODEL}. One that is still starting cannot be stopped" in answer.reason
    studio.clock.advance(minutes=15)
    assert ask(studio, "Delete").status == "SUCCESS"
    assert studio.detectors.running == []


def test_guard_when_a_detector_cannot_be_stopped_then_deployments_are_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A deployment costs fifteen times as much."""
    studio = DeploymentInMemory()
    studio.creating()
    with_a_detector(studio, minutes=15)

    def denied(_: str) -> None:
        raise AccessDenied("not allowed to stop")

    monkeypatch.setattr(studio.detectors, "stop", denied)
    answer = ask(studio, "Delete")
    assert (answer.status, "not allowed to stop" in answer.reason) == ("FAILED", True)
    assert not studio.trainer.deployments
    assert not are_forbidden(studio.registry, studio.clock())


def test_guard_when_a_detector_stops_late_and_a_deployment_never_then_answers_in_time() -> None:
    studio = DeploymentInMemory(Creating())
    studio.creating()
    with_a_detector(studio, minutes=15)
    studio.detectors.stops_after = timedelta(minutes=5)
    began = studio.clock()
    assert ask(studio, "Delete").status == "FAILED"
    assert studio.clock() - began <= PATIENCE + timedelta(seconds=POLL_SECONDS)
    assert studio.detectors.running == []
