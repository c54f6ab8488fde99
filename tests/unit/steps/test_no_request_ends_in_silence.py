"""Whatever state an execution ends in, what was asked for is done or notified within an hour.

Every state of every machine (read from statemachine/*.asl.yaml) is the place where an execution is
stopped, before the state and after its effect. Nobody uploads anything again; reconcile runs every
quarter of an hour. The table in docs/safety.md is made here: `UPDATE_DOCS=1` writes it again.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from drawn.films import draw_film
from fakes.caption_model import FakeCaptionModel
from fakes.detectors import MODEL
from fakes.dialect import StateFailed
from fakes.machines import Execution
from fakes.scripted_jobs import JobsStack
from fakes.stack_in_memory import MACHINES, PRODUCTION, StackInMemory
from fakes.training_in_memory import ENOUGH, names_another_at_first
from template_model import Machine, read_machine, read_template

from onmodel.contracts.datasets import DatasetItem
from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.review import PostedCorrection, Verdict
from onmodel.contracts.settings import Settings
from onmodel.contracts.trainings import Finding, TrainingStatus
from onmodel.errors import ServiceUnavailable
from onmodel.films.corrections import save_corrections
from onmodel.formats.jsonl import read_lines
from onmodel.notifications.outcomes import outcome_of
from onmodel.registry.kinds import (
    APPROVALS,
    DATASETS,
    DEPLOYMENTS,
    MAILS,
    STORYBOARDS,
    TRAININGS,
    ApprovalRow,
)
from onmodel.trainers.catalogue import common_limits

SAFETY = Path(__file__).parents[3] / "docs" / "safety.md"
BEGIN, END = "<!-- requests -->\n", "<!-- /requests -->"
"""Around the table; the rest of the page is made by test_nothing_bills_forever.py."""

MINUTE = 60
STORYBOARD = b"title: A day\nstyle: soft\nsize: 512x512\nscenes: [Buck smiles]\n"
KEY = f"{PRODUCTION}/storyboards/forest.yaml"


@dataclass(frozen=True)
class Scenario:
    """A way through one machine, the kind of mail that it ends with, and the hours it takes."""

    machine: str
    title: str
    begin: Callable[[StackInMemory], None]
    mail: str
    hours: float = 6
    stack: type[StackInMemory] = StackInMemory
    """By which trainer."""

    named: str = ""
    """What the names of the executions hold that are about this request."""

    def executions(self, stack: StackInMemory) -> list[Execution]:
        return [made for made in stack.machines.of(self.machine) if self.named in made.arn]


@cache
def film() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        draw_film(path, seconds=3, size=(640, 360), fps=8, gop=8)
        return path.read_bytes()


# ── ways through PrepareFilm ─────────────────────────────────────────────────────────────────────


def a_film(stack: StackInMemory) -> None:
    stack.upload(f"{PRODUCTION}/films/a.mp4", film())


def no_film(stack: StackInMemory) -> None:
    stack.upload(f"{PRODUCTION}/films/a.mp4", b"no film at all" * 100)


def a_film_that_fails(stack: StackInMemory) -> None:
    stack.broken["name_crops"] = ValueError("a fault of ours")
    a_film(stack)


def a_film_with_a_model(stack: StackInMemory) -> None:
    """Its finder asks a Custom Labels model, which is started for it."""
    settings = f"finder: {{kind: custom_labels, custom_labels: {{model: '{MODEL}'}}}}\n"
    stack.upload(f"{PRODUCTION}/settings.yaml", settings.encode(), "upload-s")
    a_film(stack)


def a_film_with_a_model_that_fails(stack: StackInMemory) -> None:
    stack.broken["sample_chunk"] = ValueError("a fault of ours")
    a_film_with_a_model(stack)


def a_film_twice(stack: StackInMemory) -> None:
    a_film(stack)
    (first,) = stack.machines.of("PrepareFilm")
    stack.machines.after(60, lambda: stack.start("PrepareFilm", "again", first.input))


def two_films_one_after_the_other(stack: StackInMemory) -> None:
    """The first is tried again for a while, and keeps its place."""
    stack.deploy_again_with(SPEND_LIMIT_USD=10_000, FILMS_AT_ONCE=1)
    stack.break_for("probe_film", 0.1, ServiceUnavailable("nothing answers"))
    a_film(stack)
    stack.upload(f"{PRODUCTION}/films/b.mp4", film() + b"\0", "upload-2")


# ── ways through TrainModel ──────────────────────────────────────────────────────────────────────


def a_training_that_is_asked_for(answer: str) -> Callable[[StackInMemory], None]:
    """And captions that are asked for again."""

    def begin(stack: StackInMemory) -> None:
        stack.deploy_again_with(SPEND_LIMIT_USD=0)
        stack.answer = answer
        stack.world.captions = FakeCaptionModel(names_another_at_first)
        stack.film_prepared()

    return begin


def a_dataset_that_is_reviewed(answer: str | None) -> Callable[[StackInMemory], None]:
    def begin(stack: StackInMemory) -> None:
        stack.world.set_settings(Settings(review="page", training=ENOUGH))
        stack.answer = answer
        stack.film_prepared()

    return begin


def a_review_that_leaves_too_few(stack: StackInMemory) -> None:
    """A person rejects a picture in the review, and approves it and the question that follows."""
    needed = ENOUGH.model_copy(update={"min_per_character": 3})
    stack.world.set_settings(Settings(review="page", training=needed))
    stack.film_prepared()

    def review() -> None:
        (dataset,) = DATASETS.list(stack.services.registry, PRODUCTION)
        keys = DatasetKeys(PRODUCTION, dataset.id)
        first, *_ = read_lines(DatasetItem, stack.services.studio.get(keys.items))
        rejected = PostedCorrection(crop_id=first.crop_id, version=0, verdict=Verdict.REJECTED)
        save_corrections(
            PRODUCTION,
            [rejected],
            registry=stack.services.registry,
            clock=stack.clock,
            limits=common_limits(),
        )
        stack.answer = "approve"

    stack.machines.after(60 * MINUTE, review)


def a_dataset_that_a_work_team_reviews(
    reason: str = "", answers_after: float = 90 * MINUTE
) -> Callable[[StackInMemory], None]:
    """By human loops of Amazon A2I; with a reason they fail."""

    def begin(stack: StackInMemory) -> None:
        stack.world.set_settings(Settings(review="a2i", training=ENOUGH))
        stack.film_prepared()
        stack.machines.after(answers_after, lambda: stack.end_human_loops(reason))

    return begin


def human_loops_whose_events_are_lost(stack: StackInMemory) -> None:
    a_dataset_that_a_work_team_reviews()(stack)
    stack.break_for("read_human_loop", 100, ServiceUnavailable("nothing answers"))


def a_training_that_is_not_possible(stack: StackInMemory) -> None:
    stack.trainer.findings = (
        Finding(code="quota", reason="no quota", advice="Ask for it", blocking=True),
    )
    stack.film_prepared()


def a_training_that_is_refused(stack: StackInMemory) -> None:
    """The account could train when it was asked, and cannot when the training starts."""
    stack.trainer.refuses_start = True
    stack.film_prepared()


def a_training_of_nothing(stack: StackInMemory) -> None:
    stack.film_prepared(crops=1)


def a_training_that_fails(stack: StackInMemory) -> None:
    stack.broken["write_manifest"] = ValueError("a fault of ours")
    stack.film_prepared()


def a_generation_twice(stack: StackInMemory) -> None:
    stack.film_prepared()
    (first,) = stack.machines.of("TrainModel")
    stack.machines.after(60, lambda: stack.start("TrainModel", "again", first.input))


# ── ways through DeployModel, DrawStoryboard and RetireModel ─────────────────────────────────────


def a_training_that_ends(
    status: TrainingStatus = TrainingStatus.COMPLETED,
) -> Callable[[StackInMemory], None]:
    def begin(stack: StackInMemory) -> None:
        stack.film_prepared()
        stack.machines.after(60 * MINUTE, lambda: stack.end_job(status))

    return begin


def an_event_twice(stack: StackInMemory) -> None:
    a_training_that_ends()(stack)
    stack.machines.after(63 * MINUTE, stack.job_event)


def a_deployment_that_is_asked_for(answer: str | None) -> Callable[[StackInMemory], None]:
    """The limit was lowered, and creation may take longer, after the training had begun."""

    def begin(stack: StackInMemory) -> None:
        stack.answer = answer
        a_training_that_ends()(stack)
        stack.machines.after(
            59 * MINUTE, lambda: stack.deploy_again_with(SPEND_LIMIT_USD=0, PROVISION_MINUTES=200)
        )

    return begin


def a_deployment_question_that_a_command_overtakes(stack: StackInMemory) -> None:
    """A person deploys by a command, and follows the older question's link when that is over."""
    a_deployment_that_is_asked_for(None)(stack)

    def deploy() -> None:
        (training,) = stack.training_ids
        wish = {"production": PRODUCTION, "training_id": training, "hours": 1}
        stack.start("DeployModel", "wish", {"request": wish | {"correlation_id": "wish-1"}})

    stack.machines.after(100 * MINUTE, deploy)
    stack.machines.after(300 * MINUTE, lambda: setattr(stack, "answer", "approve"))


def a_quota_of_zero(stack: StackInMemory) -> None:
    stack.trainer.quota = 0
    a_training_that_ends()(stack)


def a_deployment_that_fails(stack: StackInMemory) -> None:
    stack.trainer.fails_after = timedelta(minutes=12)
    a_training_that_ends()(stack)


def a_deployment_that_cannot_be_stopped(stack: StackInMemory) -> None:
    stack.trainer.ready_after = None
    stack.trainer.refuses_stop_for = timedelta(hours=5)
    a_training_that_ends()(stack)


def a_retirement_that_fails(stack: StackInMemory) -> None:
    a_training_that_ends()(stack)
    stack.machines.after(70 * MINUTE, lambda: stack.break_for("stop_deployment", hours=4))


def a_wish_for_nothing(stack: StackInMemory) -> None:
    wish = {"production": PRODUCTION, "training_id": "nobody", "correlation_id": "wish-1"}
    stack.start("DeployModel", "wish", {"request": wish})


def a_storyboard(at_minute: float, answer: str = "approve") -> Callable[[StackInMemory], None]:
    """In service from about the 90th to the 210th minute."""

    def begin(stack: StackInMemory) -> None:
        stack.answer = answer
        a_training_that_ends()(stack)
        stack.machines.after(
            at_minute * MINUTE, lambda: stack.upload(KEY, STORYBOARD, "storyboard-1")
        )

    return begin


def two_storyboards(stack: StackInMemory) -> None:
    a_storyboard(300)(stack)
    other = f"{PRODUCTION}/storyboards/sea.yaml"
    stack.machines.after(301 * MINUTE, lambda: stack.upload(other, STORYBOARD, "storyboard-2"))


def a_storyboard_that_was_approved_while_deploying(stack: StackInMemory) -> None:
    """Asked before the model was deployed again by a person."""
    a_storyboard(300)(stack)

    def deploy() -> None:
        (training,) = stack.training_ids
        wish = {"production": PRODUCTION, "training_id": training, "hours": 1}
        stack.start("DeployModel", "wish", {"request": wish | {"correlation_id": "wish-1"}})

    stack.machines.after(301 * MINUTE, deploy)


def a_storyboard_without_a_model(stack: StackInMemory) -> None:
    stack.upload(KEY, STORYBOARD, "storyboard-1")


def a_first_storyboard_without_a_model(stack: StackInMemory) -> None:
    request = {"production": PRODUCTION, "correlation_id": "storyboard-1"}
    stack.start("DrawStoryboard", "by-hand", {"request": request})


def a_storyboard_that_fails(stack: StackInMemory) -> None:
    a_storyboard(150)(stack)
    stack.machines.after(140 * MINUTE, lambda: stack.break_for("publish_gallery", hours=2))


def a_training_whose_model_draws_by_jobs(stack: StackInMemory) -> None:
    """The job ends by itself an hour after its start."""
    stack.film_prepared()
    stack.machines.after(85 * MINUTE, stack.job_event)


def a_storyboard_for_a_job(stack: StackInMemory) -> None:
    a_training_whose_model_draws_by_jobs(stack)
    stack.machines.after(300 * MINUTE, lambda: stack.upload(KEY, STORYBOARD, "storyboard-1"))


SCENARIOS = (
    Scenario("PrepareFilm", "a film", a_film, "film_prepared", 2),
    Scenario("PrepareFilm", "a file that is no film", no_film, "film_refused", 2),
    Scenario("PrepareFilm", "a film whose preparation fails", a_film_that_fails, "film_refused", 2),
    Scenario("PrepareFilm", "a film with a model", a_film_with_a_model, "film_prepared", 3),
    Scenario(
        "PrepareFilm",
        "a film with a model that fails",
        a_film_with_a_model_that_fails,
        "film_refused",
        3,
    ),
    Scenario("PrepareFilm", "a film twice", a_film_twice, "film_prepared", 2),
    Scenario(
        "PrepareFilm",
        "two films, one after the other",
        two_films_one_after_the_other,
        "film_prepared",
        4,
        named="b-",
    ),
    Scenario("TrainModel", "a training", StackInMemory.film_prepared, "training_started", 3),
    Scenario(
        "TrainModel",
        "a training that is approved",
        a_training_that_is_asked_for("approve"),
        "training_started",
        3,
    ),
    Scenario(
        "TrainModel",
        "a training that is declined",
        a_training_that_is_asked_for("decline"),
        "approval_ended",
        3,
    ),
    Scenario(
        "TrainModel",
        "a dataset that is reviewed",
        a_dataset_that_is_reviewed("approve"),
        "training_started",
        3,
    ),
    Scenario(
        "TrainModel",
        "a review that is declined",
        a_dataset_that_is_reviewed("decline"),
        "approval_ended",
        3,
    ),
    Scenario(
        "TrainModel",
        "a review that nobody does",
        a_dataset_that_is_reviewed(None),
        "approval_ended",
        15 * 24,
    ),
    Scenario(
        "TrainModel",
        "a review that leaves too few",
        a_review_that_leaves_too_few,
        "training_started",
        3,
    ),
    Scenario(
        "TrainModel",
        "a training that is not possible",
        a_training_that_is_not_possible,
        "dataset_ready",
        3,
    ),
    Scenario(
        "TrainModel",
        "a training that is refused",
        a_training_that_is_refused,
        "training_not_started",
        3,
    ),
    Scenario(
        "TrainModel", "a dataset that is too small", a_training_of_nothing, "dataset_refused", 3
    ),
    Scenario(
        "TrainModel", "a training that fails", a_training_that_fails, "training_not_started", 3
    ),
    Scenario(
        "TrainModel",
        "a dataset that a work team reviews",
        a_dataset_that_a_work_team_reviews(),
        "training_started",
        5,
    ),
    Scenario(
        "TrainModel",
        "human loops that fail",
        a_dataset_that_a_work_team_reviews("nobody can see it"),
        "approval_ended",
        5,
    ),
    Scenario(
        "TrainModel",
        "human loops whose events are lost",
        human_loops_whose_events_are_lost,
        "training_started",
        5,
    ),
    Scenario(
        "TrainModel",
        "human loops that nobody answers",
        a_dataset_that_a_work_team_reviews(answers_after=100 * 24 * 60 * MINUTE),
        "approval_ended",
        8 * 24,
    ),
    Scenario("TrainModel", "a generation twice", a_generation_twice, "training_started", 3),
    Scenario("DeployModel", "a deployment", a_training_that_ends(), "model_ready"),
    Scenario(
        "DeployModel",
        "a training that failed",
        a_training_that_ends(TrainingStatus.FAILED),
        "training_failed",
    ),
    Scenario(
        "DeployModel",
        "a deployment that is declined",
        a_deployment_that_is_asked_for("decline"),
        "approval_ended",
    ),
    Scenario(
        "DeployModel",
        "a deployment that is approved",
        a_deployment_that_is_asked_for("approve"),
        "model_ready",
    ),
    Scenario(
        "DeployModel",
        "a question that a command overtakes",
        a_deployment_question_that_a_command_overtakes,
        "approval_ended",
        8,
    ),
    Scenario("DeployModel", "an event twice", an_event_twice, "model_ready"),
    Scenario("DeployModel", "a quota of zero", a_quota_of_zero, "deployment_failed"),
    Scenario(
        "DeployModel", "a deployment that fails", a_deployment_that_fails, "deployment_failed"
    ),
    Scenario(
        "DeployModel",
        "an approved storyboard",
        a_storyboard(300),
        "model_ready",
        12,
        named="forest",
    ),
    Scenario(
        "DeployModel",
        "two approved storyboards",
        two_storyboards,
        "model_ready",
        16,
        named="forest",
    ),
    Scenario(
        "DeployModel",
        "a storyboard approved while deploying",
        a_storyboard_that_was_approved_while_deploying,
        "storyboard_drawn",
        16,
        named="forest",
    ),
    Scenario("DeployModel", "a wish for what is not there", a_wish_for_nothing, "alarm", 2),
    Scenario(
        "DrawStoryboard",
        "a storyboard while a model is deployed",
        a_storyboard(150),
        "storyboard_drawn",
        named="forest",
    ),
    Scenario(
        "DrawStoryboard",
        "a storyboard while a model is being deployed",
        a_storyboard(70),
        "storyboard_drawn",
        named="forest",
    ),
    Scenario(
        "DrawStoryboard",
        "a storyboard that is approved",
        a_storyboard(300),
        "model_ready",
        12,
        named="forest",
    ),
    Scenario(
        "DrawStoryboard",
        "a storyboard that is declined",
        a_storyboard(300, "decline"),
        "approval_ended",
        12,
        named="forest",
    ),
    Scenario(
        "DrawStoryboard",
        "a storyboard without a model",
        a_storyboard_without_a_model,
        "storyboard_refused",
        2,
        named="forest",
    ),
    Scenario(
        "DrawStoryboard",
        "the first storyboard without a model",
        a_first_storyboard_without_a_model,
        "storyboard_refused",
        2,
    ),
    Scenario(
        "DrawStoryboard",
        "a storyboard that fails",
        a_storyboard_that_fails,
        "alarm",
        named="forest",
    ),
    Scenario(
        "DeployModel",
        "a model that draws by jobs",
        a_training_whose_model_draws_by_jobs,
        "model_trained",
        stack=JobsStack,
    ),
    Scenario(
        "DrawStoryboard",
        "a storyboard that a job draws",
        a_storyboard_for_a_job,
        "storyboard_drawn",
        12,
        stack=JobsStack,
        named="forest",
    ),
    Scenario("RetireModel", "a retirement", a_training_that_ends(), "retired"),
    Scenario(
        "RetireModel",
        "a model that cannot be stopped",
        a_deployment_that_cannot_be_stopped,
        "retired",
        14,
    ),
    Scenario("RetireModel", "a retirement that fails", a_retirement_that_fails, "retired", 12),
)


@cache
def clean(scenario: Scenario) -> StackInMemory:
    stack = scenario.stack()
    scenario.begin(stack)
    stack.machines.run_for(hours=scenario.hours)
    return stack


@cache
def visits() -> dict[tuple[str, str], Scenario]:
    """The first scenario that comes through each state, by machine and state."""
    found: dict[tuple[str, str], Scenario] = {}
    for scenario in SCENARIOS:
        for execution in scenario.executions(clean(scenario)):
            for state in execution.trace:
                found.setdefault((scenario.machine, state), scenario)
    return found


def machines() -> tuple[Machine, ...]:
    resources = read_template().resources
    return tuple(
        read_machine(name, resource["Properties"])
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::StateMachine"
    )


def all_states() -> dict[tuple[str, str], str]:
    """The type of every state of every machine, children of maps included."""
    return {
        (machine.name, state): definition["Type"]
        for machine in machines()
        for state, definition in machine.states()
    }


def test_scenarios_when_played_then_come_through_every_state() -> None:
    assert {machine for machine, _ in all_states()} == set(MACHINES)
    assert set(all_states()) - set(visits()) == set()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.title)
def test_scenario_when_played_then_ends_with_its_mail(scenario: Scenario) -> None:
    stack = clean(scenario)
    assert scenario.mail in mails(stack).values()
    assert not [made for made in stack.machines.executions.values() if made.status == "RUNNING"]


def test_deployment_when_approved_after_its_execution_was_stopped_then_asked_again() -> None:
    """The page says that nothing was started. Nothing else would come of the training."""
    stack = StackInMemory()
    stack.film_prepared()
    lowered = {"SPEND_LIMIT_USD": 0, "PROVISION_MINUTES": 200}
    stack.machines.after(59 * MINUTE, lambda: stack.deploy_again_with(**lowered))
    stack.machines.after(62 * MINUTE, stack.end_job)  # between two rounds of reconcile
    stack.dies = lambda execution, state: (
        "after" if state == "RequestApproval" and ":event-" in execution.arn else None
    )
    approvals: list[ApprovalRow] = []
    while not approvals:
        stack.machines.run_for(seconds=10)
        approvals = list(APPROVALS.list(stack.services.registry, PRODUCTION))
    link = stack.services.links.link_to_approval(PRODUCTION, approvals[0].id, 7)
    assert stack.post(link, "approve")["statusCode"] == 410
    stack.machines.run_for(hours=1)
    assert list(mails(stack).values()).count("approval_wanted") == 2


@pytest.mark.parametrize(
    ("state", "when"), [("PublishGallery", "after"), ("NotifyStoryboardDrawn", "before")]
)
def test_storyboard_when_stopped_after_it_was_drawn_then_told_as_drawn(
    state: str, when: str
) -> None:
    """A mail that says it was not drawn would have it paid for twice."""
    assert stop("DrawStoryboard", state, when).mails == ("storyboard_drawn",)


def test_approved_storyboard_when_its_start_is_throttled_then_drawn_all_the_same() -> None:
    stack = StackInMemory()
    a_storyboard(300)(stack)
    start, faults = stack.machines._start, [StateFailed("StepFunctions.SfnException")] * 2

    def throttled(execution: Execution, state: str, payload: Any) -> str:
        if "forest" in execution.arn and state == "DrawStoryboard" and faults:
            raise faults.pop()
        return start(execution, state, payload)

    stack.machines._start = throttled  # type: ignore[method-assign]
    stack.machines.run_for(hours=12)
    drawn = [row.status for row in STORYBOARDS.list(stack.services.registry, PRODUCTION)]
    assert (drawn, faults) == (["drawn", "drawn"], [])


def test_approved_storyboard_when_deployed_for_then_for_the_hours_that_were_quoted() -> None:
    scenario = next(each for each in SCENARIOS if each.title == "an approved storyboard")
    (deploying,) = scenario.executions(clean(scenario))
    assert deploying.input["request"]["hours"] == 2.0


ENDS = {"Succeed", "Fail"}
CASES = [
    (machine, state, when)
    for (machine, state), kind in all_states().items()
    if kind not in ENDS
    for when in (("before", "after") if kind == "Task" else ("before",))
]


GOES_ON = {machine: {machine} for machine in MACHINES} | {
    "DrawStoryboard": {"DrawStoryboard", "DeployModel"},
}
"""The machines that continue what one was asked for."""


@dataclass(frozen=True)
class Stopped:
    """What came of an execution that was stopped.

    Attributes:
        status: of the execution.
        mails: kinds of the mails of the hour after it that are about the same request, each once.
        outcome: kind of the mail about its outcome, before it or in that hour.
        again: ends of the executions that were started in that hour about the same; RUNNING
            five hours later is none.
    """

    status: str
    mails: tuple[str, ...]
    outcome: str | None
    again: tuple[str, ...]


@cache
def stop(machine: str, state: str, when: str) -> Stopped:
    """Stop the first execution of a machine that comes to a state."""
    scenario = visits()[machine, state]
    stack = scenario.stack()
    found: list[tuple[Execution, set[str], datetime]] = []

    def dies(execution: Execution, at: str) -> str | None:
        if at == state and not found and execution in scenario.executions(stack):
            found.append((execution, set(mails(stack)), stack.clock()))
            return when
        return None

    stack.dies = dies
    scenario.begin(stack)
    while not found:
        stack.machines.run_for(minutes=15)
    ((execution, before, at),) = found
    stack.machines.run_for(minutes=60)
    request = request_of(execution, stack)
    about = mails_about(request, stack)
    sent = [kind for identity, kind in about.items() if identity not in before]
    outcome = outcome_of(execution.arn, production=PRODUCTION, registry=stack.services.registry)
    again = [
        made
        for made in stack.machines.executions.values()
        if made.machine in GOES_ON[machine] and made.started_at and made.started_at > at
        if request_of(made, stack) == request
    ]
    if again:
        stack.machines.run_for(hours=5)
    return Stopped(
        execution.status,
        tuple(dict.fromkeys(sent)),
        outcome,
        tuple(made.status for made in again),
    )


INPUTS = ("run", "generation", "request", "deployment")
"""Fields of the machines' inputs; a machine that starts another adds its own execution's."""


class Request(NamedTuple):
    """What a person asked for: every row, execution and mail that comes of it has both."""

    production: str
    correlation_id: str


def request_of(execution: Execution, stack: StackInMemory) -> Request:
    """Of the execution's input, or of the row that the input names by its id.

    Raises:
        StopIteration: the input names none.
    """
    asked = next(execution.input[name] for name in INPUTS if name in execution.input)
    if asked.get("production") and asked.get("correlation_id"):
        return Request(asked["production"], asked["correlation_id"])
    registry = stack.services.registry
    if "deployment_id" in asked:
        rows = DEPLOYMENTS.list_all(registry)
        deployment = next(row for row in rows if row.id == asked["deployment_id"])
        return Request(deployment.production, deployment.body.correlation_id)
    named = {asked.get("training_id"), asked.get("job_arn")}
    rows = TRAININGS.list_all(registry)
    training = next(row for row in rows if {row.id, row.body.job_ref} & named)
    return Request(training.production, training.body.correlation_id)


def mails(stack: StackInMemory) -> dict[str, str]:
    """Kinds of all mails that were sent, by their ids, the first first."""
    rows = MAILS.list_all(stack.services.registry)
    in_order = sorted(rows, key=lambda row: row.created_at)
    return {row.id: row.body.event.split(":")[0] for row in in_order}


def mails_about(request: Request, stack: StackInMemory) -> dict[str, str]:
    """Those of `mails` that were published about a request."""
    kinds = mails(stack)
    found = MAILS.list(stack.services.registry, request.production)
    of_production = {row.id for row in found}
    return {
        mail.mail_id: kinds[mail.mail_id]
        for mail in stack.world.mailbox.mails
        if mail.mail_id in of_production and mail.correlation_id == request.correlation_id
    }


@pytest.mark.parametrize(("machine", "state", "when"), CASES, ids=lambda value: value)
def test_execution_when_stopped_at_any_state_then_done_or_notified_within_an_hour(
    machine: str, state: str, when: str
) -> None:
    stopped = stop(machine, state, when)
    assert stopped.status == "ABORTED"
    assert stopped.outcome or stopped.mails or stopped.again
    assert "RUNNING" not in stopped.again


def _cell(machine: str, state: str, when: str) -> str:
    if (machine, state, when) not in CASES:
        return ""
    stopped = stop(machine, state, when)
    parts = [f"`{kind}`" for kind in sorted(stopped.mails)]
    if stopped.again:
        parts.append("goes on")
    elif not stopped.mails:
        parts.append(f"`{stopped.outcome}` before")
    return ", ".join(parts)


def table() -> str:
    lines = [
        "| It is stopped at | before | after |",
        "| --- | --- | --- |",
        *(
            f"| {machine}: {state} | {_cell(machine, state, 'before')} |"
            f" {_cell(machine, state, 'after')} |"
            for machine, state in dict.fromkeys((machine, state) for machine, state, _ in CASES)
        ),
    ]
    return "\n".join(lines) + "\n"


def test_safety_page_when_read_then_has_the_table_of_requests() -> None:
    text = SAFETY.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page = f"{before}{BEGIN}{table()}{END}{after}"
    if os.environ.get("UPDATE_DOCS"):
        SAFETY.write_text(page)
    assert SAFETY.read_text() == page
