"""A process with bounded memory and time that probes and samples files nobody trusts.

Run as a script it is the inside: one path a line comes in, one line of JSON goes out.
"""

from __future__ import annotations

import json
import os
import queue
import resource
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

MEMORY_BYTES = 3 << 30  # of address space; the libraries alone map about 1 GiB
SECONDS = 120  # ends a hang; one small film takes milliseconds


@dataclass(frozen=True)
class Outcome:
    """How a file was taken: "sampled", "refused" with a reason, or "broken" with what happened."""

    kind: str
    detail: str
    frames: int = 0


class Sandbox:
    """The outside. A file that kills, hangs or floods the process is "broken"."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def take(self, path: Path) -> Outcome:
        """Probe and sample a file."""
        process = self._started()
        assert process.stdin is not None
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        try:
            answer = self._answers.get(timeout=SECONDS)
        except queue.Empty:
            self._stop()
            return Outcome("broken", f"still busy after {SECONDS} s")
        if not answer:
            code = process.wait()
            self._process = None
            return Outcome("broken", f"the process died with {code}")
        return Outcome(**json.loads(answer))

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._answers = queue.Queue()
            process = subprocess.Popen(
                [sys.executable, __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            threading.Thread(
                target=self._listen, args=(process, self._answers), daemon=True
            ).start()
            self._process = process
        return self._process

    @staticmethod
    def _listen(process: subprocess.Popen[str], answers: queue.Queue[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            answers.put(line)
        answers.put("")

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _serve() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_taken(Path(line.strip()))) + "\n")
        sys.stdout.flush()


def _taken(path: Path) -> dict[str, object]:
    from onmodel.errors import FilmRefused
    from onmodel.video import sample_frames
    from onmodel.video.container.range_reader import RangeReader
    from onmodel.video.inspection.film import inspect_film
    from onmodel.video.sampling.chunks import plan_chunks

    body = path.read_bytes()
    with RangeReader(lambda start, end: body[start:end], len(body)) as reader:
        try:
            probed = inspect_film(reader, size_bytes=len(body))  # type: ignore[arg-type]
            chunks = plan_chunks(probed.packets, probed.facts, chunk_seconds=5)
            frames = 0
            for chunk in chunks[:3]:
                sampled = sample_frames(
                    reader, 0.5, chunk.start_seconds, chunk.end_seconds,
                    packets=probed.packets, anchor_seconds=0.0, on_lost=lambda _a, _b: None,
                )  # fmt: skip
                for frame in sampled:
                    assert frame.pixels.ndim == 3
                    frames += 1
                    if frames > 1000:
                        break
        except FilmRefused as refusal:
            return {"kind": "refused", "detail": str(refusal)}
        except Exception as fault:  # noqa: BLE001 - anything else is what the test looks for
            return {"kind": "broken", "detail": f"{type(fault).__name__}: {fault}"}
    return {"kind": "sampled", "detail": "", "frames": frames}


if __name__ == "__main__":
    _serve()
