from fakes.object_store import InMemoryObjectStore

from onmodel.contracts.films import Run
from onmodel.contracts.keys import film_id
from onmodel.contracts.settings import Settings
from onmodel.films.folders import ProductionFolders
from onmodel.films.planning import plan_run
from onmodel.films.settings import parse_settings
from onmodel.films.upload_layout import FilmFile, classify

KEY = "bunny/films/a.mp4"


def planned(uploads: InMemoryObjectStore, settings: Settings | None = None, key: str = KEY) -> Run:
    film = classify(key)
    assert isinstance(film, FilmFile)
    info, chosen = uploads.head(key), settings or Settings()
    return plan_run(
        film,
        info,
        production=ProductionFolders(film.folder, (film.folder,)),
        film_id=film_id(film.file_name, info.size, info.checksum_crc64nvme or ""),
        settings=chosen,
        uploads=uploads,
        correlation_id="c",
    )


def test_plan_when_same_content_is_uploaded_again_then_same_run_of_the_newer_version() -> None:
    uploads = InMemoryObjectStore("uploads")
    uploads.put(KEY, b"film", "video/mp4")
    first = planned(uploads)
    uploads.put(KEY, b"film", "video/mp4")
    second = planned(uploads)
    assert first.run_id == second.run_id
    assert first.source.version_id != second.source.version_id


def test_plan_when_film_is_replaced_then_another_film_and_run() -> None:
    uploads = InMemoryObjectStore("uploads")
    uploads.put(KEY, b"film", "video/mp4")
    first = planned(uploads)
    uploads.put(KEY, b"other", "video/mp4")
    second = planned(uploads)
    assert first.film_id != second.film_id
    assert first.run_id != second.run_id


def test_plan_when_a_reference_is_added_then_another_run_of_the_same_samples() -> None:
    uploads = InMemoryObjectStore("uploads")
    uploads.put(KEY, b"film", "video/mp4")
    first = planned(uploads)
    uploads.put("bunny/characters/Buck/1.png", b"picture", "image/png")
    second = planned(uploads)
    assert first.run_id != second.run_id
    assert first.samples_id == second.samples_id


def test_plan_when_another_production_gets_a_reference_then_same_run() -> None:
    uploads = InMemoryObjectStore("uploads")
    uploads.put(KEY, b"film", "video/mp4")
    first = planned(uploads)
    uploads.put("bunny2/characters/Buck/1.png", b"picture", "image/png")
    assert planned(uploads).run_id == first.run_id


def test_plan_when_threshold_changes_then_another_run_of_the_same_samples() -> None:
    uploads = InMemoryObjectStore("uploads")
    uploads.put(KEY, b"film", "video/mp4")
    first = planned(uploads)
    second = planned(uploads, parse_settings(b"deduplication: {threshold: 0.7}"))
    assert first.run_id != second.run_id
    assert first.samples_id == second.samples_id


def test_plan_when_same_film_in_two_productions_then_two_runs() -> None:
    uploads = InMemoryObjectStore("uploads")
    uploads.put(KEY, b"film", "video/mp4")
    uploads.put("other/films/a.mp4", b"film", "video/mp4")
    assert planned(uploads).run_id != planned(uploads, key="other/films/a.mp4").run_id
