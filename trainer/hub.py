"""The files of a model at the hub: listed with the hashes that it declares, downloaded, compared.

The API is https://huggingface.co/docs/hub/api: a tree lists each file with the SHA-1 of its git
blob, and with the SHA-256 of its content where that is kept as a large file.
"""

from __future__ import annotations

import dataclasses
import hashlib
import http.client
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from job import JobError, sha256

ENDPOINT = "https://huggingface.co"

MODEL_SUFFIXES = frozenset({".json", ".txt", ".jinja", ".safetensors"})
"""Of the files that diffusers reads in a model's folders."""

ATTEMPTS = 8
"""Requests in a row that bring no byte, before the job gives up."""

TIMEOUT_SECONDS = 60
LONGEST_WAIT_SECONDS = 300
"""The hub counts requests in windows of five minutes."""

BLOCK_BYTES = 1 << 20

AnswerT = TypeVar("AnswerT")


@dataclasses.dataclass(frozen=True)
class HubFile:
    """A file as the hub declares it."""

    name: str
    size: int
    declared: str
    """`sha256:…` of the content, or `git:…` of the blob."""

    def compare(self, path: Path) -> None:
        """Raises JobError when the file's content is not the declared one."""
        kind, _, expected = self.declared.partition(":")
        found = sha256(path) if kind == "sha256" else git_blob(path)
        if found != expected:
            raise JobError(f"{self.name} is not the file that the hub declares ({self.declared})")


def git_blob(path: Path) -> str:
    """The id that git gives to a file's content."""
    made = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            made.update(block)
    return made.hexdigest()


def is_wanted(name: str) -> bool:
    """Whether a job reads the file: the folders of a pipeline, the licence and the model card.

    The same weights in one file, for other programs, stand beside the folders: 7.75 GB.
    """
    path = PurePosixPath(name)
    if path.parent == PurePosixPath():
        return name in {"model_index.json", "README.md"} or is_licence(name)
    return path.suffix in MODEL_SUFFIXES


def is_licence(name: str) -> bool:
    return name in {"LICENSE", "LICENSE.md"}


class Hub:
    """Downloads of a public model; needs no account.

    Args:
        endpoint: its address, without a slash at the end.
        sleep: waits; a test passes its own.
    """

    def __init__(
        self, endpoint: str = ENDPOINT, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._endpoint = endpoint
        self._sleep = sleep

    def files(self, model: str, revision: str) -> tuple[HubFile, ...]:
        """The wanted files of a revision, by name.

        Raises:
            JobError: the hub does not have it, or declares a name outside the folder.
        """
        url: str | None = f"{self._endpoint}/api/models/{model}/tree/{revision}?recursive=true"
        found: list[HubFile] = []
        while url:
            entries, url = self._repeated(url, _read_page)
            found += [_file(entry) for entry in entries if entry["type"] == "file"]
        return tuple(sorted((file for file in found if is_wanted(file.name)), key=lambda f: f.name))

    def fetch(self, model: str, revision: str, file: HubFile, target: Path) -> None:
        """Download a file, and compare it.

        A download that broke goes on where it ended, also in a later call.

        Raises:
            JobError: the hub does not have it or stops answering, or the content is another one.
        """
        place = urllib.parse.quote(file.name)
        url = f"{self._endpoint}/{model}/resolve/{revision}/{place}"
        target.touch()
        furthest, stalled = -1, 0
        while (have := target.stat().st_size) < file.size:
            if have > furthest:
                furthest, stalled = have, 0
            elif (stalled := stalled + 1) > ATTEMPTS:  # each time from the beginning, or nothing
                raise JobError(f"The hub sends {have:,} of the {file.size:,} bytes of {file.name}")
            else:
                self._sleep(stalled)
            self._repeated(url, lambda response: _append(response, target, file.size), start=have)
        if target.stat().st_size > file.size:
            raise JobError(f"{file.name} is longer than the hub declares ({file.size:,} bytes)")
        try:
            file.compare(target)
        except JobError:
            target.unlink()  # or a later call would go on with it
            raise

    def _repeated(
        self, url: str, use: Callable[[Any], AnswerT | None], *, start: int = 0
    ) -> AnswerT:
        """What `use` makes of the answer; asked again while there is none.

        Raises:
            JobError: the hub refuses the request, or ATTEMPTS in a row brought nothing.
        """
        for attempt in range(ATTEMPTS):
            wait = min(2.0**attempt, LONGEST_WAIT_SECONDS)
            try:
                with _open(url, start) as response:
                    answer = use(response)
                if answer is not None:
                    return answer
                reason = "the connection ended early"
            except urllib.error.HTTPError as refusal:
                reason = f"HTTP {refusal.code}"
                if refusal.code != 429 and refusal.code < 500:
                    raise JobError(f"The hub answers {reason} for {url}") from refusal
                wait = _asked_wait(refusal.headers) or wait
            except (OSError, http.client.HTTPException) as fault:
                reason = str(fault)
            print(f"again in {wait:.0f} s: {reason}", flush=True)
            self._sleep(wait)
        raise JobError(f"The hub does not answer for {url}: {reason}")


def _open(url: str, start: int) -> Any:  # noqa: ANN401 - urllib's response
    headers = {"User-Agent": "onmodel"} | ({"Range": f"bytes={start}-"} if start else {})
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the hub's address
    return urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)  # noqa: S310


def _read_page(response: Any) -> tuple[list[dict[str, Any]], str | None]:  # noqa: ANN401
    """The entries of a page and the address of the next one."""
    following = re.search(r'<([^>]+)>;\s*rel="next"', response.headers.get("Link", ""))
    return json.load(response), following[1] if following else None


def _file(entry: dict[str, Any]) -> HubFile:
    name, large = str(entry["path"]), entry.get("lfs")
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise JobError(f"The hub lists a file outside the model's folder: {name}")
    declared = f"sha256:{large['oid']}" if large else f"git:{entry['oid']}"
    return HubFile(name, int(entry["size"]), declared)


def _append(response: Any, target: Path, size: int) -> bool | None:  # noqa: ANN401
    """Write what comes; None when nothing came."""
    # A server that knows no ranges sends the file from its beginning.
    mode = "ab" if response.status == http.HTTPStatus.PARTIAL_CONTENT else "wb"
    came = 0
    with target.open(mode) as file:
        try:
            while file.tell() <= size and (block := response.read(BLOCK_BYTES)):
                file.write(block)
                came += len(block)
        except (OSError, http.client.HTTPException):
            if not came:
                raise
    return True if came else None


def _asked_wait(headers: Any) -> float | None:  # noqa: ANN401 - http.client's headers
    """The seconds that the hub asks to wait: Retry-After, or `t=` of its RateLimit header."""
    asked = headers.get("Retry-After", "") or ""
    limit = re.search(r";\s*t=(\d+)", headers.get("RateLimit", "") or "")
    seconds = asked if asked.isdigit() else limit[1] if limit else ""
    return min(float(seconds), LONGEST_WAIT_SECONDS) if seconds else None
