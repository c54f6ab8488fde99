"""Ids that are kept in rows and in S3: a change of the code must not change them by mistake.

A setting whose default changes what is sampled, chosen or named changes them on purpose: a film
that is uploaded again is then prepared anew, from answers that were paid for already.
"""

from onmodel.contracts.keys import dataset_id
from onmodel.contracts.settings import Settings
from onmodel.films.settings import parse_settings


def test_hashes_when_settings_are_the_defaults_then_as_ever() -> None:
    assert Settings().samples_hash() == "9ba9f39b"
    assert Settings().run_hash() == "9287f650"


def test_dataset_id_when_the_same_pictures_and_settings_then_as_ever() -> None:
    def made_of(settings: Settings) -> dict:
        return {"pictures": "0a1b2c3d", "settings": settings.model_dump(mode="json")}

    assert dataset_id("g0001", made_of(Settings())) == "d0001-1ccc5da0"
    text = b"training: {preset: article, steps: 100, batch_size: 16, learning_rate: 2.0e-5}"
    assert dataset_id("g0001", made_of(parse_settings(text))) == "d0001-cd16b6df"
