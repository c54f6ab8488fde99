"""Every quarter of an hour: compare what exists with what should exist, and correct it.

Events are lost, executions fail, schedules fail, people delete things by hand. This step only
starts state machines, under names that refuse a second start while the first execution runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from onmodel.contracts.keys import execution_arn
from onmodel.contracts.operations import Reconciled
from onmodel.contracts.rows import DeploymentStage
from onmodel.deployments.deletion import are_forbidden
from onmodel.deployments.ends import retire_payload
from onmodel.deployments.events import (
    ready_event,
    retired_event,
)
from onmodel.deployments.lifecycle import LIVE, OVER, state_at_trainer
from onmodel.errors import ServiceError
from onmodel.notifications.sending import was_sent, was_tried
from onmodel.observability import logger
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.trainer import Trainers
from onmodel.registry.kinds import (
    APPROVALS,
    DEPLOYMENTS,
    DETECTORS,
    EMPTY_UPLOADS,
    GENERATIONS,
    HUMAN_LOOPS,
    PLACES,
    RUNS,
    STORYBOARDS,
    TRAININGS,
    DeploymentRow,
    RunRow,
    TrainingRow,
)
from onmodel.registry.rows import AnyRow
from onmodel.steps.decisions import Decisions
from onmodel.steps.empty_uploads import EmptyUploads
from onmodel.steps.ended_drawings import EndedDrawings
from onmodel.steps.ended_human_loops import OpenHumanLoops
from onmodel.steps.ended_requests import EndedRequests
from onmodel.steps.film_digests import FilmDigests
from onmodel.steps.missed_trainings import MissedTrainings
from onmodel.steps.recovery import ENDED_WITHOUT_RESULT, GRACE, Recovery, is_held
from onmodel.steps.rounds import MOST_LOOK_BACK, Rounds
from onmodel.steps.unknown_deployments import UnknownDeployment, UnknownDeployments
from onmodel.steps.watch_models import WatchedModels

MOST_STARTS = 200
"""Names tried for one thing: an execution's name can be used again after 90 days."""


RowT = TypeVar("RowT", bound=AnyRow)
AttemptT = TypeVar("AttemptT")


@dataclass
class Reconcile:
    """The services that reconciling needs."""

    registry: Registry
    trainers: Trainers
    executions: Executions
    clock: Clock
    recovery: Recovery
    empty_uploads: EmptyUploads
    decisions: Decisions
    human_loops: OpenHumanLoops
    ended_drawings: EndedDrawings
    ended_requests: EndedRequests
    watched_models: WatchedModels
    film_digests: FilmDigests
    unknown: UnknownDeployments
    rounds: Rounds
    deploy_model_arn: str
    retire_model_arn: str
    faults: list[Exception] = field(default_factory=list)
    since: datetime = field(init=False)
    """What ended before is left out."""

    def run(self) -> Reconciled:
        """Deployments first, because they cost money. When one part fails, the others still run.

        Raises:
            ServiceError: something could not be checked; everything else was. The next run tries
                again, and the function's alarm counts the error.
        """
        began = self.clock()
        round_ = self._try("rounds", partial(self.rounds.begin, began))
        self.since = round_.since if round_ else began - MOST_LOOK_BACK
        if round_ and round_.is_too_late:  # this round may be complete, and forget it
            self._try("rounds", partial(self.rounds.alarm, round_, "No round did everything"))
        deployments = list(self._readable(DEPLOYMENTS.list_all(self.registry)))
        found = Reconciled(
            retired=self._each(deployments, self._retire_if_due),
            adopted=self._adopt(deployments),
            stopped=self._each(DETECTORS.list_all(self.registry), self.recovery.stop_detector),
        )
        if not are_forbidden(self.registry, self.clock()):  # the stack is being deleted
            found = found.model_copy(update=self._go_on())
            if not self.faults:
                self._try("rounds", partial(self.rounds.record_complete, began))
        if self.faults:
            faults = "; ".join(f"{type(fault).__name__}: {fault}" for fault in self.faults)
            told = f"{len(self.faults)} things could not be reconciled: {faults}"
            if round_ and round_.is_late:
                self._try("rounds", partial(self.rounds.alarm, round_, told))
            raise ServiceError(told)
        return found

    def _go_on(self) -> dict[str, tuple[str, ...]]:
        """Start what lost events or failed executions left undone. Fields of Reconciled."""
        runs = list(self._readable(RUNS.list_all(self.registry)))
        generations = GENERATIONS.list_all(self.registry)
        trainings = TRAININGS.list_all(self.registry)
        missed = MissedTrainings(self.registry, self.trainers, self.executions, self.clock)
        loops = self._readable(HUMAN_LOOPS.list_all(self.registry))
        return {
            "deployed": self._each(trainings, partial(self._deploy_if_missed, missed)),
            "released": self._each(runs, self.recovery.release_run),
            "models": self._try("models", self.watched_models.report) or (),
            "told": self._tell_films(runs),
            "freed": self._each(PLACES.list_all(self.registry), self.recovery.free_places),
            "empty": self._each(EMPTY_UPLOADS.list_all(self.registry), self.empty_uploads.report),
            "collected": self._each(runs, partial(self.recovery.collect_prepared, self.since)),
            "answered": self._each(
                APPROVALS.list_all(self.registry), partial(self.decisions.answer, self.since)
            ),
            "resumed": self._each(generations, self.recovery.resume_generation),
            "billed": self._each(STORYBOARDS.list_all(self.registry), self.ended_drawings.close),
            "notified": self._notify_ended(),
            # Last, because calls about hundreds of loops may take minutes.
            "human_loops": self._each(self.human_loops.due(loops), self.human_loops.check),
            "reviewed": self._each(
                APPROVALS.list_all(self.registry), self.human_loops.ended.finish
            ),
        }

    def _notify_ended(self) -> tuple[str, ...]:
        """Names of the executions whose outcome was notified, or that are tried again."""
        done: list[str] = []
        for machine in self.ended_requests.machine_arns():
            ended = self._try(machine, partial(self.ended_requests.ended, machine, self.since))
            for execution in ended or []:
                act = partial(self.ended_requests.act, machine, execution)
                if self._try(execution.arn, act):
                    done.append(execution.arn.split(":execution:")[-1])
        return tuple(done)

    def _tell_films(self, runs: list[RunRow]) -> tuple[str, ...]:
        """Productions of which a mail about several films was sent."""
        held = self._try("held mails", lambda: self.film_digests.held(runs, self.since)) or {}
        return tuple(
            production
            for production, films in held.items()
            if self._try(production, partial(self.film_digests.send, production, films))
        )

    def _each(self, rows: Iterable[RowT], work: Callable[[RowT], bool]) -> tuple[str, ...]:
        """Ids of the rows that were corrected."""
        return tuple(
            f"{row.production}/{row.id}"
            for row in self._readable(rows)
            if self._try(f"{row.production}/{row.id}", partial(work, row))
        )

    def _readable(self, rows: Iterable[RowT]) -> Iterator[RowT]:
        """All rows but those that cannot be read."""
        each = iter(rows)
        more = True
        while more:
            row = None
            with self._noted("a row"):
                row = next(each, None)
                more = row is not None
            if row is not None:
                yield row

    def _try(self, what: str, work: Callable[[], AttemptT]) -> AttemptT | None:
        """What `work` answers; None after a fault."""
        with self._noted(what):
            return work()
        return None

    @contextmanager
    def _noted(self, what: str) -> Iterator[None]:
        """Keep a fault, whatever it is, until the end of the round: it stops nothing else."""
        try:
            yield
        except Exception as fault:  # noqa: BLE001 - it is raised at the end of the round
            logger.exception("%s: %s", what, type(fault).__name__)
            self.faults.append(fault)

    # ── deployments ──────────────────────────────────────────────────────────────────────────────

    def _retire_if_due(self, listed: DeploymentRow) -> bool:
        """The list may be out of date: the row is read again before it is acted on."""
        ended = listed.body.retired_at
        if listed.status in OVER and (ended is None or ended < self.since):
            return False  # most rows: not read again
        deployment = DEPLOYMENTS.read(self.registry, listed.production, listed.id)
        if deployment is None:
            return False
        reason = self._why_retire(deployment)
        return reason is not None and self._retire(deployment, reason)

    def _why_retire(self, deployment: DeploymentRow) -> str | None:
        if deployment.status in OVER:
            return "no mail was sent about its end" if self._is_not_notified(deployment) else None
        if deployment.status == DeploymentStage.RETIRING:
            return None if is_held(deployment, self.executions) else "its retirement failed"
        if self.clock() >= deployment.body.retires_at:
            return "its time is up"
        if deployment.status in LIVE and not is_held(deployment, self.executions):
            ready = ready_event(deployment.id)
            if not was_tried(self.registry, production=deployment.production, event=ready):
                return ENDED_WITHOUT_RESULT
            if state_at_trainer(self.trainers, deployment) is None:
                return "it was deleted outside onmodel"
        return None

    def _is_not_notified(self, deployment: DeploymentRow) -> bool:
        """Whether its retirement failed before its last action, the mail."""
        event = retired_event(deployment)
        late = self.clock() - deployment.updated_at >= GRACE
        return late and not was_sent(self.registry, production=deployment.production, event=event)

    def _retire(self, deployment: DeploymentRow, reason: str) -> bool:
        stem = f"{deployment.production[:30]}-{deployment.id}"
        return self._start(self.retire_model_arn, stem, retire_payload(deployment, reason))

    def _adopt(self, deployments: list[DeploymentRow]) -> tuple[str, ...]:
        """References of what bills without a row, and is retired now."""
        unknown = self._try("unknown", lambda: self.unknown.found(deployments)) or ()
        return tuple(
            thing.ref for thing in unknown if self._try(thing.ref, partial(self._take, thing))
        )

    def _take(self, thing: UnknownDeployment) -> bool:
        row = self.unknown.row_for(thing)
        if row is not None:
            self._retire(row, "it was billing and should not have been")
        return row is not None

    # ── trainings ────────────────────────────────────────────────────────────────────────────────

    def _deploy_if_missed(self, missed: MissedTrainings, listed: TrainingRow) -> bool:
        ref = missed.ended_job(listed, self.since)
        if ref is None:
            return False
        stem = f"reconcile-{listed.production[:30]}-{listed.id}"
        request = {"job_arn": ref, "correlation_id": listed.body.correlation_id}
        return self._start(self.deploy_model_arn, stem, {"request": request})

    def _start(self, machine_arn: str, stem: str, payload: dict[str, Any]) -> bool:
        """Start under the first unused name; False when such an execution runs already."""
        for number in range(1, MOST_STARTS + 1):
            name = f"{stem}-{number}"
            if self.executions.start(machine_arn, name, payload):
                return True
            if self.executions.is_running(execution_arn(machine_arn, name)):
                return False
        raise ServiceError(f"{stem} was started {MOST_STARTS} times and failed each time")
