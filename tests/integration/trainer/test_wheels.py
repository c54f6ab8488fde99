import base64
import ensurepip
import hashlib
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
from moto import mock_aws

from bucket_folder import BucketFolder
from job import JobError
from onmodel.contracts.weights import WheelsListing
from prepare import wheels_from_index
from wheels import fetch_wheels


def write_wheel(folder: Path, name: str, needs: tuple[str, ...] = ()) -> Path:
    """A package of version 1.0 without any code."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    about = f"{name}-1.0.dist-info"
    files = {
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        + "".join(f"Requires-Dist: {need}\n" for need in needs),
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for inside, text in files.items():
        made = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record += f"{inside},sha256={made.decode()},{len(text)}\n"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(inside, text)
        archive.writestr(f"{about}/RECORD", record + f"{about}/RECORD,,\n")
    return path


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Requests are no part of a test's output."""


@contextmanager
def index(folder: Path) -> Iterator[str]:
    handler = partial(QuietHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """The folder and the address of an index that has `onmodel-a`, which needs `onmodel-b`.

    pip itself is the one that Python brings: the project's environment has none.
    """
    bundled = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    monkeypatch.setenv("PYTHONPATH", str(bundled))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_RETRIES", "0")
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "index"
    for name, needs in (("onmodel_a", ("onmodel-b", "pydantic")), ("onmodel_b", ())):
        folder = root / "simple" / name.replace("_", "-")
        folder.mkdir(parents=True)
        wheel = write_wheel(folder, name, needs)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        (folder / "index.html").write_text(f'<a href="{wheel.name}#sha256={digest}">w</a>')
    with index(root) as url:
        yield root, url


def requirements(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text(text)
    return path


def test_wheels_when_a_package_needs_another_then_both_but_not_what_is_installed(
    packages: tuple[Path, str], tmp_path: Path
) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    wanted = requirements(tmp_path, "onmodel-a==1.0\npydantic>=2\n")
    found = fetch_wheels(wanted, folder, packages[1])
    assert [path.name for path in found] == [
        "onmodel_a-1.0-py3-none-any.whl",
        "onmodel_b-1.0-py3-none-any.whl",
    ]


def test_wheels_when_a_file_is_not_the_one_of_the_index_then_refused(
    packages: tuple[Path, str], tmp_path: Path
) -> None:
    root, url = packages
    page = root / "simple" / "onmodel-b" / "index.html"
    page.write_text(re.sub("sha256=[0-9a-f]+", f"sha256={'0' * 64}", page.read_text()))
    with pytest.raises(JobError, match="pip"):
        fetch_wheels(requirements(tmp_path, "onmodel-b==1.0\n"), tmp_path, url)


def test_wheels_when_a_package_has_none_then_pip_s_reason(
    packages: tuple[Path, str], tmp_path: Path
) -> None:
    with pytest.raises(JobError, match=r"pip install failed: .*onmodel-absent"):
        fetch_wheels(requirements(tmp_path, "onmodel-absent\n"), tmp_path, packages[1])


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="studio")
        yield client


def test_wheels_when_prepared_then_listed_and_a_second_time_nothing_is_asked(
    packages: tuple[Path, str], tmp_path: Path, s3: Any
) -> None:
    folder = BucketFolder("studio", "w/", s3)
    wanted, scratch = requirements(tmp_path, "onmodel-b==1.0\n"), tmp_path / "scratch"
    scratch.mkdir()
    wheels_from_index(wanted, "image:1", folder, scratch, packages[1])
    listing = WheelsListing.model_validate(folder.read_json("wheels.json"))
    assert set(listing.files) == {"onmodel_b-1.0-py3-none-any.whl"}
    assert (listing.image, listing.origin) == ("image:1", "hub")

    wheels_from_index(wanted, "image:1", folder, scratch, "http://127.0.0.1:9/")
    with pytest.raises(JobError, match="pip"):  # another image may bring other packages
        wheels_from_index(wanted, "image:2", folder, scratch, "http://127.0.0.1:9/")
