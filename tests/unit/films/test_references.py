from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn.films import DrawnFilm, draw_film
from drawn.profiles import profile
from fakes.films_in_memory import FilmsInMemory
from fakes.training_in_memory import picture
from PIL import Image

from onmodel.contracts.characters import Character, TimecodeReference
from onmodel.contracts.films import Run
from onmodel.contracts.settings import Settings
from onmodel.films.references import ReferenceReader
from onmodel.registry.kinds import FILMS

TITLE = "drawn.mp4"


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory()


@pytest.fixture
def run(world: FilmsInMemory, drawn: DrawnFilm) -> Run:
    world.route(world.upload(f"bunny/films/{TITLE}", drawn.path.read_bytes()))
    run = world.started()
    world.probe(run)
    return run


@dataclass(frozen=True)
class Shown:
    """A reference that can be used."""

    character: str
    jpeg: bytes
    look: str = ""


def read(
    world: FilmsInMemory, run: Run, settings: Settings
) -> tuple[tuple[Shown, ...], tuple[str, ...]]:
    """The pictures that can be used, and the notices."""
    reader = ReferenceReader(run, world.uploads, world.studio, world.registry)
    found = [(each.character, each.read(), each.look) for each in reader.pictures(settings)]
    return tuple(
        Shown(name, jpeg, look) for name, jpeg, look in found if jpeg is not None
    ), reader.notices


def shown_at(
    seconds: float, box: tuple[int, int, int, int] = (10, 20, 210, 140), film: str = TITLE
) -> Settings:
    place = TimecodeReference(film=film, timecode_seconds=seconds, box=box, look="in rain")
    return Settings(characters={"mira": Character(name="Mira", references=(place,))})


def decoded_size(jpeg: bytes) -> tuple[int, int]:
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels.shape[1], pixels.shape[0]


def test_read_when_pictures_are_uploaded_then_each_with_its_character(
    world: FilmsInMemory, run: Run
) -> None:
    for number, name in enumerate(("Mira", "Mira/Winter coat", "Otto")):
        key = f"bunny/characters/{name}/{number}.jpg"
        world.route(world.upload(key, picture(number)))
    pictures, notices = read(world, run, Settings())
    assert {(each.character, each.look) for each in pictures} == {
        ("mira", ""),
        ("mira", "Winter coat"),
        ("otto", ""),
    }
    assert all(decoded_size(each.jpeg) == (512, 640) for each in pictures)
    assert notices == ()


def test_read_when_an_uploaded_picture_is_damaged_then_left_out_with_a_notice(
    world: FilmsInMemory, run: Run
) -> None:
    world.route(world.upload("bunny/characters/mira/1.jpg", picture(1)))
    world.uploads.put("bunny/characters/mira/1.jpg", b"no picture", "image/jpeg")
    pictures, notices = read(world, run, Settings())
    assert pictures == ()
    assert notices == (
        "Reference mira/1.jpg was not used: this is no picture that can be read. "
        "Upload a JPEG, PNG, WebP or AVIF file.",
    )


def test_read_when_a_picture_was_refused_at_its_upload_then_a_notice_until_it_is_deleted(
    world: FilmsInMemory, run: Run
) -> None:
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)
    world.route(world.upload("bunny/characters/mira/IMG_1.jpg", heic))
    pictures, (notice,) = read(world, run, Settings())
    assert pictures == ()
    assert "HEIC picture" in notice and "Export it as JPEG" in notice
    world.uploads.delete_prefix("bunny/characters/mira/IMG_1.jpg")
    assert read(world, run, Settings()) == ((), ())


def test_read_when_a_profile_cannot_be_converted_then_used_with_a_notice(
    world: FilmsInMemory, run: Run
) -> None:
    file = io.BytesIO()
    tables = profile(b"RGB ", b"prtr", {b"A2B0": bytes(64)})
    Image.linear_gradient("L").convert("RGB").save(file, "PNG", icc_profile=tables)
    world.route(world.upload("bunny/characters/mira/1.png", file.getvalue()))
    pictures, (notice,) = read(world, run, Settings())
    assert len(pictures) == 1
    assert "colour profile cannot be converted" in notice


def test_read_when_a_place_of_the_film_is_named_then_its_box_is_cut_out(
    world: FilmsInMemory, run: Run
) -> None:
    (shown,), notices = read(world, run, shown_at(1.0))
    assert (shown.character, shown.look, decoded_size(shown.jpeg)) == (
        "mira",
        "in rain",
        (200, 120),
    )
    assert notices == ()


def test_read_when_a_drawing_is_held_then_the_picture_on_the_screen_is_cut_out(
    world: FilmsInMemory, tmp_path: Path
) -> None:
    film = draw_film(
        tmp_path / TITLE, seconds=12, size=(320, 180), times=(0.0, 4.0, 8.0), shot_seconds=4, gop=2
    )
    world.route(world.upload(f"bunny/films/{TITLE}", film.path.read_bytes()))
    run = world.started()
    world.probe(run)
    box = (0, 0, 320, 180)
    shown = []
    for seconds in (4.0, 7.9, 8.0):
        (picture,), notices = read(world, run, shown_at(seconds, box))
        assert notices == ()
        shown.append(picture.jpeg)
    assert shown[0] == shown[1] != shown[2]


def test_read_when_a_box_is_the_whole_frame_then_it_is_used(world: FilmsInMemory, run: Run) -> None:
    (shown,), notices = read(world, run, shown_at(1.0, (0, 0, 640, 360)))
    assert (decoded_size(shown.jpeg), notices) == ((640, 360), ())


def test_read_when_the_place_is_in_another_prepared_film_then_that_film_is_cut(
    world: FilmsInMemory, run: Run, drawn: DrawnFilm
) -> None:
    world.prepare(run)
    world.route(world.upload("bunny/films/second.mp4", drawn.path.read_bytes() + b"\0"))
    second = world.started()
    assert second.title == "second.mp4"
    (shown,), notices = read(world, second, shown_at(1.0))
    assert (decoded_size(shown.jpeg), notices) == ((200, 120), ())


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (shown_at(1.0, (0, 0, 1281, 100)), "has no picture at 1.0 s"),
        (shown_at(1.0, (0, 0, 100, 721)), "has no picture at 1.0 s"),
        (shown_at(1.0, (-4, 0, 100, 300)), "has no picture at 1.0 s"),
        (shown_at(1.0, (100, 0, 100, 300)), "has no picture at 1.0 s"),
        (shown_at(10_000.0), "has no picture at 10000.0 s"),
        (shown_at(1.0, film="other.mp4"), "No film 'other.mp4' is known in bunny"),
    ],
)
def test_read_when_a_place_does_not_exist_then_left_out_with_a_notice(
    world: FilmsInMemory, run: Run, settings: Settings, reason: str
) -> None:
    pictures, (notice,) = read(world, run, settings)
    assert pictures == ()
    assert notice.startswith("A reference of mira was not used: ")
    assert reason in notice


@pytest.mark.parametrize("written", ["Caf\u00e9.mp4", "Cafe\u0301.mp4", "day1/Caf\u00e9.mp4"])
def test_read_when_a_film_is_named_in_another_normal_form_then_that_film_is_cut(
    world: FilmsInMemory, run: Run, drawn: DrawnFilm, written: str
) -> None:
    world.route(world.upload("bunny/films/day1/Cafe\u0301.mp4", drawn.path.read_bytes() + b"\0"))
    world.prepare(world.started())
    (shown,), notices = read(world, run, shown_at(1.0, film=written))
    assert (decoded_size(shown.jpeg), notices) == ((200, 120), ())


def two_days(world: FilmsInMemory, drawn: DrawnFilm) -> None:
    """Two prepared films of one name and different content."""
    for day in (1, 2):
        body = drawn.path.read_bytes() + bytes(day)
        world.route(world.upload(f"bunny/films/day{day}/A001.mp4", body))
        world.prepare(world.started())


def test_read_when_two_films_have_the_name_then_a_notice_lists_both(
    world: FilmsInMemory, run: Run, drawn: DrawnFilm
) -> None:
    two_days(world, drawn)
    pictures, (notice,) = read(world, run, shown_at(1.0, film="A001.mp4"))
    assert pictures == ()
    assert (
        "2 films are called 'A001.mp4': bunny/films/day1/A001.mp4, bunny/films/day2/A001.mp4"
        in notice
    )


@pytest.mark.parametrize("written", ["day1/A001.mp4", "bunny/films/day1/A001.mp4"])
def test_read_when_a_path_tells_two_films_apart_then_that_film_is_cut(
    world: FilmsInMemory, run: Run, drawn: DrawnFilm, written: str
) -> None:
    two_days(world, drawn)
    (shown,), notices = read(world, run, shown_at(1.0, film=written))
    assert (decoded_size(shown.jpeg), notices) == ((200, 120), ())


def test_read_when_one_of_two_films_was_deleted_then_the_name_means_the_other(
    world: FilmsInMemory, run: Run, drawn: DrawnFilm
) -> None:
    two_days(world, drawn)
    world.uploads.delete_prefix("bunny/films/day1/")
    pictures, notices = read(world, run, shown_at(1.0, film="A001.mp4"))
    assert (len(pictures), notices) == (1, ())


def test_read_when_the_named_film_is_not_prepared_then_a_notice_says_so(
    world: FilmsInMemory, run: Run
) -> None:
    world.route(world.upload("bunny/films/later.mp4", b"film"))
    pictures, (notice,) = read(world, run, shown_at(1.0, film="later.mp4"))
    assert pictures == () and "'later.mp4' is not prepared yet" in notice


def test_read_when_the_run_was_claimed_before_films_were_recorded_then_its_film_is_found(
    world: FilmsInMemory, run: Run
) -> None:
    row = FILMS.require(world.registry, "bunny", run.film_id)
    FILMS.delete(world.registry, row)
    (shown,), notices = read(world, run, shown_at(1.0))
    assert (decoded_size(shown.jpeg), notices) == ((200, 120), ())
