"""The namer `faces`: its collection, what is paid for, and who is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Thread

import numpy as np
import pytest
from fakes.cache import InMemoryCache
from fakes.crops import numbered_crops
from fakes.faces import FakeFaces, InMemoryFaceCollections, face
from fakes.references import read, reference

from onmodel.contracts.base import Usage
from onmodel.contracts.crops import Crop, Naming
from onmodel.contracts.namers import NamingSettings
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.errors import NotFound, ServiceUnavailable, Throttled
from onmodel.money.result_cache import CachedFaceCollections, CachedFaceDetector
from onmodel.money.usage import UsageMeter
from onmodel.namers.faces import FacesNamer, make_faces_namer
from onmodel.ports.faces import FaceMatch
from onmodel.ports.models import Instance
from onmodel.ports.namer import LookAlikes, NamingTask, ReferencePicture

ANNA = reference("anna", b"anna 1", "Anna/1.jpg")
BEN = reference("ben", b"ben 1", "Ben/1.jpg")
NOBODY = reference("ben", b"nobody", "Ben/hat.jpg")
PAIR = reference("anna", b"pair", "Anna/with-ben.jpg")
FACE = face(0.3, 0.3, 0.2, 0.2)


def person(jpeg: bytes) -> str | None:
    """Pictures begin with the name of whoever they show."""
    name = jpeg.split()[0].decode()
    return None if name == "nobody" else name


class Faces:
    """Counts faces: `pair` shows two, `nobody` none."""

    def __init__(self) -> None:
        self.asked = 0

    def detect(self, jpeg: bytes) -> tuple[Instance, ...]:
        self.asked += 1
        unsure = face(0, 0, 0.1, 0.1, confidence=60)
        return {b"nobody": (unsure,), b"pair": (FACE, FACE)}.get(jpeg, (FACE, unsure))


class Stage:
    """A production's namers, over one service and one cache."""

    def __init__(self) -> None:
        self.service = InMemoryFaceCollections(person)
        self.faces = Faces()
        self.cache = InMemoryCache()
        self.meter = UsageMeter()
        self.notices: list[str] = []

    def namer(
        self, *references: ReferencePicture, shows: Sequence[str] = (),
        settings: NamingSettings | None = None,
    ) -> FacesNamer:  # fmt: skip
        """A namer as a new invocation makes it; crop i shows `shows[i]`."""
        task = NamingTask(
            production="bunny",
            naming=settings or NamingSettings(kind=("faces",)),
            embedding=EmbeddingSettings(),
            references=references,
            figure=lambda crop: f"{shows[int(crop.crop_id)]} in crop {crop.crop_id}".encode(),
            notice=self.notices.append,
        )
        return make_faces_namer(
            task, "films",
            CachedFaceDetector(self.faces, self.cache, self.meter),
            CachedFaceCollections(self.service, self.cache, self.meter),
        )  # fmt: skip

    def name(
        self, *references: ReferencePicture, shows: Sequence[str],
        crops: Sequence[Crop] | None = None, settings: NamingSettings | None = None,
    ) -> tuple[Naming, ...]:  # fmt: skip
        namer = self.namer(*references, shows=shows, settings=settings)
        chosen = numbered_crops(len(shows)) if crops is None else crops
        return namer.name(chosen, np.zeros((len(chosen), 4), np.float32))

    def paid(self) -> dict[str, float]:
        return {use.item.removeprefix("rekognition."): use.paid for use in self.meter.usage()}


@pytest.fixture
def stage() -> Stage:
    return Stage()


def characters(names: Sequence[Naming]) -> list[str | None]:
    return [each.character for each in names]


def test_name_when_faces_are_known_then_named_and_strangers_are_not(stage: Stage) -> None:
    names = stage.name(ANNA, BEN, shows=["anna", "stranger", "ben", "nobody"])
    assert characters(names) == ["anna", None, "ben", None]
    assert (names[0].confidence, names[0].margin) == (0.99, 0.99)
    assert (names[1].confidence, names[1].runner_up) == (0.0, None)


def test_name_when_a_face_is_unlike_all_references_then_they_are_ruled_out(stage: Stage) -> None:
    names = stage.name(ANNA, BEN, shows=["anna", "stranger", "nobody"])
    assert [each.ruled_out for each in names] == [(), ("anna", "ben"), ()]


def test_name_when_a_picture_of_a_track_shows_no_face_then_nobody_is_ruled_out(
    stage: Stage,
) -> None:
    crops = [crop.model_copy(update={"track": 7}) for crop in numbered_crops(2)]
    names = stage.name(ANNA, BEN, shows=["stranger", "nobody"], crops=crops)
    assert [each.ruled_out for each in names] == [(), ()]


def test_name_when_alike_but_below_the_threshold_then_abstains_and_says_who(stage: Stage) -> None:
    stage.service.similarity = 89.0
    (name,) = stage.name(ANNA, BEN, shows=["anna"])
    assert (name.character, name.runner_up, name.confidence) == (None, "anna", 0.89)
    lower = NamingSettings.model_validate({"kind": "faces", "faces": {"threshold": 85}})
    (again,) = stage.name(ANNA, BEN, shows=["anna"], settings=lower)
    assert again.character == "anna"
    assert stage.paid()["search-faces-by-image"] == 1  # one answer serves every threshold


def test_name_when_repeated_then_nothing_is_paid_again(stage: Stage) -> None:
    first = stage.name(ANNA, BEN, shows=["anna", "nobody"])
    assert stage.paid() == {"detect-faces": 2, "index-faces": 2, "search-faces-by-image": 2}
    assert stage.name(ANNA, BEN, shows=["anna", "nobody"]) == first
    assert stage.paid() == {"detect-faces": 2, "index-faces": 2, "search-faces-by-image": 2}


def test_name_when_a_track_has_many_pictures_then_its_three_best_are_searched(
    stage: Stage,
) -> None:
    crops = [
        crop.model_copy(update={"track": 7, "quality": 0.1 * place})
        for place, crop in enumerate(numbered_crops(6))
    ]
    shows = ["ben", "ben", "ben", "anna", "anna", "nobody"]
    names = stage.name(ANNA, BEN, shows=shows, crops=crops)
    assert characters(names) == ["anna"] * 6
    assert stage.paid()["search-faces-by-image"] == 3


def test_name_when_one_of_three_pictures_shows_another_face_then_most_decide(
    stage: Stage,
) -> None:
    crops = [crop.model_copy(update={"track": 7}) for crop in numbered_crops(3)]
    names = stage.name(ANNA, BEN, shows=["anna", "ben", "anna"], crops=crops)
    assert characters(names) == ["anna"] * 3


def test_name_when_two_figures_of_a_frame_are_alike_then_only_one_gets_the_name(
    stage: Stage,
) -> None:
    crops = [crop.model_copy(update={"timecode_seconds": 1.0}) for crop in numbered_crops(2)]
    names = stage.name(ANNA, BEN, shows=["anna", "anna"], crops=crops)
    assert sorted(characters(names), key=str) == [None, "anna"]


def test_name_when_a_reference_shows_no_face_or_two_then_told_by_name_and_not_added(
    stage: Stage,
) -> None:
    names = stage.name(ANNA, NOBODY, PAIR, shows=["anna"])
    assert characters(names) == ["anna"]
    assert stage.notices == [
        "Reference Ben/hat.jpg names nobody by face: it shows no face.",
        "Reference Anna/with-ben.jpg names nobody by face: it shows 2 faces, cut it down to one.",
    ]
    assert stage.paid()["index-faces"] == 1


def test_name_when_the_service_refuses_a_face_then_told_and_paid_once(stage: Stage) -> None:
    blurred = reference("ben", b"nobody blurred", "Ben/blurred.jpg")
    for _ in range(2):
        stage.name(ANNA, blurred, shows=["anna"])
    assert set(stage.notices) == {
        "Reference Ben/blurred.jpg names nobody by face: Rekognition says no face."
    }
    assert stage.paid()["index-faces"] == 2


def test_name_when_two_characters_have_one_picture_then_neither_is_named_and_the_pair_told(
    stage: Stage,
) -> None:
    copy = reference("ben", read(ANNA), "Ben/anna.jpg")
    namer = stage.namer(ANNA, copy, shows=["anna"])
    assert characters(namer.name(numbered_crops(1), np.zeros((1, 4), np.float32))) == [None]
    assert namer.look_alikes() == (LookAlikes("anna", "ben", 1.0, 0.9),)


def test_name_when_the_service_refuses_all_faces_of_a_character_then_it_is_not_ruled_out(
    stage: Stage,
) -> None:
    blurred = reference("ben", b"nobody blurred", "Ben/blurred.jpg")
    (name,) = stage.name(ANNA, blurred, shows=["stranger"])
    assert name.ruled_out == ("anna",)


def test_name_when_the_service_refuses_every_face_then_nothing_is_searched(stage: Stage) -> None:
    blurred = reference("ben", b"nobody blurred", "Ben/blurred.jpg")
    assert characters(stage.name(blurred, shows=["anna"])) == [None]
    assert stage.service.searched == []


def test_matches_when_another_thread_makes_the_collection_then_searched_after_it(
    stage: Stage,
) -> None:
    namer = stage.namer(ANNA, BEN)
    add = stage.service.add
    answers: list[object] = []
    other = Thread(target=lambda: answers.append(namer.collection.matches(b"anna again")))

    def search_meanwhile(collection: str, face: str, jpeg: bytes) -> str:
        if jpeg == read(ANNA):
            other.start()
            other.join(0.05)
        return add(collection, face, jpeg)

    stage.service.add = search_meanwhile  # type: ignore[method-assign]
    namer.collection.make()
    other.join()
    assert answers == [{"anna": 0.99}]


def test_name_when_no_reference_has_a_face_then_nothing_is_made(stage: Stage) -> None:
    assert characters(stage.name(NOBODY, shows=["anna"])) == [None]
    assert stage.service.kept == {}
    assert characters(stage.name(shows=["anna"])) == [None]


def test_name_when_references_change_then_a_new_collection_and_the_earlier_is_deleted(
    stage: Stage,
) -> None:
    other = "films.bunnyhop.0123"
    stage.service.create(other)
    stage.name(ANNA, shows=["anna", "ben"])
    (before,) = set(stage.service.kept) - {other}
    names = stage.name(ANNA, BEN, shows=["anna", "ben"])
    assert characters(names) == ["anna", "ben"]
    (after,) = set(stage.service.kept) - {other}
    assert after != before
    assert after.startswith("films.bunny.")
    assert len(stage.service.kept[after]) == 2


def test_name_when_a_character_is_renamed_then_its_face_is_known_by_the_new_name(
    stage: Stage,
) -> None:
    stage.name(ANNA, shows=["anna"])
    renamed = reference("annika", read(ANNA), "Annika/1.jpg")
    assert characters(stage.name(renamed, shows=["anna"])) == ["annika"]


def test_name_when_a_colleague_deleted_the_collection_then_it_is_made_again(
    stage: Stage,
) -> None:
    stage.name(ANNA, shows=["anna"])
    stage.service.kept.clear()
    assert characters(stage.name(ANNA, shows=["anna", "anna"])) == ["anna", "anna"]
    assert stage.paid()["index-faces"] == 2


def test_name_when_the_collection_is_deleted_during_the_searches_then_made_again(
    stage: Stage,
) -> None:
    search, lost = stage.service.search, [True]

    def delete_first(collection: str, jpeg: bytes) -> tuple[FaceMatch, ...] | None:
        if lost.pop() if lost else False:
            stage.service.kept.clear()
        return search(collection, jpeg)

    stage.service.search = delete_first  # type: ignore[method-assign]
    assert characters(stage.name(ANNA, shows=["anna"])) == ["anna"]


def test_name_when_it_is_deleted_again_and_again_then_unavailable(stage: Stage) -> None:
    def never(collection: str, jpeg: bytes) -> None:
        stage.service.kept.clear()
        raise NotFound(collection)

    stage.service.search = never  # type: ignore[method-assign,assignment]
    with pytest.raises(ServiceUnavailable, match="is deleted while it is used"):
        stage.name(ANNA, shows=["anna"] * 9)


def test_name_when_an_invocation_ends_half_way_then_the_next_pays_only_for_the_rest(
    stage: Stage,
) -> None:
    search = stage.service.search

    def throttled(collection: str, jpeg: bytes) -> tuple[FaceMatch, ...] | None:
        if len(stage.service.searched) >= 2:
            raise Throttled("the function must end")
        return search(collection, jpeg)

    stage.service.search = throttled  # type: ignore[method-assign]
    with pytest.raises(Throttled):
        stage.name(ANNA, shows=["anna"] * 5)
    stage.service.search = search  # type: ignore[method-assign]
    assert characters(stage.name(ANNA, shows=["anna"] * 5)) == ["anna"] * 5
    assert stage.paid() == {"detect-faces": 1, "index-faces": 1, "search-faces-by-image": 5}


def test_faces_when_added_half_way_then_only_the_missing_ones_are_added(stage: Stage) -> None:
    add: Callable[[str, str, bytes], str] = stage.service.add

    def dies(collection: str, face: str, jpeg: bytes) -> str:
        if len(stage.service.added) == 1:
            raise Throttled("the function must end")
        return add(collection, face, jpeg)

    stage.service.add = dies  # type: ignore[method-assign]
    with pytest.raises(Throttled):
        stage.name(ANNA, BEN, shows=["ben"])
    stage.service.add = add  # type: ignore[method-assign]
    assert characters(stage.name(ANNA, BEN, shows=["ben"])) == ["ben"]
    assert len(set(stage.service.added)) == len(stage.service.added) == 2


def test_faces_when_counted_then_paid_once_by_content() -> None:
    cache, meter = InMemoryCache(), UsageMeter()
    detector = CachedFaceDetector(FakeFaces((FACE,)), cache, meter)
    detector.detect(b"anna 1")
    detector.detect(b"anna 1")
    assert meter.usage() == (Usage(item="rekognition.detect-faces", paid=1, reused=1),)


def test_name_when_a_reference_is_replaced_meanwhile_then_its_old_face_is_not_added(
    stage: Stage,
) -> None:
    versions = iter([read(ANNA), b"ben instead"])
    replaced = ReferencePicture("anna", lambda: next(versions), ANNA.name)
    with pytest.raises(ServiceUnavailable, match=r"Anna/1\.jpg changed while it was used"):
        stage.name(replaced, shows=["anna"])
    assert stage.service.added == []
