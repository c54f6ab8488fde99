"""The mails that people get: pure functions from facts to subject and text, one a kind."""

from onmodel.mails.film import film_failed, film_prepared, film_refused
from onmodel.mails.letter import Mail
from onmodel.mails.uploads import (
    reference_refused,
    settings_refused,
    storyboard_refused,
    upload_unknown,
)

__all__ = [
    "Mail",
    "film_failed",
    "film_prepared",
    "film_refused",
    "reference_refused",
    "settings_refused",
    "storyboard_refused",
    "upload_unknown",
]
