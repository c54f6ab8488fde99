"""Before a film is prepared: whether the model that its preparation calls answers at all."""

from __future__ import annotations

from collections.abc import Iterable

from onmodel.errors import FilmModelRefused, ServiceError
from onmodel.films.called_models import CalledModel, warnings
from onmodel.observability import logger
from onmodel.ports.account import OfferedModels
from onmodel.ports.machines import Clock


def preflight_film(
    called: Iterable[CalledModel], *, models: OfferedModels, region: str, clock: Clock
) -> None:
    """Refuse to begin where no call would be answered: labels would be paid for nothing.

    A model that ends later is a line in the log; reconcile sends the mail about it. So is a service
    that does not answer this question: the film is prepared as without it.

    Raises:
        FilmModelRefused: the model is gone, or does not answer by this id.
    """
    try:
        found = tuple(warnings(tuple(called), models, region, clock()))
    except ServiceError as fault:
        logger.warning("it is not known whether the models answer: %s", fault)
        return
    for warning in found:
        if warning.is_fatal:
            names = " and ".join(warning.called.parameters)
            other = warning.successor
            choice = f", for example to {other.model}" if other else ""
            raise FilmModelRefused(
                warning.reason, f"Set {names} of the stack to another model{choice}"
            )
        logger.warning("%s", warning.reason)
