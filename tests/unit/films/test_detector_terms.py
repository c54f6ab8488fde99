from __future__ import annotations

import pytest
from fakes.detectors import MODEL

from onmodel.contracts.finders import CustomLabelsFinderSettings, FinderSettings
from onmodel.contracts.settings import AllowedModels, Settings
from onmodel.errors import SettingsRefused
from onmodel.films.detector_terms import fault_of_place, fault_of_price
from onmodel.films.settings import read_settings
from onmodel.money.finder_usage import finding_usage
from onmodel.money.pricebook import PriceBook

PROJECTS = "arn:aws:rekognition:us-east-1:123456789012:project/onmodel-*"


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (MODEL.replace("us-east-1", "eu-west-1"), "is in eu-west-1, and this stack works in us-e"),
        (MODEL.replace("123456789012", "999999999999"), "is in the account 999999999999"),
        (MODEL.replace("onmodel-cast", "secret"), r"may only use onmodel-\* \(CustomLabelsProj"),
        ("arn:aws:s3:::a-bucket", "is no ARN of a Custom Labels model"),
    ],
)
def test_settings_when_the_model_may_not_be_used_then_refused_with_the_reason(
    model: str, reason: str
) -> None:
    written = f"finder: {{kind: custom_labels, custom_labels: {{model: '{model}'}}}}".encode()
    with pytest.raises(SettingsRefused, match=reason):
        read_settings(written, AllowedModels(detector_projects=PROJECTS))


def test_settings_when_the_model_is_the_stacks_own_then_taken() -> None:
    written = f"finder: {{kind: custom_labels, custom_labels: {{model: '{MODEL}'}}}}".encode()
    read = read_settings(written, AllowedModels(detector_projects=PROJECTS))
    assert read.finder.custom_labels.model == MODEL
    assert fault_of_place(MODEL, "") is None


def test_settings_when_no_model_is_named_then_refused() -> None:
    with pytest.raises(SettingsRefused, match=r"write its ARN as custom_labels\.model"):
        read_settings(b"finder: {kind: custom_labels}", AllowedModels())


def test_price_when_the_hours_may_cost_more_than_the_limit_then_refused() -> None:
    asked = CustomLabelsFinderSettings(model=MODEL, hours=3, inference_units=2)
    assert fault_of_price(asked, PriceBook.load(), 24) is None
    fault = fault_of_price(asked, PriceBook.load(), 23.99)
    assert fault is not None
    assert "up to $24.00, above SpendLimitUsd ($23.99)" in fault[0]


def test_price_when_it_is_not_known_then_refused() -> None:
    book = PriceBook.load(b"prices: {rekognition.custom-labels-hour: {usd: null}}")
    fault = fault_of_price(CustomLabelsFinderSettings(model=MODEL), book, 1000)
    assert fault is not None
    assert "has no price" in fault[0]


def test_hours_when_changed_then_the_film_is_the_same_and_nothing_is_sampled_again() -> None:
    def hashes(**asked: object) -> tuple[str, str]:
        section = {"model": MODEL} | asked
        finder = {"kind": "custom_labels", "custom_labels": section}
        settings = Settings.model_validate({"finder": finder})
        return settings.samples_hash(), settings.run_hash()

    assert hashes(hours=1, inference_units=2) == hashes()
    assert hashes(min_confidence=10)[0] != hashes()[0]


def test_pictures_when_the_finder_needs_a_running_model_then_others_look_at_them() -> None:
    asked = CustomLabelsFinderSettings(model=MODEL)
    both = FinderSettings(kind=("custom_labels", "faces"), custom_labels=asked)
    alone = FinderSettings(kind=("custom_labels",), custom_labels=asked)
    assert (both.of_pictures.kind, alone.of_pictures.kind) == (("faces",), ("labels",))


def test_usage_when_a_film_is_quoted_then_hours_of_all_units_up_to_the_bound() -> None:
    asked = CustomLabelsFinderSettings(model=MODEL, inference_units=2, hours=1)
    settings = FinderSettings(kind=("custom_labels",), custom_labels=asked)
    hours, answers = finding_usage(settings, 3600)
    assert (hours.item, hours.paid) == ("rekognition.custom-labels-hour", pytest.approx(0.7))
    assert answers.paid == 3600
    assert finding_usage(settings, 10_000_000)[0].paid == 2
