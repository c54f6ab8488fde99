"""What every function does around its step: parse the event, log one id, answer JSON."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from contextvars import ContextVar
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ValidationError

from onmodel.errors import EventRefused, OnmodelError
from onmodel.observability import logger, metrics

_context: ContextVar[LambdaContext] = ContextVar("the context of this invocation")

RequestT = TypeVar("RequestT", bound=BaseModel)
Handler = Callable[[dict[str, Any], LambdaContext], Any]


def parse(model: type[RequestT], event: object) -> RequestT:
    """Raises EventRefused naming each field that does not fit."""
    try:
        return model.model_validate(event)
    except ValidationError as fault:
        places = "; ".join(
            f"{'.'.join(str(part) for part in error['loc']) or 'event'}: {error['msg']}"
            for error in fault.errors()
        )
        raise EventRefused(
            f"The event does not fit {model.__name__}: {places}",
            "Compare it with the fixtures under events/",
        ) from fault


def seconds_left() -> float:
    """Until Lambda ends this invocation. Asked in the handler: threads do not know it."""
    return _context.get().get_remaining_time_in_millis() / 1000


def lambda_handler(
    model: type[RequestT],
    *,
    logged: Collection[str] | None = None,
    answer_to: Callable[[Exception], BaseModel] | None = None,
) -> Callable[[Callable[[RequestT], BaseModel | None]], Handler]:
    """Make a Lambda handler of a function from request to answer.

    Args:
        model: the contract of the event.
        logged: the answer's fields that may be logged; all of them when left out.
        answer_to: the answer for an error of the step, where a person waits for a page. Left out,
            the error is raised, and the state machine or the queue acts on it.
    """
    shown = None if logged is None else set(logged)

    def decorate(work: Callable[[RequestT], BaseModel | None]) -> Handler:
        @functools.wraps(work)
        @logger.inject_lambda_context(clear_state=True)
        def handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401
            _context.set(context)
            request = parse(model, event)
            answer: BaseModel | None
            logger.append_keys(correlation_id=getattr(request, "correlation_id", None))
            try:
                answer = work(request)
            except OnmodelError as fault:
                logger.warning("%s: %s", type(fault).__name__, fault)
                if answer_to is None:
                    raise
                answer = answer_to(fault)
            except Exception as fault:  # Lambda reports it too, but without the id
                logger.exception("failed: %s", type(fault).__name__)
                if answer_to is None:
                    raise
                answer = answer_to(fault)
            finally:
                if metrics.metric_set:
                    metrics.flush_metrics()
            if found := getattr(answer, "correlation_id", None):  # AWS's events have none
                logger.append_keys(correlation_id=found)
            logged_answer = answer.model_dump(mode="json", include=shown) if answer else None
            logger.info("done", extra={"answer": logged_answer})
            return answer.model_dump(mode="json") if answer else None

        handler.request_model = model  # type: ignore[attr-defined]  # for the fixtures' test
        return handler

    return decorate
