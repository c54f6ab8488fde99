import pytest

from onmodel.contracts.settings import Settings
from onmodel.errors import SettingsRefused
from onmodel.films.settings import parse_settings
from onmodel.formats.user_yaml import LIMIT_BYTES


def test_parse_when_empty_then_defaults() -> None:
    assert parse_settings(b"") == Settings()


def test_parse_when_a_value_is_given_then_it_holds() -> None:
    settings = parse_settings(
        b"sampling:\n  interval_seconds: 2\ndeduplication: {threshold: 0.8}\n"
    )
    assert settings.sampling.step_seconds == 2
    assert settings.deduplication.threshold == 0.8


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"sampling: {interval_seconds: -1}", "sampling.interval_seconds"),
        (b"samplin: {}", "samplin"),
        (b"- a list", "the file"),
        (b"{", "not YAML"),
        (b"\x80\x81", "not UTF-8"),
        (b"finder: {labels: []}", "finder.labels"),
        (b"characters: {'Big Buck': {name: Buck}}", "characters"),
        (b"deduplication: {threshold: 2}", "deduplication.threshold"),
        (b"x" * (LIMIT_BYTES + 1), "bytes"),
    ],
)
def test_parse_when_impossible_then_refused_with_its_place(text: bytes, told: str) -> None:
    with pytest.raises(SettingsRefused, match=told):
        parse_settings(text)


def test_parse_when_many_faults_then_all_are_told() -> None:
    with pytest.raises(SettingsRefused) as fault:
        parse_settings(b"sampling: {interval_seconds: -1}\ncrop: {side: 3}\n")
    assert "sampling.interval_seconds" in str(fault.value)
    assert "crop.side" in str(fault.value)


def test_hashes_when_threshold_changes_then_new_run_but_same_samples() -> None:
    before, after = Settings(), parse_settings(b"deduplication: {threshold: 0.8}")
    assert before.samples_hash() == after.samples_hash()
    assert before.run_hash() != after.run_hash()


def test_hashes_when_a_character_is_described_then_nothing_is_prepared_again() -> None:
    described = parse_settings(b"characters: {buck: {name: Buck, description: big}}")
    assert described.run_hash() == Settings().run_hash()


def test_hashes_when_a_reference_is_shown_by_timecode_then_new_run() -> None:
    shown = parse_settings(
        b"characters: {buck: {name: Buck, references: "
        b"[{film: a.mp4, timecode_seconds: 3, box: [0, 0, 9, 9]}]}}"
    )
    assert shown.run_hash() != Settings().run_hash()
    assert shown.samples_hash() == Settings().samples_hash()


def test_hashes_when_interval_changes_then_new_samples() -> None:
    assert (
        parse_settings(b"sampling: {interval_seconds: 2}").samples_hash()
        != Settings().samples_hash()
    )
