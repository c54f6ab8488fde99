"""Methods to get one frame a second out of a film. Each runs alone in its own process.

Called as a script: `python sampling_methods.py METHOD FILM INTERVAL THREADS` prints one line of
JSON with its CPU time and memory. Imports are not measured.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

PROC_IO = Path("/proc/self/io")
PROC_STATUS = Path("/proc/self/status")


def opencv_read(film: str, interval: float, threads: int) -> int:
    """Decode and convert every frame, keep one per interval: the most common way."""
    import cv2

    capture = cv2.VideoCapture(film, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, threads])
    due, kept = 0.0, 0
    while True:
        seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        found, _picture = capture.read()
        if not found:
            return kept
        if seconds >= due - 1e-6:
            kept, due = kept + 1, due + interval


def opencv_grab(film: str, interval: float, threads: int) -> int:
    """Decode every frame, convert one per interval."""
    import cv2

    capture = cv2.VideoCapture(film, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, threads])
    due, kept = 0.0, 0
    while capture.grab():
        if capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 >= due - 1e-6:
            capture.retrieve()
            kept, due = kept + 1, due + interval
    return kept


def pyav_all(film: str, interval: float, threads: int) -> int:
    """PyAV: decode every frame, convert one per interval."""
    import av

    due, kept = 0.0, 0
    with av.open(film) as container:
        stream = container.streams.video[0]
        stream.thread_count, stream.thread_type = threads, "AUTO" if threads > 1 else "NONE"
        for frame in container.decode(stream):
            if frame.time >= due - 1e-6:
                frame.to_ndarray(format="bgr24")
                kept, due = kept + 1, due + interval
    return kept


def ffmpeg(film: str, interval: float, threads: int) -> int:
    """The ffmpeg command with -vf fps; raw BGR is written to the null device."""
    import av

    with av.open(film) as container:
        stream = container.streams.video[0]
        size = stream.width * stream.height * 3
    command = [
        "ffmpeg", "-v", "error", "-threads", str(threads), "-i", film,
        "-filter_threads", str(threads), "-vf", f"fps=1/{interval}", "-an",
        "-pix_fmt", "bgr24", "-f", "rawvideo", "-y", os.devnull, "-progress", "pipe:1",
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    written = [line for line in done.stdout.splitlines() if line.startswith("total_size=")]
    return int(written[-1].partition("=")[2]) // size


def decord2(film: str, interval: float, threads: int) -> int:
    """decord2's indexed reader, one index per sample."""
    import decord

    reader = decord.VideoReader(film, num_threads=threads)
    due, kept = 0.0, 0
    for index, (begin, _end) in enumerate(reader.get_frame_timestamp(range(len(reader)))):
        if begin >= due - 1e-6:
            reader[index].asnumpy()
            kept, due = kept + 1, due + interval
    return kept


def onmodel(film: str, interval: float, threads: int) -> int:
    """This package without a packet table: the container's header is read."""
    from onmodel.video import sample_frames

    return sum(1 for _ in sample_frames(film, interval, threads=threads))


def limit(film: str, interval: float) -> Callable[[], int]:
    """Only the decoding of the packets that the sampler needs: no reading, no conversion."""
    from onmodel.video.container.limits import Limits
    from onmodel.video.decode.group_decoder import open_decoder
    from onmodel.video.gops.windows import Windows, packets_to_decode
    from onmodel.video.sampling.sampler import open_batches

    windows = Windows(0.0, math.inf, interval, 0.0)
    groups = []
    with ExitStack() as stack:
        file = stack.enter_context(Path(film).open("rb"))
        table, source, _ = open_batches(file, None, Limits(), stack)
        for batch in source.batches(windows):
            after = batch.next_keyframe
            following = None if after is None else float(table.seconds(after))
            wanted = windows.wanted(table.seconds(batch.pts), batch.shown, following)
            chosen = packets_to_decode(wanted, batch.reference, continues=not batch.last)
            groups.append(([batch.packets[index] for index in chosen], batch.last))
    decoder = open_decoder(table, Limits(), strict=False)

    def decode() -> int:
        decoded = 0
        for packets, last in groups:
            for packet in packets:
                decoded += len(decoder.decode(packet))
            if last:
                decoded += len(decoder.decode(None))
                decoder.flush_buffers()
        return decoded

    return decode


METHODS: dict[str, Callable[[str, float, int], int]] = {
    "onmodel": onmodel,
    "opencv-read": opencv_read,
    "opencv-grab": opencv_grab,
    "pyav-all": pyav_all,
    "ffmpeg": ffmpeg,
    "decord2": decord2,
}


def _warm(method: str) -> None:
    """Import what the method needs before the measurement."""
    import importlib

    for module in {"onmodel": ["onmodel.video"], "limit": ["onmodel.video"],
                   "decord2": ["decord"], "pyav-all": ["av"], "ffmpeg": ["av"]}.get(
                       method, ["cv2"]):  # fmt: skip
        importlib.import_module(module)
    if method.startswith("opencv"):
        import cv2

        cv2.setNumThreads(1)


def _cpu() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _bytes_read() -> int | None:
    """Bytes that this process has read so far; None where the system does not count them."""
    if not PROC_IO.exists():
        return None
    return int(PROC_IO.read_text().split("rchar:")[1].split()[0])


def _peak_kilobytes(*, children: bool) -> int:
    """Peak resident memory; excludes the parent process where the system allows it."""
    if children:
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if PROC_STATUS.exists():  # ru_maxrss includes the process that started this one
        return int(PROC_STATUS.read_text().split("VmHWM:")[1].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Run one method once and print its CPU time and memory."""
    method, film, interval, threads = sys.argv[1:5]
    _warm(method)
    work: Callable[[], int]
    if method == "limit":
        work = limit(film, float(interval))
    else:

        def work() -> int:
            return METHODS[method](film, float(interval), int(threads))

    read, cpu, wall = _bytes_read(), _cpu(), time.perf_counter()
    frames = work()
    cpu, wall = _cpu() - cpu, time.perf_counter() - wall
    after = _bytes_read()
    peak = _peak_kilobytes(children=method == "ffmpeg")
    print(
        json.dumps(
            {
                "cpu_seconds": cpu,
                "wall_seconds": wall,
                "peak_rss_mb": peak / 1024,
                "bytes_read": None if read is None or after is None else after - read,
                "frames": frames,
            }
        )
    )


if __name__ == "__main__":
    main()
