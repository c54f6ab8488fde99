from __future__ import annotations

import pytest

from onmodel.films.ignored_names import why_ignored
from onmodel.films.upload_layout import FilmFile, IgnoredUpload, classify

UNFINISHED = "the unfinished copy of a file"
BESIDE = "a file that comes beside a film"
SYSTEM = "a file that a system keeps for itself"


@pytest.mark.parametrize(
    ("why", "names"),
    [
        (
            UNFINISHED,
            "clip.mp4.filepart clip.mp4.part clip.mp4.crdownload clip.mp4.tmp clip.mp4.!ut"
            " clip.mp4.partial clip.MP4.PART clip.tmp .clip.mp4.Xy12Ab .clip.abcdef .in.clip.mp4."
            " clip.mp4.part-Frag3 clip.mp4.sb-1a2b3c4d-Xy12Ab clip.mp4.ytdl clip.mp4.aria2"
            " .fuse_hidden0000a1 .nfs00000000012 .goutputstream-AB12CD .tmp .tmp/clip.mp4"
            " .rsync-partial/clip.mp4 .~tmp~/clip.mp4 clip.mp4.download/clip.mp4 .part/a/clip.mp4",
        ),
        (
            BESIDE,
            "clip.srt clip.de.srt IMG_1.AAE GOPR0001.LRV GOPR0001.THM clip.mp4.md5 clip.xmp"
            " clip.nfo clip.sub clip.idx C0001M01.XML VTS_01_0.IFO 00000.CPI DJI_0001.LRF clip.vtt",
        ),
        (
            SYSTEM,
            ".DS_Store ._clip.mp4 Thumbs.db desktop.ini ~$notes.docx .~lock.a.odt# clip.mp4~"
            " day1_$folder$ @eaDir/clip.mp4 #recycle/clip.mp4 a/@eaDir/clip.mp4/SYNO@.fileindexdb"
            " $RECYCLE.BIN/clip.mp4 .Trash-1000/files/clip.mp4 .@__thumb/clip.mp4"
            " lost+found/clip.mp4 __MACOSX/clip.mp4 clip.mp4@SynoEAStream .thumbnails/clip.jpg",
        ),
    ],
)  # fmt: skip
def test_name_when_nobody_uploads_it_on_purpose_then_ignored_wherever_it_is(
    why: str, names: str
) -> None:
    for name in names.split():
        for place in ("", "bunny/films/", "bunny/characters/Buck/", "bunny/", "bunny/storyboards/"):
            upload = classify(place + name)
            assert isinstance(upload, IgnoredUpload), place + name
            assert upload.why == why, place + name


@pytest.mark.parametrize("key", ["bunny/", "bunny/films/", "bunny/films/day 1/"])
def test_name_when_a_folder_marker_then_ignored(key: str) -> None:
    assert why_ignored(key) == "a folder"


@pytest.mark.parametrize(
    "name",
    ["clip.mp4", "clip.ts", "clip.MTS", "VTS_01_1.VOB", "clip.gif", "clip", "film.part1.mp4",
     "part.mp4", "temp.mov", "[TMP] clip.mkv", "...And Justice.mp4", ".45.mp4",
     "srt.mp4", "@home.mp4", "#1.mp4", "~ clip.mp4", "clip.tmp.mp4", "clip.dat", "clip.mjpeg",
     "clip.ogg", "clip.ogv", ".hack/clip.mp4", "tmp/clip.mp4", "Downloads/clip.mp4", "clip.swf",
     "a.b.abcdef", "Nr. 5", "film.h264"],
)  # fmt: skip
def test_name_when_it_may_be_a_film_then_a_film(name: str) -> None:
    assert isinstance(classify(f"films/{name}"), FilmFile)
    assert isinstance(classify(f"bunny/films/{name}"), FilmFile)
