"""What a Custom Labels model must be for a stack to use it: account, region, project, price."""

from __future__ import annotations

from fnmatch import fnmatchcase

from onmodel.contracts.finders import MODEL_ARN, CustomLabelsFinderSettings
from onmodel.errors import FilmModelRefused
from onmodel.formats.wording import dollars
from onmodel.money.finder_usage import CUSTOM_LABELS_HOUR
from onmodel.money.pricebook import PriceBook
from onmodel.ports.detectors import DetectorState, DetectorStatus

TermsFault = tuple[str, str]
"""A reason and what to do about it."""


def fault_of_place(model: str, projects: str) -> TermsFault | None:
    """Why a stack may not use a model; None when it may.

    Args:
        model: ARN of a project's version.
        projects: ARN of the projects that the stack's functions may use, with `*` for any text;
            '' when it is not known.
    """
    named = MODEL_ARN.fullmatch(model)
    if named is None:
        return f"{model} is no ARN of a Custom Labels model", "Write its ProjectVersionArn"
    if not projects:
        return None
    region, account, project = projects.split(":", 5)[3:]
    if named["region"] != region:
        return (
            f"{model} is in {named['region']}, and this stack works in {region}",
            f"Copy the model to {region} (`aws rekognition copy-project-version`), or deploy a"
            " stack there",
        )
    if named["account"] != account:
        return (
            f"{model} is in the account {named['account']}, and this stack works in {account}",
            "Copy the model to this account (`aws rekognition copy-project-version`)",
        )
    allowed = project.removeprefix("project/")
    if not fnmatchcase(named["project"], allowed):
        return (
            f"{model} is of the project {named['project']}, and this stack may only use {allowed}"
            " (CustomLabelsProjects)",
            "Deploy the stack with that parameter, or train the model in such a project",
        )
    return None


def usable(model: str, state: DetectorState | None) -> DetectorState:
    """The state of a model that runs or can be started.

    Raises:
        FilmModelRefused: it does not exist, is being trained, copied or deleted, or that failed.
    """
    if state is None:
        raise FilmModelRefused(
            f"{model} does not exist (any more)",
            "Name another model as finder.custom_labels.model",
        )
    if state.status == DetectorStatus.UNUSABLE:
        raise FilmModelRefused(
            f"{model} cannot be started: it is {state.said}",
            "Wait until Rekognition's console shows that it is trained, or name another model as"
            " finder.custom_labels.model",
        )
    return state


def unit_usd_hour(prices: PriceBook) -> float | None:
    """What an inference unit costs an hour; None without a price, never zero."""
    price = prices.price(CUSTOM_LABELS_HOUR)
    return None if price is None or price.usd is None else float(price.usd)


def fault_of_price(
    settings: CustomLabelsFinderSettings, prices: PriceBook, limit_usd: float
) -> TermsFault | None:
    """Why a model costs more than may be spent without a question; None when it does not."""
    advice = "Set finder.custom_labels.hours or inference_units to less, or SpendLimitUsd to more"
    hourly = unit_usd_hour(prices)
    if hourly is None:
        return f"{CUSTOM_LABELS_HOUR} has no price, so SpendLimitUsd cannot be kept", advice
    usd = hourly * settings.hours * settings.inference_units
    if usd > limit_usd:
        return (
            f"{settings.model} may run for {settings.hours:g} hours with"
            f" {settings.inference_units} inference units for one film, which costs up to"
            f" {dollars(usd)}, above SpendLimitUsd ({dollars(limit_usd)})",
            advice,
        )
    return None
