"""Follows an uploaded storyboard to its drawing, its refusal, or the question about its cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from onmodel.contracts.keys import StoryboardKeys, digest
from onmodel.contracts.rows import ApprovalStatus, StoryboardStatus
from onmodel.contracts.stack_rows import OutcomeBody
from onmodel.errors import RefusedError, ServiceError, SettingsRefused, StillRunning
from onmodel.ports.machines import Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import APPROVALS, OUTCOMES, STORYBOARDS, ApprovalRow, StoryboardRow
from onmodel_cli.following import PICK_UP_SECONDS

WATCH_SECONDS = 3600.0


class DrawingDeclined(RefusedError):
    """Raised when the question about the cost was declined, or not answered in time."""


@dataclass(frozen=True)
class DrawingPlace:
    """How far a storyboard is. The last one has a drawn take, a question, or neither."""

    stage: str
    take: StoryboardRow | None = None
    asked: ApprovalRow | None = None
    """The question that it waits for an answer to."""

    @property
    def is_drawn(self) -> bool:
        return self.take is not None and self.take.status == StoryboardStatus.DRAWN


@dataclass(frozen=True)
class StoryboardFollower:
    """Polls the rows of one execution of DrawStoryboard.

    Args:
        execution_arn: of the execution that draws the upload.
        production: its id.
        name: of the storyboard.
        before: ids of the takes that there were before the upload.
        sleep: waits for a number of seconds.
        monotonic: seconds of a steady clock.
    """

    execution_arn: str
    production: str
    name: str
    before: frozenset[str]
    registry: Registry
    studio: ObjectStore
    executions: Executions
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
    every_seconds: float

    def watch(self) -> Iterator[DrawingPlace]:
        """Places until it is drawn or a mail asks for an approval.

        Raises:
            SettingsRefused: the stack refused the storyboard; its own reason.
            DrawingDeclined: nobody approved its cost.
            ServiceError: drawing failed, or the upload started nothing.
            StillRunning: it takes longer than an hour; it goes on.
        """
        began = self.monotonic()
        seen = False
        while self.monotonic() - began < WATCH_SECONDS:
            running = self.executions.is_running(self.execution_arn)
            seen = seen or running
            place = self._look()
            if place is not None:
                yield place
                if place.is_drawn or place.asked is not None:
                    return
            elif running:
                yield DrawingPlace("planning")
            elif self._is_approved():
                yield DrawingPlace("a model is being deployed for it; a mail says when it is drawn")
                return
            elif seen:
                raise ServiceError(f"{self.execution_arn} ended without drawing and without reason")
            elif self.monotonic() - began > PICK_UP_SECONDS:
                raise ServiceError(
                    "The storyboard was uploaded, but the stack started no drawing within "
                    f"{PICK_UP_SECONDS:.0f} s. See the log of its RouteUpload function"
                )
            else:
                yield DrawingPlace("waiting for the stack")
            self.sleep(self.every_seconds)
        raise StillRunning("It is not drawn within an hour. It goes on; a mail follows")

    def _look(self) -> DrawingPlace | None:
        """What the rows say; None while they say nothing."""
        take = self._take()
        if take is not None and take.status == StoryboardStatus.DRAWN:
            return DrawingPlace("drawn", take)
        if take is not None and take.status == StoryboardStatus.FAILED:
            reason = take.body.reason or "see the log"
            raise ServiceError(f"{take.id} could not be drawn: {reason}")
        outcome = OUTCOMES.read(self.registry, self.production, digest(self.execution_arn, 16))
        if outcome is not None:
            self._must_go_on(outcome.body)
        asked = self._question(ApprovalStatus.PENDING)
        if asked is not None:
            return DrawingPlace("waiting for an approval", asked=asked)
        return DrawingPlace(self._progress(take), take) if take is not None else None

    def _take(self) -> StoryboardRow | None:
        """The take of this execution, which no longer holds it where reconcile has closed it."""
        rows = STORYBOARDS.list(self.registry, self.production)
        new = [row for row in rows if row.body.name == self.name and row.id not in self.before]
        held = [row for row in new if row.holder == self.execution_arn]
        return next(iter(held or new), None)

    def _must_go_on(self, outcome: OutcomeBody) -> None:
        """Raises the error that an outcome other than a drawn storyboard stands for."""
        if outcome.kind == "approval_ended":
            raise DrawingDeclined(
                "Nothing was drawn: its cost was not approved",
                "Upload it again to be asked once more",
            )
        if outcome.kind == "storyboard_refused":
            raise SettingsRefused(
                f"The stack refused it: {outcome.reason or 'its mail says why'}",
                "Correct it and upload it again",
            )
        if outcome.kind == "alarm":
            raise ServiceError(f"It could not be drawn: {outcome.reason or 'its mail says why'}")

    def _question(self, status: ApprovalStatus) -> ApprovalRow | None:
        return next(
            (
                row
                for row in APPROVALS.list(self.registry, self.production)
                if row.body.execution_arn == self.execution_arn and row.status == status
            ),
            None,
        )

    def _is_approved(self) -> bool:
        return self._question(ApprovalStatus.APPROVED) is not None

    def _progress(self, take: StoryboardRow) -> str:
        keys = StoryboardKeys(take.production, take.body.name, take.body.take)
        done = sum(info.key.endswith(".json") for info in self.studio.list(f"{keys.panels}/"))
        return f"drawing, {done} of {take.body.panels} panels done"
