import json

import pytest
from fakes.clock import FixedClock
from fakes.object_store import InMemoryObjectStore

from onmodel.contracts.settings import AllowedModels, Settings
from onmodel.errors import SettingsRefused
from onmodel.films.folders import ProductionFolders
from onmodel.films.settings import (
    accept_settings,
    parse_settings,
    read_settings,
    settings_in_force,
)
from onmodel.formats.user_yaml import LIMIT_BYTES

BUNNY = ProductionFolders("bunny", ("bunny",))


def test_parse_when_empty_then_defaults() -> None:
    assert parse_settings(b"") == Settings()


def test_parse_when_a_value_is_given_then_it_holds() -> None:
    settings = parse_settings(
        b"sampling:\n  interval_seconds: 2\ndeduplication: {threshold: 0.8}\n"
    )
    assert settings.sampling.step_seconds == 2
    assert settings.deduplication.threshold == 0.8


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (b"sampling: {interval_seconds: -1}", "sampling.interval_seconds"),
        (b"samplin: {}", "samplin"),
        (b"- a list", "the file"),
        (b"{", "line 1: opens a list or section that is never closed"),
        (b"\x80\x81", "not UTF-8"),
        (b"finder: {labels: []}", "finder.labels"),
        (b"characters: {'Big Buck': {name: Buck}}", "characters"),
        (b"deduplication: {threshold: 2}", "deduplication.threshold"),
        (b"x" * (LIMIT_BYTES + 1), "bytes"),
    ],
)
def test_parse_when_impossible_then_refused_with_its_place(text: bytes, answer: str) -> None:
    with pytest.raises(SettingsRefused, match=answer):
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


def accept(uploads: InMemoryObjectStore, studio: InMemoryObjectStore) -> Settings:
    accept_settings(BUNNY, uploads=uploads, studio=studio, models=AllowedModels())
    return settings_in_force("bunny", studio)


def test_accept_when_settings_are_replaced_while_they_are_copied_then_the_newest_hold() -> None:
    uploads = InMemoryObjectStore("uploads")
    uploads.put("bunny/settings.yaml", b"credit: first", "")

    class SlowStudio(InMemoryObjectStore):
        def put(self, key: str, body: bytes, content_type: str) -> None:
            if b"first" in body:
                uploads.put("bunny/settings.yaml", b"credit: second", "")
            super().put(key, body, content_type)

    assert accept(uploads, SlowStudio()).credit == "second"


def test_accept_when_settings_are_deleted_between_head_and_get_then_the_defaults_hold() -> None:
    class Forgetful(InMemoryObjectStore):
        def get(self, key: str, version_id: str | None = None) -> bytes:
            self.delete_prefix(key)
            return super().get(key)

    uploads, studio = Forgetful("uploads"), InMemoryObjectStore()
    uploads.put("bunny/settings.yaml", b"credit: gone", "")
    assert accept(uploads, studio) == Settings()


def test_accept_when_settings_are_the_same_then_nothing_is_written_again() -> None:
    uploads, studio = InMemoryObjectStore("uploads"), InMemoryObjectStore()
    accept(uploads, studio)
    assert studio.keys() == ()
    uploads.put("bunny/settings.yaml", b"credit: a", "")
    accept(uploads, studio)
    written = studio.head("bunny/settings.json").version_id
    accept(uploads, studio)
    assert studio.head("bunny/settings.json").version_id == written


def test_accept_when_settings_are_huge_then_refused_before_they_are_read() -> None:
    class NeverRead(InMemoryObjectStore):
        def get(self, key: str, version_id: str | None = None) -> bytes:
            raise AssertionError(f"{key} was downloaded")

    uploads = NeverRead("uploads")
    uploads.put("bunny/settings.yaml", b"x" * (LIMIT_BYTES + 1), "")
    with pytest.raises(SettingsRefused, match="256,001 bytes"):
        accept(uploads, InMemoryObjectStore())


REFERENCE = {"film": "a.mp4", "timecode_seconds": 1, "box": [-4, 40, 300, 40]}


def with_references(box: list[int]) -> bytes:
    references = [REFERENCE | {"box": box}] * 101
    return json.dumps({"characters": {"buck": {"name": "B", "references": references}}}).encode()


def with_characters(number: int) -> bytes:
    names = {f"c{index}": {"name": "Extra"} for index in range(number)}
    return json.dumps({"characters": names}).encode()


@pytest.mark.parametrize(
    ("stored", "answer"),
    [
        (with_references([-4, 40, 300, 40]), r"buck\.references\[0\]\.box: has -4"),
        (with_references([0, 40, 300, 40]), r"buck\.references\[0\]\.box: .* encloses nothing"),
        (with_references([0, 0, 9, 9]), r"characters\.buck\.references: has more than 100"),
        (with_characters(101), "characters: has more than 100"),
    ],
)
def test_settings_when_a_check_refuses_them_now_then_those_accepted_before_are_still_read(
    stored: bytes, answer: str
) -> None:
    studio = InMemoryObjectStore()
    studio.put("bunny/settings.json", stored, "application/json")
    read = settings_in_force("bunny", studio).model_dump(mode="json", exclude_unset=True)
    assert read == json.loads(stored)
    with pytest.raises(SettingsRefused, match=answer):
        parse_settings(stored)


def test_accept_when_a_production_has_two_folders_then_the_settings_uploaded_last_hold() -> None:
    clock = FixedClock()
    uploads, studio = InMemoryObjectStore("uploads", clock), InMemoryObjectStore("studio")
    both = ProductionFolders("cafe", ("Caf\u00e9", "Cafe\u0301"))
    for folder, credit in (("Cafe\u0301", "first"), ("Caf\u00e9", "second")):
        uploads.put(f"{folder}/settings.yaml", f"credit: {credit}".encode(), "application/yaml")
        clock.advance(seconds=1)
    accept_settings(both, uploads=uploads, studio=studio, models=AllowedModels())
    assert settings_in_force("cafe", studio).credit == "second"


def test_finder_when_one_kind_is_written_then_as_a_list_of_one() -> None:
    one, listed = (
        parse_settings(b"finder: {kind: labels}"),
        parse_settings(b"finder: {kind: [labels]}"),
    )
    assert one == listed == Settings()
    assert one.samples_hash() == Settings().samples_hash()


def test_finder_when_several_kinds_are_written_then_other_samples_which_are_read_again() -> None:
    both = parse_settings(b"finder: {kind: [faces, labels], faces: {figure: head}}")
    assert both.finder.kind == ("faces", "labels")
    assert both.samples_hash() != Settings().samples_hash()
    assert Settings.model_validate_json(both.model_dump_json()) == both


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (b"finder: {kind: [faces, faces]}", "names one twice"),
        (b"finder: {kind: []}", "finder.kind: is empty"),
        (b"finder: {kind: hands}", "finder.kind"),
        (b"finder: {faces: {figure: head}}", "faces is read only with kind faces"),
        (b"finder: {kind: faces, faces: {figure: foot}}", "finder.faces.figure: is foot"),
        (b"finder: {kind: faces, faces: {min_confidence: 101}}", "min_confidence"),
    ],
)
def test_finder_when_it_cannot_be_meant_so_then_refused(text: bytes, answer: str) -> None:
    with pytest.raises(SettingsRefused, match=answer):
        parse_settings(text)


def test_review_when_a2i_and_the_stack_has_no_flow_definition_then_refused() -> None:
    assert read_settings(b"review: a2i", AllowedModels()).review == "a2i"
    with pytest.raises(SettingsRefused, match=r"no flow definition of Amazon A2I"):
        read_settings(b"review: a2i", AllowedModels(has_flow_definition=False))


def test_settings_when_values_and_models_are_wrong_then_values_are_told_first_together() -> None:
    """As docs/operating.md says it."""
    models = AllowedModels(captions="pro")
    wrong_model = b"captions: {model: other}\n"
    wrong_values = b"sampling: {interval_seconds: 0}\nfinder: {lables: [x]}\n"
    with pytest.raises(SettingsRefused) as values:
        read_settings(wrong_values + wrong_model, models)
    assert "interval_seconds" in str(values.value) and "lables" in str(values.value)
    assert "other" not in str(values.value)
    with pytest.raises(SettingsRefused, match="other"):
        read_settings(wrong_model, models)
