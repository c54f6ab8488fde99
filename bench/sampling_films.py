"""Films to measure on: 60 seconds of Big Buck Bunny in usual codecs and GOP structures."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

START_SECONDS = 150.0  # from here on all characters appear
TICK = Fraction(1, 24_000)


@dataclass(frozen=True)
class Form:
    """How the span is encoded; codec None copies the packets unchanged."""

    name: str
    codec: str | None
    height: int = 720
    options: Mapping[str, str] = field(default_factory=dict)
    varying: bool = False
    container: str = "mp4"


FORMS = (
    Form("bbb-720p", None),
    Form("h264-1080p", "libx264", 1080, {"preset": "medium", "crf": "23", "g": "120"}),
    Form("h264-gop48", "libx264", options={"preset": "medium", "crf": "23", "g": "48"}),
    Form("h264-gop250", "libx264", options={"preset": "medium", "crf": "23", "g": "250"}),
    Form(
        "hevc", "libx265",
        options={"preset": "fast", "crf": "26", "g": "120", "x265-params": "log-level=0"},
    ),
    Form(
        "vp9", "libvpx-vp9", container="webm",
        options={"deadline": "good", "cpu-used": "5", "crf": "34", "b": "0", "g": "120",
                 "row-mt": "1", "threads": "2"},
    ),
    Form("av1", "libsvtav1", options={"preset": "10", "crf": "38", "g": "120"}),
    Form("h264-vfr", "libx264", options={"preset": "medium", "crf": "23", "g": "120"},
         varying=True),
)  # fmt: skip
QUICK = ("bbb-720p", "hevc")


def prepare(whole: Path, folder: Path, form: Form, seconds: float) -> Path:
    """Encode one form of the span, or return the file of an earlier run."""
    target = folder / f"{form.name}-{seconds:g}s.{form.container}"
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name("unfinished-" + target.name)
    if form.codec is None:
        _copy(whole, unfinished, seconds)
    else:
        _encode(whole, unfinished, form, seconds)
    unfinished.rename(target)
    return target


def _copy(whole: Path, target: Path, seconds: float) -> None:
    with av.open(str(whole)) as source, av.open(str(target), "w") as output:
        stream = source.streams.video[0]
        copied: Any = output.add_stream_from_template(stream)
        source.seek(int(START_SECONDS / (stream.time_base or 1)), stream=stream)
        first: int | None = None
        for packet in source.demux(stream):
            if packet.pts is None or packet.dts is None:
                continue
            first = packet.pts if first is None else first
            if (packet.pts - first) * float(packet.time_base) >= seconds and packet.is_keyframe:
                break
            packet.pts, packet.dts, packet.stream = packet.pts - first, packet.dts - first, copied
            output.mux(packet)


def _pictures(whole: Path, seconds: float) -> Iterator[av.VideoFrame]:
    with av.open(str(whole)) as source:
        stream = source.streams.video[0]
        stream.thread_type = "AUTO"
        source.seek(int(START_SECONDS / (stream.time_base or 1)), stream=stream)
        first: float | None = None
        for frame in source.decode(stream):
            first = frame.time if first is None else first
            if frame.time - first >= seconds:
                return
            frame.pts = round((frame.time - first) / TICK)
            frame.time_base = TICK
            yield frame


def _encode(whole: Path, target: Path, form: Form, seconds: float) -> None:
    random_numbers = random.Random(7)
    with av.open(str(target), "w") as output:
        stream: Any = output.add_stream(form.codec, rate=24, options=dict(form.options))
        stream.width, stream.height = form.height * 16 // 9, form.height
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = TICK
        for picture in _pictures(whole, seconds):
            if form.varying and random_numbers.random() < 0.3:
                continue
            frame = picture.reformat(width=stream.width, height=stream.height)
            frame.pts, frame.time_base, frame.pict_type = picture.pts, TICK, 0
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
