"""What is told of models that answer, and cost money while they do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from onmodel.formats.wording import dollars, duration
from onmodel.notifications.mails.letter import (
    Mail,
    bullets,
    letter,
    places,
    printable,
    sentence,
    table,
    when,
)


def model_ready(
    *,
    production: str,
    model: str,
    usd_per_hour: float | None,
    usd_until_retired: float | None,
    retires_at: datetime,
    gallery: str,
    loss_curve: str,
    stack: str,
    correlation_id: str,
    notices: Sequence[str] = (),
) -> Mail:
    """The mail that the whole system exists for.

    Args:
        production: its slug.
        model: the custom model's name.
        usd_per_hour: running cost; None when its price is missing.
        usd_until_retired: what it will have cost when it switches itself off.
        retires_at: when that is.
        gallery: where the first storyboard can be opened; '' when it could not be drawn.
        loss_curve: where the loss curve can be opened; '' without one.
        stack: whose commands switch it off or extend it.
        correlation_id: of the upload that began it.
        notices: anything that a reader must know, for example that this is a simulation.
    """
    shown = [(name, place) for name, place in (("storyboard", gallery), ("loss curve", loss_curve))
             if place]  # fmt: skip
    return letter(
        f"The model of {production} is ready and draws until {when(retires_at)}",
        f"{printable(model)} answers now and draws the characters of production {production}.",
        bullets(notices),
        "" if gallery else "Its first storyboard could not be drawn; upload one to try again.",
        "Look at it:\n" + places(shown) if shown else "",
        "It costs money while it answers:\n"
        + table(
            [
                (dollars(usd_per_hour), "an hour"),
                (dollars(usd_until_retired), f"until it switches itself off, {when(retires_at)}"),
            ]
        ),
        "Upload storyboards until then and they are drawn at once:\n"
        f"  {production}/storyboards/<name>.yaml",
        "To keep it longer, or to switch it off sooner:\n"
        f"  onmodel extend --production {production} --hours 2 --stack {stack}\n"
        f"  onmodel retire --production {production} --stack {stack}",
        correlation_id=correlation_id,
    )


def deployment_failed(
    *, production: str, model: str, reason: str, advice: str, correlation_id: str
) -> Mail:
    """The model is trained and does not answer; what was begun is being switched off."""
    return letter(
        f"The model of {production} could not be deployed",
        f"{printable(model)} of production {production} is trained but could not be made to "
        "answer:",
        f"  {sentence(reason)}",
        sentence(advice),
        "Whatever was begun is being switched off; a mail says so when it is gone. The model "
        "itself is kept and can be deployed again without training it again.",
        correlation_id=correlation_id,
    )


def retired(
    *,
    production: str,
    model: str,
    hours: float,
    usd: float | None,
    usd_a_month: float | None,
    why: str,
    stack: str,
    correlation_id: str,
) -> Mail:
    """The deployment is gone: checked, not only ordered.

    Args:
        production: its slug.
        model: the custom model's name; it is kept.
        hours: how long it was billed by our count.
        usd: estimated bill of the deployment.
        usd_a_month: what keeping model and data costs.
        why: a sentence: its time was over, somebody asked, or a fault.
        stack: whose command deletes the model.
        correlation_id: of the upload that began it.
    """
    return letter(
        f"The model of {production} is switched off: {dollars(usd)} for {duration(hours * 3600)}",
        f"{printable(model)} of production {production} no longer answers. {sentence(why)}",
        table([(duration(hours * 3600), "by our count"), (dollars(usd), "estimated bill")]),
        f"No hourly costs are running; storage is about {dollars(usd_a_month)} a month.",
        "The model is kept and can be deployed again at any time. To delete it for good:\n"
        f"  onmodel delete-model --production {production} --stack {stack}",
        correlation_id=correlation_id,
    )


def retirement_stuck(
    *,
    production: str,
    deployment: str,
    reason: str,
    usd_per_hour: float | None,
    command: str,
    correlation_id: str,
) -> Mail:
    """An alarm: something costs money by the hour and does not go away.

    Args:
        production: its slug.
        deployment: name or ARN of what still bills.
        reason: in the service's words.
        usd_per_hour: what it costs; None when its price is missing.
        command: what a person can run to end it by hand.
        correlation_id: of the upload that began it.
    """
    return letter(
        f"ALARM: the model of {production} cannot be switched off, {dollars(usd_per_hour)}/hour",
        f"{printable(deployment)} of production {production} should be gone and is not. It costs "
        f"{dollars(usd_per_hour)} an hour.",
        f"  {sentence(reason)}",
        "onmodel goes on trying every 15 minutes. Please end it by hand if you can:\n"
        f"  {printable(command)}",
        correlation_id=correlation_id,
    )


def alarm(*, what: str, facts: Sequence[str], advice: str, correlation_id: str) -> Mail:
    """Something needs a person's eyes."""
    return letter(
        f"ALARM: {what}", sentence(what[:1].upper() + what[1:]), bullets(facts), sentence(advice),
        correlation_id=correlation_id,
    )  # fmt: skip


def storyboard_drawn(
    *,
    production: str,
    storyboard: str,
    panels: int,
    missing: int,
    gallery: str,
    usd: float | None,
    correlation_id: str,
) -> Mail:
    """A storyboard can be looked at.

    Args:
        production: its slug.
        storyboard: its name.
        panels: drawn ones.
        missing: those that were refused or failed; the gallery says why.
        gallery: where it can be opened.
        usd: what drawing cost beyond the deployment; None when a price is missing.
        correlation_id: of the upload.
    """
    gone = f" {missing} could not be drawn; the gallery says why." if missing else ""
    return letter(
        f"Storyboard {storyboard} of {production} is drawn: {panels} panels",
        f"“{printable(storyboard)}” of production {production} has {panels} panels.{gone}",
        "Look at it:\n" + places([("gallery", gallery)]),
        f"Estimated cost of drawing: {dollars(usd)}.",
        correlation_id=correlation_id,
    )
