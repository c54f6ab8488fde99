"""A forgotten model unit is 1,452 dollars a day: whatever happens, it ends.

The deployed machines (statemachine/*.asl.yaml) run in process over the real steps, a trainer whose
states the test owns, a scheduler, and reconcile every quarter of an hour. Each story is told with
the job's event once, twice, late and never. What is billing afterwards is written to
docs/safety.md; `UPDATE_DOCS=1` writes it anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from fakes.deployed_machines import JOB_ENDS, LIMIT, MINUTE, TOLERANCE, DeployedMachines
from fakes.deployment_in_memory import DEPLOY, RETIRE, TRAINING
from fakes.machines import Execution
from hypothesis import given, settings
from hypothesis import strategies as st

from onmodel.contracts.deployments import DeploymentSpec
from onmodel.contracts.trainings import TrainingStatus
from onmodel.deployments.ends import retire_payload
from onmodel.deployments.events import stuck_event
from onmodel.formats.wording import duration
from onmodel.registry.kinds import DEPLOYMENTS

SAFETY = Path(__file__).parents[3] / "docs" / "safety.md"

# ── stories ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Story:
    """What happens at the trainer's, and to our own parts."""

    title: str
    job: str = "completed"
    begin: Callable[[DeployedMachines], None] = lambda _world: None
    lives: int = 1
    mails: tuple[str, ...] = ("model_ready", "retired")
    extra: timedelta = timedelta(0)
    foreign: bool = False


def _set(**values: Any) -> Callable[[DeployedMachines], None]:
    def begin(world: DeployedMachines) -> None:
        for name, value in values.items():
            setattr(world.trainer, name, value)

    return begin


def _schedule_lost(world: DeployedMachines) -> None:
    world.schedules_fire = False


def _model_deleted(world: DeployedMachines) -> None:
    world.machines.after(JOB_ENDS + 1, world.trainer.models.clear)


def _outage(world: DeployedMachines) -> None:
    """Neither looking nor stopping works, from half an hour before its end on."""
    world.machines.after(JOB_ENDS + 2 * 3600, lambda: setattr(world.trainer, "down", True))
    world.machines.after(JOB_ENDS + 3.5 * 3600, lambda: setattr(world.trainer, "down", False))


def _zombie(world: DeployedMachines) -> None:
    """What the Registry knows as retired stands again, as after a request that took very long."""

    def retire() -> None:
        for row in DEPLOYMENTS.list(world.registry, "bunny"):
            payload = retire_payload(row, "somebody asked")
            world.machines.start(RETIRE, "by-hand", payload)

    def rise() -> None:
        for row in DEPLOYMENTS.list(world.registry, "bunny"):
            world.trainer.provision(
                DeploymentSpec(
                    production="bunny", deployment_id=row.id, model_ref=f"model/bunny-{TRAINING}"
                )
            )

    world.machines.after(JOB_ENDS + 1.5 * 3600, retire)
    world.machines.after(JOB_ENDS + 2 * 3600, rise)


def _row_deleted(world: DeployedMachines) -> None:
    def delete() -> None:
        for row in list(DEPLOYMENTS.list(world.registry, "bunny")):
            DEPLOYMENTS.delete(world.registry, row)

    world.machines.after(JOB_ENDS + 2 * 3600, delete)


def _hours(number: float) -> timedelta:
    return timedelta(hours=number)


FAILED = ("deployment_failed", "retired")

STORIES = (
    Story("goes on", job="in_progress", lives=0, mails=()),
    Story("is being stopped", job="stopping", lives=0, mails=()),
    Story("failed", job="failed", lives=0, mails=("training_failed",)),
    Story("was stopped", job="stopped", lives=0, mails=("training_failed",)),
    Story("is gone", job="gone", lives=0, mails=("training_failed",)),
    Story("is somebody else's", job="in_progress", foreign=True, lives=0, mails=()),
    Story("completed; in service after half an hour"),
    Story("completed; never in service", begin=_set(ready_after=None), mails=FAILED),
    Story("completed; creation fails", begin=_set(fails_after=_hours(0.2)), mails=FAILED),
    Story(
        "completed; deleted by a colleague while it is created",
        begin=_set(deleted_after=_hours(0.2)), mails=FAILED,
    ),
    Story("completed; deleted by a colleague in service", begin=_set(deleted_after=_hours(1))),
    Story("completed; quota is zero", begin=_set(quota=0), lives=0, mails=FAILED),
    Story("completed; model deleted at once", begin=_model_deleted, lives=0, mails=FAILED),
    Story("completed; answer of the creation lost", begin=_set(loses_answers=1)),
    Story("completed; no answer of the creation arrives", begin=_set(loses_answers=99),
          mails=FAILED),
    Story(
        "completed; never in service, cannot be stopped for 5 h",
        begin=_set(ready_after=None, refuses_stop_for=_hours(5)),
        mails=(*FAILED, "retirement_stuck"),
        extra=_hours(2),
    ),
    Story("completed; all calls fail for an hour in service", begin=_outage,
          mails=("model_ready", "retired", "retirement_stuck"), extra=_hours(1)),
    Story("completed; somebody retires it by hand and a late call makes it again", begin=_zombie,
          mails=("model_ready", "retired", "retired"), lives=2),
    Story("completed; somebody deletes its row in service", begin=_row_deleted),
    Story("completed; in service, its schedule lost", begin=_schedule_lost),
)  # fmt: skip

EVENTS: dict[str, tuple[float, ...]] = {
    "once": (1,),
    "twice": (1, 1, 45),
    "late": (6 * 60,),
    "never": (),
}
"""Minutes after the job's end."""


def _end_job(world: DeployedMachines, story: Story) -> None:
    if story.job == "completed":
        world.trainer.complete(world.job)
    elif story.job == "gone":
        del world.trainer.trainings[world.job]
    else:
        world.trainer.end(world.job, TrainingStatus(story.job))


def play(
    story: Story, minutes: tuple[float, ...], world: DeployedMachines | None = None
) -> DeployedMachines:
    """Twelve hours from the job's last hour on, then two days of quiet."""
    world = world or DeployedMachines()
    story.begin(world)
    world.event()  # too early: the job goes on
    world.machines.after(JOB_ENDS, lambda: _end_job(world, story))
    job = "training/somebody-elses" if story.foreign else None
    for minute in minutes:
        world.machines.after(JOB_ENDS + minute * MINUTE + 1, lambda: world.event(job))
    world.machines.run_for(hours=12)
    return world


def must_be_over(world: DeployedMachines, extra: timedelta = timedelta(0)) -> None:
    """Nothing stands, and nothing stood longer than it may."""
    assert not world.trainer.deployments
    for life in world.trainer.lives:
        assert life.end is not None
        assert life.end - life.start <= LIMIT + TOLERANCE + extra
    rows = [row.status for row in DEPLOYMENTS.list(world.registry, "bunny")]
    assert set(rows) <= {"retired"}
    assert not [made for made in world.machines.executions.values() if made.status == "RUNNING"]


def must_be_notified(world: DeployedMachines, story: Story) -> None:
    """Each mail once, but for the alarm, which comes every hour."""
    sent = [kind for kind in world.notified_kinds() if kind != "retirement_stuck"]
    assert sorted(sent) == sorted(kind for kind in story.mails if kind != "retirement_stuck")
    assert ("retirement_stuck" in world.notified_kinds()) == ("retirement_stuck" in story.mails)
    assert len({mail.mail_id for mail in world.mailbox.mails}) == len(world.mailbox.mails)


@lru_cache
def play_story(story: Story, events: str) -> DeployedMachines:
    return play(story, EVENTS[events])


@pytest.mark.parametrize("events", EVENTS)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title)
def test_story_when_deadline_is_past_then_nothing_bills(story: Story, events: str) -> None:
    world = play_story(story, events)
    must_be_over(world, story.extra)
    assert len(world.trainer.lives) == story.lives
    assert world.reconcile_failed == (story.begin is _outage)
    must_be_notified(world, story)


def hours_in_alarms(world: DeployedMachines) -> list[int]:
    """The hours that each mail gives of a model that cannot be switched off."""
    alarms = [mail.body for mail in world.mailbox.mails if "cannot be switched" in mail.subject]
    return [int(re.findall(r"ended\s(\d+)\sh\sago", body)[0]) for body in alarms]


def test_model_when_every_call_fails_for_six_hours_then_each_hour_has_its_mail() -> None:
    world = DeployedMachines()
    story = Story("", begin=_set(ready_after=timedelta(0)))
    world.machines.after(JOB_ENDS + 60, lambda: setattr(world.trainer, "down", True))
    world.machines.after(JOB_ENDS + 8 * 3600, lambda: setattr(world.trainer, "down", False))
    play(story, EVENTS["once"], world)
    (row,) = DEPLOYMENTS.list(world.registry, "bunny")
    assert row.status == "retired"
    hours = hours_in_alarms(world)
    assert hours[:6] == [0, 1, 2, 3, 4, 5]
    assert hours == sorted(set(hours))


def test_model_when_it_refuses_to_stop_for_six_hours_then_each_hour_has_its_mail() -> None:
    """A stop takes minutes, so the first alarm is sent after one hour."""
    world = DeployedMachines()
    story = Story("", begin=_set(ready_after=None, refuses_stop_for=_hours(8)))
    play(story, EVENTS["once"], world)
    assert hours_in_alarms(world) == [1, 2, 3, 4, 5, 6]


def test_model_when_its_row_is_deleted_and_the_event_comes_late_then_not_deployed_again() -> None:
    """What was approved was one deployment."""
    (story,) = [story for story in STORIES if story.begin is _row_deleted]
    world = play(story, (133,))
    must_be_over(world)
    assert len(world.trainer.lives) == 1


def test_model_when_it_is_retired_a_second_time_then_has_alarms_of_its_own() -> None:
    world = DeployedMachines()
    world.creating()
    (deployment,) = DEPLOYMENTS.list(world.registry, "bunny")
    first = stuck_event(deployment, world.clock())
    world.stop()
    world.bill()
    world.clock.advance(hours=3)
    world.trainer.provision(
        DeploymentSpec(
            production="bunny", deployment_id=deployment.id, model_ref=f"model/bunny-{TRAINING}"
        )
    )
    world.stop()
    assert stuck_event(world.deployment(), world.clock()) != first


def test_storyboard_when_its_version_was_approved_then_deploy_model_draws_this_version() -> None:
    world = DeployedMachines()
    wish = {
        "production": "bunny", "training_id": TRAINING, "retire_after_drawing": True,
        "storyboard_key": "bunny/storyboards/forest.yaml", "storyboard_version": "v-1",
    }  # fmt: skip
    world.trainer.complete(world.job)
    world.machines.start(DEPLOY, "wish", {"request": wish})
    world.machines.run_for(hours=6)
    (drawing,) = world.machines.of("DrawStoryboard")
    assert drawing.payload["request"]["storyboard_version"] == "v-1"


DEATHS = [
    *[
        (DEPLOY, state)
        for state in (
            "ClaimTraining", "DrawLossCurve", "ScheduleRetirement", "ProvisionModel",
            "CheckDeployment", "DrawStoryboard", "NotifyModelReady", "RetireAfterDrawing",
        )
    ],
    *[
        (RETIRE, state)
        for state in ("StopDeployment", "VerifyRetired", "BillDeployment", "NotifyRetired")
    ],
]  # fmt: skip


WHEN = ("before", "after")
SCHEDULE = ("fires", "is lost")
IN_SERVICE = next(story for story in STORIES if "half an hour" in story.title)


def die_once(world: DeployedMachines, machine: str, state: str, when: str) -> None:
    """The first execution of a machine that comes to a state ends there, without a word."""
    dead: list[str] = []

    def dies(execution: Execution, at: str) -> str | None:
        if execution.machine == machine.rsplit(":", 1)[-1] and at == state and not dead:
            dead.append(execution.arn)
            return when
        return None

    world.dies = dies


@lru_cache
def play_death(machine: str, state: str, when: str, schedule: str) -> DeployedMachines:
    """Of a deployment that is in service and is retired when its storyboard is drawn."""
    world = DeployedMachines()
    die_once(world, machine, state, when)
    world.schedules_fire = schedule == "fires"
    if state == "RetireAfterDrawing":
        wish = {"production": "bunny", "training_id": TRAINING, "retire_after_drawing": True}
        world.machines.after(
            JOB_ENDS + 1, lambda: world.machines.start(DEPLOY, "wish", {"request": wish})
        )
    return play(IN_SERVICE, EVENTS["once"], world)


@pytest.mark.parametrize("schedule", SCHEDULE)
@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize(("machine", "state"), DEATHS, ids=lambda value: value.rsplit(":", 1)[-1])
def test_execution_when_it_dies_half_way_then_nothing_bills(
    machine: str, state: str, when: str, schedule: str
) -> None:
    world = play_death(machine, state, when, schedule)
    assert [made for made in world.machines.executions.values() if made.status == "ABORTED"]
    must_be_over(world)
    assert len(world.trainer.lives) <= 1
    assert {"retired", "deployment_failed"} & set(world.notified_kinds())


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title)
def test_functions_when_each_runs_twice_then_nothing_bills_and_all_is_told_once(
    story: Story,
) -> None:
    world = play(story, EVENTS["twice"], DeployedMachines(repeated=True))
    must_be_over(world, story.extra)
    must_be_notified(world, story)


@settings(max_examples=15, deadline=None)  # a second each
@given(
    story=st.sampled_from(STORIES),
    events=st.lists(st.floats(0, 11 * 60), max_size=4),
    death=st.none() | st.tuples(st.sampled_from(DEATHS), st.sampled_from(WHEN)),
    fires=st.booleans(),
    repeated=st.booleans(),
)
def test_anything_when_mixed_then_nothing_bills(
    story: Story,
    events: list[float],
    death: tuple[tuple[str, str], str] | None,
    fires: bool,
    repeated: bool,
) -> None:
    world = DeployedMachines(repeated=repeated)
    if death is not None:
        die_once(world, *death[0], death[1])
    world.schedules_fire = fires
    play(story, tuple(events), world)
    world.machines.run_for(hours=6)  # an event in the eleventh hour has its own deadline
    must_be_over(world, story.extra)
    assert len(world.trainer.lives) <= max(1, story.lives)


# ── docs/safety.md ───────────────────────────────────────────────────────────────────────────────

PAGE = """\
# Nothing bills without an end

A forgotten model unit costs 1,452 dollars a day. So:

- **The end comes first.** A deployment's row and its one-time schedule exist before the trainer is
  asked; `provision_model` reads the schedule and refuses without it. Only a person can move the
  end to a later time, by a day at most.
- **A row is written before the action.** It says `creating` before the trainer is asked, and is
  read again afterwards: when a retirement began in between, the new deployment is stopped at once.
- **The trainer's state counts.** Events, schedules and executions only cause a check.
- **A deployment is stopped again until it no longer exists.** RetireModel stops it, checks, and
  stops it again; each hour without success sends a mail. It also succeeds if the deployment was
  deleted before.
- **reconcile** searches every quarter of an hour for missed events, overdue deployments, failed
  executions, and everything with our tag or name that bills and should not. It looks a day back
  from the last round that did everything, two weeks at most: while no mail can be sent, nothing
  becomes too old. On each day without such a round a mail says what fails, and from when on, or
  between which times, what ended is left out. Deployments are always looked at.
- **Jobs end by themselves.** A training, a drawing or a preparation (`onmodel trainer prepare`) on
  SageMaker has a longest runtime and a longest wait for an instance, after which SageMaker ends it,
  whatever else fails. When somebody stopped the execution that waited for a drawing, reconcile
  writes the job's bill into its row.
- **Deleting the stack** first ends deployments, then running jobs of all three kinds, and forbids
  new ones; if that fails, the deletion fails with the reason, and the stack works again. Where AWS
  denies every list of the trainer's service, the rows decide. Custom models stay; the answer names
  them and their price.
- **A Custom Labels model is stopped after the last film.** Its row and its schedule exist before it
  is started, each film has a lease that ends by itself, and nobody takes a lease of a model that is
  being stopped. While it bills more than an hour after it was asked to stop, each hour sends a
  mail. A model that ran before onmodel needed it is never stopped by onmodel. Where
  somebody deleted the row, nothing says whose the model is: its schedule stops it.
- **An upload waits for the services that it needs.** When `route_upload` fails three times, a queue
  brings the upload back each quarter of an hour for a day; an alarm tells each of them.
- **Who begins something asks last.** A film, a dataset, a training, a drawing or a deployment, and
  a film again before it starts a model, writes its row and asks then whether the stack or the
  production is being deleted; a deletion says so first and looks at the rows then. An upload to a
  production that is being deleted is refused by mail.

The tables are made by `tests/unit/steps/test_nothing_bills_forever.py`: the deployed state machines
run in process, over the real steps, in simulated time. `UPDATE_DOCS=1` writes them again.

## What is billing after the deadline

The deadline is {limit} after the deployment was planned: an hour and a half for its creation, two
hours of service. Where executions fail and schedules are lost, reconcile adds up to {tolerance}.
Each cell has what bills after the deadline and, in brackets, how long something billed before. The
columns are the number of times that the job's event came.

{stories}

## When an execution ends without a result

It ends before a state had its effect, or right after; the event came once. The schedule fires, or
was lost (deleted by hand).

{deaths}

## What jobs bill

A trainer that deploys nothing trains and draws by jobs, each with a longest runtime (here two
hours) and a longest wait for an instance (an hour, which is not billed). Each cell has the jobs
that run half a day later and, in brackets, how long each kind of job was billed. The columns are
the number of times that the training's event came. In the second table one execution ends at a
state, before its effect or right after: the first storyboard is drawn by the same job, which is
paid for once.

The tables are made by `tests/unit/steps/test_no_job_bills_forever.py`.

{jobs}
## When a request's execution is stopped

An execution of each machine is stopped at each of its states: before the state, or after its
effect. Nobody uploads anything again. Each cell has the mails of the following hour that are about
the same request (its production and its id); "goes on" says that its work was continued, and
"before" that the mail about the outcome had been sent already. A film, a storyboard or a deployment
by a person is not started again by itself: the mail says what to do. A training is, four times at
most; an approved storyboard is deployed for.

The table is made by `tests/unit/steps/test_no_request_ends_in_silence.py`, which runs the functions
as they are deployed.

{requests}
## What a Custom Labels model bills

The finder `custom_labels` needs a model that runs. Films share it: it is started for the first,
and stopped after the last. Here a film is sampled for 30 minutes, and may need the model for three
hours. Each cell has the model that bills eight hours after the first film began and, in brackets,
how long it ran. Something happens to one film, or to the model; the other film, if there is one,
began ten minutes later.

The table is made by `tests/unit/steps/test_no_detector_bills_forever.py`.

{detectors}"""

OTHERS = ("jobs", "requests", "detectors")
"""Tables of other tests, which stay as they are."""


def _cell(world: DeployedMachines) -> str:
    standing = len(world.trainer.deployments)
    billing = f"**{standing} deployments**" if standing else "nothing"
    billed = world.trainer.billed()
    return f"{billing} ({duration(billed.total_seconds())})" if billed else f"{billing} (never)"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def safety_page() -> str:
    stories = _table(
        ["The job", *EVENTS],
        [
            [story.title, *(_cell(play_story(story, events)) for events in EVENTS)]
            for story in STORIES
        ],
    )
    deaths = _table(
        ["It ends at", *(f"{when}, schedule {schedule}" for when in WHEN for schedule in SCHEDULE)],
        [
            [
                f"{machine.rsplit(':', 1)[-1]}: {state}",
                *(
                    _cell(play_death(machine, state, when, schedule))
                    for when in WHEN
                    for schedule in SCHEDULE
                ),
            ]
            for machine, state in DEATHS
        ],
    )
    return PAGE.format(
        limit=duration(LIMIT.total_seconds()),
        tolerance=duration(TOLERANCE.total_seconds()),
        stories=stories,
        deaths=deaths,
        **{name: _as_it_is(name) for name in OTHERS},
    )


def _as_it_is(name: str) -> str:
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->\n"
    found = re.search(f"{begin}.*{end}", SAFETY.read_text(), re.DOTALL)
    return found[0] if found else f"{begin}\n{end}"


def test_safety_page_when_read_then_says_what_these_stories_say() -> None:
    page = safety_page()
    if os.environ.get("UPDATE_DOCS"):
        SAFETY.write_text(page)
    assert SAFETY.read_text() == page
