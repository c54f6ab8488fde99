"""Every kind of notification, and the function that gathers its facts.

A new kind needs four things of one name: a facts class and a facts function in facts/<domain>.py,
an entry here, templates/<kind>.txt.j2, and a golden text tests/unit/notifications/golden/<kind>.*.
tests/unit/notifications/test_catalogue.py names what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping

from onmodel.notifications.facts import (
    alarms,
    approvals,
    datasets,
    deployments,
    films,
    models,
    retirements,
    storyboards,
    trainings,
    uploads,
)
from onmodel.notifications.facts.base import FactsFunction

CATALOGUE: Mapping[str, FactsFunction] = {
    "film_prepared": films.film_prepared,
    "films_prepared": films.films_prepared,
    "film_refused": films.film_refused,
    "film_failed": films.film_failed,
    "upload_unknown": uploads.upload_unknown,
    "upload_empty": uploads.upload_empty,
    "upload_refused": uploads.upload_refused,
    "settings_refused": uploads.settings_refused,
    "upload_noticed": uploads.upload_noticed,
    "reference_refused": uploads.reference_refused,
    "dataset_ready": datasets.dataset_ready,
    "dataset_refused": datasets.dataset_refused,
    "approval_wanted": approvals.approval_wanted,
    "review_wanted": approvals.review_wanted,
    "approval_ended": approvals.approval_ended,
    "training_started": trainings.training_started,
    "training_not_started": trainings.training_not_started,
    "training_failed": trainings.training_failed,
    "model_ready": deployments.model_ready,
    "model_trained": deployments.model_trained,
    "deployment_failed": deployments.deployment_failed,
    "storyboard_drawn": storyboards.storyboard_drawn,
    "storyboard_refused": storyboards.storyboard_refused,
    "retired": retirements.retired,
    "retirement_stuck": retirements.retirement_stuck,
    "alarm": alarms.alarm,
    "called_model_ends": models.called_model_ends,
}
