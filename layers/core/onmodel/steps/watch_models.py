"""Mail about models that end, before a film fails for it."""

from __future__ import annotations

from dataclasses import dataclass

from onmodel.contracts.keys import MAIN_PRODUCTION
from onmodel.contracts.notifications import NotificationRequest
from onmodel.errors import AccessDenied
from onmodel.films.called_models import CalledModel, ModelWarning, warnings
from onmodel.notifications.facts.models import called_model_ends
from onmodel.notifications.sending import Mails
from onmodel.observability import logger
from onmodel.ports.account import OfferedModels
from onmodel.ports.machines import Clock


@dataclass(frozen=True)
class WatchedModels:
    """The services that watching models needs."""

    called: tuple[CalledModel, ...]
    models: OfferedModels
    region: str
    clock: Clock
    mails: Mails

    def report(self) -> tuple[str, ...]:
        """Send a mail for each model of which there is something new to say; their ids.

        Where the account does not allow the look, a line in the log says so: a film fails then no
        earlier than without it.
        """
        try:
            found = tuple(warnings(self.called, self.models, self.region, self.clock()))
        except AccessDenied as fault:
            logger.warning("models are not watched: %s", fault)
            return ()
        return tuple(warning.called.model for warning in found if self._send(warning))

    def _send(self, warning: ModelWarning) -> bool:
        successor = warning.successor
        correlation_id = f"model-{warning.called.model}"
        request = NotificationRequest(
            kind="called_model_ends",
            production=MAIN_PRODUCTION,
            id=MAIN_PRODUCTION,
            correlation_id=correlation_id,
            extra={
                "model": warning.called.model,
                "state": warning.state,
                "call_as": warning.call_as or "",
                "reason": warning.reason,
                "used_for": warning.called.used_for,
                "without": warning.called.without,
                "parameters": " ".join(warning.called.parameters),
                "successor": successor.model if successor else "",
                "cost": successor.cost if successor else "",
            },
        )
        told = called_model_ends(request, self.mails.sources())
        return self.mails.send_once(told, correlation_id)
