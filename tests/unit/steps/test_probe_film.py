import io
from itertools import pairwise
from zipfile import ZipFile

import pytest
from drawn.films import DrawnFilm
from fakes.detectors import MODEL
from fakes.films_in_memory import FilmsInMemory
from fakes.training_in_memory import picture

from onmodel.contracts.films import FilmFacts, RunRequest
from onmodel.contracts.keys import FilmKeys
from onmodel.errors import FilmRefused
from onmodel.films.file_kinds import PICTURE_ARCHIVE
from onmodel.steps.probe_film import probe_film
from onmodel.video.container.packet_table import PacketTable

KEY = "bunny/films/drawn.mp4"


@pytest.fixture
def world(drawn: DrawnFilm) -> FilmsInMemory:
    world = FilmsInMemory()
    world.upload("bunny/settings.yaml", b"sampling: {chunk_seconds: 5}\n")
    world.route(world.upload(KEY, drawn.path.read_bytes()))
    return world


def test_probe_when_film_is_good_then_chunks_cover_it_without_gap_or_overlap(
    world: FilmsInMemory,
) -> None:
    chunks = world.probe(world.started())
    assert chunks[0].start_seconds == 0
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert all(chunk.end_seconds == after.start_seconds for chunk, after in pairwise(chunks))
    assert chunks[-1].end_seconds >= 12


@pytest.mark.parametrize(
    ("chunk_seconds", "starts"), [(5, [0, 4, 10]), (6, [0, 6]), (7, [0, 6]), (12, [0])]
)
def test_probe_when_chunks_are_planned_then_about_as_long_as_the_setting(
    drawn: DrawnFilm, chunk_seconds: int, starts: list[float]
) -> None:
    """The film has a keyframe every 2 seconds, and a chunk begins at the last one in time."""
    world = FilmsInMemory()
    world.upload("bunny/settings.yaml", f"sampling: {{chunk_seconds: {chunk_seconds}}}\n".encode())
    world.route(world.upload(KEY, drawn.path.read_bytes()))
    chunks = world.probe(world.started())
    assert [chunk.start_seconds for chunk in chunks] == starts


def test_probe_when_film_is_good_then_facts_and_packets_lie_beside(world: FilmsInMemory) -> None:
    run = world.started()
    world.probe(run)
    keys = FilmKeys.of(run)
    facts = FilmFacts.model_validate_json(world.studio.get(keys.facts))
    assert (facts.width, facts.height, facts.codec) == (1280, 720, "h264")
    assert len(PacketTable.load(world.studio.get(keys.packets))) == 12 * 12


def test_probe_when_repeated_then_the_film_is_not_read_again(world: FilmsInMemory) -> None:
    run = world.started()
    first = world.probe(run)
    world.uploads.delete_prefix("bunny/")
    assert world.probe(run.model_copy(update={"source": run.source})) == first


def test_probe_when_film_was_deleted_then_refused_with_advice(world: FilmsInMemory) -> None:
    run = world.started()
    gone = run.model_copy(
        update={"source": run.source.model_copy(update={"key": "bunny/films/other.mp4"})}
    )
    with pytest.raises(FilmRefused, match="Upload it again"):
        world.probe(gone)


def test_probe_when_pictures_are_repeated_with_custom_labels_then_no_model_is_started() -> None:
    """Nothing is looked for on pictures of an archive; the first answer said so already."""
    world = FilmsInMemory()
    finder = f"finder: {{kind: custom_labels, custom_labels: {{model: {MODEL!r}}}}}\n"
    world.upload("bunny/settings.yaml", finder.encode())
    pictures = io.BytesIO()
    with ZipFile(pictures, "w") as file:
        file.writestr("1.jpg", picture(1))
    world.route(world.upload(f"bunny/films/cast{PICTURE_ARCHIVE}", pictures.getvalue()))
    request = RunRequest(run=world.started())
    answers = [probe_film(request, uploads=world.uploads, studio=world.studio) for _ in range(2)]
    assert [answer.detector for answer in answers] == ["", ""]
