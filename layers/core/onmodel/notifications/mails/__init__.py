"""The mails that people get: pure functions from facts to subject and text, one a kind."""

from onmodel.notifications.mails.deployment import (
    alarm,
    deployment_failed,
    model_ready,
    retired,
    retirement_stuck,
    storyboard_drawn,
)
from onmodel.notifications.mails.film import film_failed, film_prepared, film_refused
from onmodel.notifications.mails.letter import Mail
from onmodel.notifications.mails.training import (
    approval_ended,
    approval_wanted,
    dataset_ready,
    dataset_refused,
    review_wanted,
    training_failed,
    training_started,
)
from onmodel.notifications.mails.uploads import (
    reference_refused,
    settings_refused,
    storyboard_refused,
    upload_unknown,
)

__all__ = [
    "Mail",
    "alarm",
    "approval_ended",
    "approval_wanted",
    "dataset_ready",
    "dataset_refused",
    "deployment_failed",
    "film_failed",
    "film_prepared",
    "film_refused",
    "model_ready",
    "reference_refused",
    "retired",
    "retirement_stuck",
    "review_wanted",
    "settings_refused",
    "storyboard_drawn",
    "storyboard_refused",
    "training_failed",
    "training_started",
    "upload_unknown",
]
