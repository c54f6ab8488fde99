import pytest

from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.errors import TrainingImpossible
from onmodel.films.settings import parse_settings
from onmodel.trainers.bedrock import hyperparameters


def test_chosen_when_nothing_is_set_then_bedrocks_own_defaults() -> None:
    values = hyperparameters.bedrock_values(TrainingSettings())
    assert values == {"steps": 500, "batch_size": 8, "learning_rate": 1e-5}


def test_chosen_when_flat_keys_are_written_then_instead_of_the_presets() -> None:
    """As productions write them, in settings.yaml and in the settings kept with a dataset."""
    text = b"training: {preset: article, steps: 100, learning_rate: 2.0e-5}"
    written = parse_settings(text)
    for settings in (written, Settings.model_validate_json(written.model_dump_json())):
        values = hyperparameters.bedrock_values(settings.training)
        assert values == {"steps": 100, "batch_size": 64, "learning_rate": 2e-5}


@pytest.mark.parametrize("values", [{}, {"epochs": 3}, {"steps": "many"}])
def test_read_when_they_are_another_trainers_then_refused(values: dict) -> None:
    with pytest.raises(TrainingImpossible, match="hyperparameters"):
        hyperparameters.read_bedrock_values(values)
    (fault,) = hyperparameters.bedrock_value_faults(values)
    assert fault.blocking


def test_described_when_told_then_as_the_mail_says_them() -> None:
    lines = hyperparameters.described_for_bedrock(
        {"steps": 14_000, "batch_size": 64, "learning_rate": 1e-6}
    )
    assert [(line.value, line.label) for line in lines] == [
        ("14,000", "steps"),
        ("64", "pictures a step"),
        ("1e-06", "learning rate"),
    ]
