"""Before a film is prepared: whether the models that the stack names answer at all."""

from __future__ import annotations

from onmodel.contracts.films import Run
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.settings import Settings
from onmodel.errors import FilmModelRefused, ServiceError
from onmodel.films.called_models import CalledModel, ModelWarning, models_of_film, warnings
from onmodel.observability import logger
from onmodel.ports.account import OfferedModels
from onmodel.ports.machines import Clock
from onmodel.ports.storage import ObjectStore


def preflight_film(
    run: Run,
    *,
    studio: ObjectStore,
    called: tuple[CalledModel, ...],
    models: OfferedModels,
    region: str,
    clock: Clock,
) -> tuple[str, ...]:
    """Refuse to begin where no call would be answered: labels would be paid for nothing.

    A model that ends later is a line in the log; reconcile sends the mail about it. So is a service
    that does not answer this question: the film is prepared as without it.

    Returns:
        A notice for each model that does not answer, and that this preparation does not call.

    Args:
        run: of the film.
        studio: holds its settings, which choose the finder.
        called: the stack's models, of `called_models`.
        models: tells their state.
        region: of the stack.
        clock: now.

    Raises:
        FilmModelRefused: a model is gone, or does not answer by this id.
    """
    settings = Settings.from_stored(studio.get(FilmKeys.of(run).settings))
    needed = models_of_film(called, settings.finder)
    notices = []
    try:
        for warning in warnings(called, models, region, clock()):
            if warning.is_fatal and warning.called in needed:
                raise FilmModelRefused(warning.reason, _advice(warning))
            if warning.is_fatal:
                called_for = f"It is called for {warning.called.used_for}"
                notices.append(f"{warning.reason}. {called_for}. {_advice(warning)}.")
            logger.warning("%s", warning.reason)
    except ServiceError as fault:
        logger.warning("it is not known whether the models answer: %s", fault)
    return tuple(notices)


def _advice(warning: ModelWarning) -> str:
    names = " and ".join(warning.called.parameters)
    other = warning.successor
    choice = f", for example to {other.model}" if other else ""
    return f"Set {names} of the stack to another model{choice}"
