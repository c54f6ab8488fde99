"""What is told of datasets and trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from onmodel.contracts.trainings import LabelledValue, Purpose
from onmodel.formats.wording import ASKED_ABOUT, count, dollars, person_name
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

NOTHING_RUNS = "Nothing is running and nothing more is spent."


def dataset_ready(
    *,
    production: str,
    dataset_id: str,
    films: int,
    pictures: int,
    characters: Mapping[str, int],
    reasons: Sequence[str],
    report: str,
    manifest: str,
    annotations: str,
    usd: float | None,
    correlation_id: str,
) -> Mail:
    """The dataset is done and training is not possible here and now: a good end.

    Args:
        production: its slug.
        dataset_id: of the dataset.
        films: how many it was made of.
        pictures: captioned ones.
        characters: pictures by character's slug; unnamed under ''.
        reasons: why training is not possible, with what to do.
        report: where the dataset's page can be opened.
        manifest: s3:// address of what the trainer takes.
        annotations: s3:// address of the same with lineage.
        usd: what it cost; None when a price is missing.
        correlation_id: of the upload that began it.
    """
    return letter(
        f"The dataset of {production} is ready; training is not possible",
        f"{count(pictures, 'captioned picture')} from {count(films, 'film')} make dataset "
        f"{dataset_id} of production {production}.",
        _characters(characters),
        "A model cannot be trained on it here today:\n" + bullets(reasons),
        "The dataset is complete and yours: take the manifest to any trainer, or run "
        f"`onmodel train -p {production}` once the reasons are gone. Captions are kept and not "
        "paid for again.",
        "Where things lie:\n"
        + places([("report", report), ("manifest", manifest), ("annotations", annotations)]),
        f"Estimated cost so far: {dollars(usd)}. {NOTHING_RUNS}",
        correlation_id=correlation_id,
    )


def dataset_refused(*, production: str, reason: str, advice: str, correlation_id: str) -> Mail:
    """There is too little to train on."""
    return letter(
        f"No dataset could be made of {production}",
        f"The films of production {production} are prepared, but no dataset came of them:",
        f"  {sentence(reason)}",
        sentence(advice),
        f"Everything that was prepared is kept. {NOTHING_RUNS}",
        correlation_id=correlation_id,
    )


def approval_wanted(
    *,
    production: str,
    purpose: Literal["training", "captions", "deployment"],
    subject: str,
    usd: float | None,
    why: str,
    assumptions: Sequence[str],
    link: str,
    expires_at: datetime,
    correlation_id: str,
) -> Mail:
    """Spending waits for a person.

    Args:
        production: its slug.
        purpose: what would be started.
        subject: dataset or model that it is about.
        usd: quote; None when a price is missing.
        why: a sentence on why it is asked.
        assumptions: what the quote rests on.
        link: of the door's page with the two buttons.
        expires_at: after it, the answer is no.
        correlation_id: of what began it.
    """
    what = {
        "training": "Train a model",
        "captions": "Caption the pictures",
        "deployment": "Deploy the model",
    }[purpose]
    cost = "an unknown amount" if usd is None else f"about {dollars(usd)}"
    unknown = (
        "The price book has no price for a part of it, so the total is not known. It is not zero."
        if usd is None
        else ""
    )
    return letter(
        f"{what} of {production} for {cost}?",
        f"{what} of production {production} ({printable(subject)}) for {cost}?",
        sentence(why),
        unknown,
        "The quote rests on:\n" + bullets(assumptions) if assumptions else "",
        "Decide on this page. Opening it decides nothing:\n" + places([("approval", link)]),
        f"Without an answer it is not started. The page can be used until {when(expires_at)}; "
        "the dataset is kept either way.",
        correlation_id=correlation_id,
    )


def review_wanted(
    *,
    production: str,
    dataset_id: str,
    pictures: int,
    captions: str,
    link: str,
    expires_at: datetime,
    correlation_id: str,
) -> Mail:
    """Captions wait for somebody who reads them; this is not about money.

    Args:
        production: its slug.
        dataset_id: of the dataset.
        pictures: captioned ones.
        captions: where the captions can be read.
        link: of the door's page with the two buttons.
        expires_at: after it, the answer is no.
        correlation_id: of what began it.
    """
    return letter(
        f"Are the captions of {production} good?",
        f"{count(pictures, 'captioned picture')} of production {production} "
        f"(dataset {printable(dataset_id)}) will be trained on as they are. Read the captions "
        "first, a line a picture:\n" + places([("captions", captions)]),
        "Decide on this page. Opening it decides nothing:\n" + places([("review", link)]),
        f"Without an answer nothing is trained. The page can be used until {when(expires_at)}; "
        "the dataset is kept either way.",
        correlation_id=correlation_id,
    )


def approval_ended(
    *,
    production: str,
    purpose: Purpose,
    subject: str,
    outcome: Literal["declined", "expired"],
    correlation_id: str,
) -> Mail:
    """Nobody wanted it, or nobody answered."""
    what = ASKED_ABOUT[purpose]
    said = "was declined" if outcome == "declined" else "was not approved in time"
    ended = "nothing is trained on it" if purpose == "review" else "was not started"
    return letter(
        f"The {what} of {production} {said}",
        f"The {what} of production {production} ({printable(subject)}) {said} and {ended}.",
        "The dataset and its captions are kept. "
        + (
            "Upload the storyboard again to be asked anew."
            if purpose == "deployment"
            else f"Run `onmodel train -p {production}` to be asked anew."
        ),
        NOTHING_RUNS,
        correlation_id=correlation_id,
    )


def training_started(
    *,
    production: str,
    dataset_id: str,
    model: str,
    pictures: int,
    validation: int,
    characters: Mapping[str, int],
    hyperparameters: Sequence[LabelledValue],
    usd: float | None,
    report: str,
    correlation_id: str,
    notices: Sequence[str] = (),
) -> Mail:
    """A training job runs. Of its characters' pictures some are kept out, for `validation`."""
    kept_out = f"; {validation:,} more are kept out for validation" if validation else ""
    return letter(
        f"Training of {production} has started",
        f"A model of production {production} is being trained on "
        f"{count(pictures, 'captioned picture')} (dataset {dataset_id}){kept_out}.",
        _characters(characters),
        table([(line.value, line.label) for line in hyperparameters]),
        bullets(notices),
        f"The model will be called {printable(model)}. Training takes hours; a mail follows when "
        "the model answers, or when something goes wrong. There is nothing to do until then.",
        "Where things lie:\n" + places([("dataset", report)]),
        f"Estimated cost of captions and training: {dollars(usd)}.",
        correlation_id=correlation_id,
    )


def training_failed(
    *,
    production: str,
    training_id: str,
    outcome: Literal["not started", "failed", "stopped", "gone"],
    reason: str,
    advice: str,
    correlation_id: str,
) -> Mail:
    """No model came of it."""
    said = {
        "not started": "could not be started",
        "failed": "failed",
        "stopped": "was stopped",
        "gone": "is gone: its job or model was deleted",
    }[outcome]
    return letter(
        f"Training of {production} {said.split(':')[0]}",
        f"The training {training_id} of production {production} {said}.",
        f"  {sentence(reason)}" if reason else "",
        sentence(advice),
        f"The dataset and its captions are kept. {NOTHING_RUNS}",
        correlation_id=correlation_id,
    )


def _characters(characters: Mapping[str, int]) -> str:
    if not characters:
        return ""
    ranked = sorted(characters.items(), key=lambda pair: (not pair[0], -pair[1], pair[0]))
    return "Who is in them:\n" + table(
        (f"{number:,}", person_name(name) if name else "not named") for name, number in ranked
    )
