"""Facts about models that are called and end. They have no rows: `extra` holds everything."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from onmodel.contracts.models import foundation_model_of
from onmodel.contracts.notifications import NotificationRequest
from onmodel.notifications.facts.base import Facts, Notification, Sources


class CalledModelEndsFacts(Facts):
    """A model that the stack names, which does not answer, or will not for long."""

    kind: ClassVar[str] = "called_model_ends"

    model: str
    reason: str
    call_as: str = Field(default="", description="where the model stays and only its id is wrong")
    used_for: str = Field(description='as it follows "for"')
    without: str = Field(description="what happens where it does not answer, sentences")
    successor: str = Field(description="its id or profile; '' when none is known here")
    cost: str = Field(description="of the change, a clause; '' without a successor")
    overrides: str = Field(description="for sam deploy, `Name=value …`; '' without a successor")


def called_model_ends(request: NotificationRequest, _sources: Sources) -> Notification:
    extra = request.extra
    successor = extra["successor"]
    values = {
        name: foundation_model_of(successor) if "Foundation" in name else successor
        for name in extra["parameters"].split()
    }
    facts = CalledModelEndsFacts(
        production=request.production,
        model=extra["model"],
        reason=extra["reason"],
        call_as=extra["call_as"],
        used_for=extra["used_for"],
        without=extra["without"],
        successor=successor,
        cost=extra["cost"],
        overrides=" ".join(f"{name}={value}" for name, value in values.items())
        if successor
        else "",
    )
    return Notification(facts=facts, event=f"called_model_ends:{facts.model}:{extra['state']}")
