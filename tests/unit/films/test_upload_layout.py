import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.films.upload_layout import (
    FilmFile,
    ReferenceFile,
    SettingsFile,
    StoryboardFile,
    UnknownUpload,
    classify,
    production_name_in,
)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("film.mp4", FilmFile(folder="", file_name="film.mp4")),
        ("bunny/films/a film.mp4", FilmFile(folder="bunny", file_name="a film.mp4")),
        ("bunny/films/s1/e1.mkv", FilmFile(folder="bunny", file_name="s1/e1.mkv")),
        (
            "bunny/characters/Big Buck/front.png",
            ReferenceFile(folder="bunny", file_name="front.png", character_folder="Big Buck"),
        ),
        (
            "bunny/characters/Big Buck/winter coat/1.png",
            ReferenceFile("bunny", "1.png", character_folder="Big Buck", look_folder="winter coat"),
        ),
        (
            "characters/Buck/winter/1.png",
            ReferenceFile("", "1.png", character_folder="Buck", look_folder="winter"),
        ),
        ("bunny/storyboards/one.yaml", StoryboardFile(folder="bunny", file_name="one.yaml")),
        ("bunny/settings.yaml", SettingsFile(folder="bunny", file_name="settings.yaml")),
        ("settings.yaml", SettingsFile(folder="", file_name="settings.yaml")),
        ("films/s1/e1.mkv", FilmFile(folder="", file_name="s1/e1.mkv")),
        (
            "characters/Big Buck/front.png",
            ReferenceFile(folder="", file_name="front.png", character_folder="Big Buck"),
        ),
        ("storyboards/one.yaml", StoryboardFile(folder="", file_name="one.yaml")),
    ],
)
def test_classify_when_key_is_in_layout_then_its_kind(key: str, expected: object) -> None:
    assert classify(key) == expected


@pytest.mark.parametrize(
    "key",
    ["bunny/film.mp4", "bunny/characters/front.png", "bunny/storyboards/one.pdf",
     "bunny/notes/readme.txt", "bunny/characters/buck/more/still/front.png",
     "bunny/films/cover.jpg", "bunny/films/Notes.TXT", "poster.HEIC", "storyboard.yaml",
     "bunny/films/season 1.zip"],
)  # fmt: skip
def test_classify_when_outside_layout_then_unknown(key: str) -> None:
    assert isinstance(classify(key), UnknownUpload)


@given(st.text(min_size=1, max_size=200))
def test_classify_when_any_key_then_its_folder_and_file_are_parts_of_it(key: str) -> None:
    upload = classify(key)
    assert key.endswith(upload.file_name) or upload.file_name in key.replace("/./", "/")
    assert upload.folder in key


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("a picture, not a film", "a.webp a.JPG a.jxl a.tiff a.avif a.dng"),
        ("sound without a picture", "a.mp3 a.WAV a.flac a.m4a a.opus a.wma"),
        ("a document, not a film", "a.pages a.pdf a.docx a.key a.numbers"),
        ("an archive, not a film", "a.zip a.tar.gz a.iso"),
        ("a project of an editing or drawing program", "a.psd a.aep a.blend"),
    ],
)
def test_classify_when_a_name_says_that_it_is_no_film_then_what_it_is(
    what: str, names: str
) -> None:
    for name in names.split():
        for key in (name, f"films/{name}", f"bunny/films/{name}", f"bunny/films/day 1/{name}"):
            upload = classify(key)
            assert isinstance(upload, UnknownUpload), key
            assert upload.kind is not None
            assert upload.kind.what == what, key


def test_classify_when_a_picture_belongs_to_a_character_then_a_reference_of_any_format() -> None:
    for name in ("a.webp", "a.jxl", "a.tiff"):
        assert isinstance(classify(f"bunny/characters/Buck/{name}"), ReferenceFile)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("🎬 Night/films/a.mp4", "🎬 Night"),
        ("Cafe\u0301/films/day 1/a.mp4", "Caf\u00e9"),
        ("a.mp4", "main"),
        ("films/a.mp4", "main"),
    ],
)
def test_production_name_in_a_key_when_read_then_the_folder_as_typed(key: str, name: str) -> None:
    assert production_name_in(key) == name
