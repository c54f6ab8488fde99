from __future__ import annotations

import base64
import io
import json
import os
import shutil
import struct
from pathlib import Path

import awscrt.checksums
import pytest

from onmodel_local import daemon
from onmodel_local.mail import SIMULATED, MailCatcher
from onmodel_local.stack import LocalStack, end_group

TINY = Path(__file__).parent / "tiny"


def test_collect_when_mails_were_published_then_each_once_as_text(
    local_stack: LocalStack, tmp_path: Path
) -> None:
    sns = local_stack.client("sns")
    topic = sns.create_topic(Name="mails")["TopicArn"]
    catcher = MailCatcher(local_stack, topic)
    attribute = {"DataType": "String", "StringValue": "film_prepared:1"}
    sns.publish(
        TopicArn=topic, Subject="Ready", Message="All is well.\nBye.",
        MessageAttributes={"mail_id": attribute},
    )  # fmt: skip
    (written,) = catcher.collect(tmp_path, wait_seconds=5)
    assert written.name == "0001-film_prepared-1.txt".replace("_", "-")
    assert written.read_text() == (
        f"Subject: Ready\nMail-Id: film_prepared:1\nCorrelation-Id: \nNote: {SIMULATED}\n\n"
        "All is well.\nBye.\n"
    )
    assert catcher.collect(tmp_path) == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    shutil.copytree(TINY, tmp_path / "repository")
    return tmp_path / "repository"


def test_up_when_run_twice_then_one_stack_and_down_ends_it(repository: Path) -> None:
    first = daemon.start_stack(repository)
    try:
        assert daemon.start_stack(repository).pid == first.pid
        assert first.outputs["FunctionName"] == "onmodel-probe_service"
        assert daemon.find_stack(repository) is not None
    finally:
        assert daemon.stop_stack(repository, forget=True)
    assert daemon.stop_stack(repository) is None
    assert not Path(first.folder).exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(first.pid, 0)


def _film(stack: daemon.RunningStack) -> tuple[str, bytes]:
    """Checksum and bytes of an object that was uploaded in parts."""
    told = stack.client("s3").head_object(Bucket="films", Key="film", ChecksumMode="ENABLED")
    body = stack.client("s3").get_object(Bucket="films", Key="film")["Body"].read()
    return str(told["ChecksumCRC64NVME"]), bytes(body)


def _object(stack: daemon.RunningStack, version: str) -> bytes:
    s3 = stack.client("s3")
    return bytes(s3.get_object(Bucket="films", Key="a/b.mp4", VersionId=version)["Body"].read())


def test_up_when_it_was_stopped_or_killed_then_it_goes_on_with_its_data_at_the_same_address(
    repository: Path,
) -> None:
    before = daemon.start_stack(repository)
    try:
        s3 = before.client("s3")
        s3.create_bucket(Bucket="films")
        s3.put_bucket_versioning(Bucket="films", VersioningConfiguration={"Status": "Enabled"})
        put = [s3.put_object(Bucket="films", Key="a/b.mp4", Body=body) for body in (b"1", b"2")]
        versions = [answer["VersionId"] for answer in put]
        film = bytes(range(256)) * 40_000  # 10.2 MB: two parts
        s3.upload_fileobj(
            io.BytesIO(film), "films", "film", ExtraArgs={"ChecksumAlgorithm": "CRC64NVME"}
        )
        checksum = base64.b64encode(struct.pack(">Q", awscrt.checksums.crc64nvme(film))).decode()
        assert _film(before) == (checksum, film)
        faces = before.client("rekognition")
        faces.create_collection(CollectionId="cast")
        assert daemon.stop_stack(repository) == Path(before.folder)

        stopped = daemon.start_stack(repository)
        assert stopped.endpoint_url == before.endpoint_url
        assert stopped.outputs == before.outputs
        assert [_object(stopped, version) for version in versions] == [b"1", b"2"]
        assert _film(stopped) == (checksum, film)
        assert stopped.client("rekognition").list_collections()["CollectionIds"] == ["cast"]
        stopped.client("s3").put_object(Bucket="films", Key="a/late.mp4", Body=b"3")
        end_group(stopped.pid)

        killed = daemon.start_stack(repository)
        listed = killed.client("s3").list_objects_v2(Bucket="films")["Contents"]
        assert [entry["Key"] for entry in listed] == ["a/b.mp4", "a/late.mp4", "film"]

        fresh = daemon.start_stack(repository, fresh=True)
        assert "films" not in [
            each["Name"] for each in fresh.client("s3").list_buckets()["Buckets"]
        ]
    finally:
        daemon.stop_stack(repository, forget=True)


def test_find_when_another_process_has_the_port_then_none(
    repository: Path, local_stack: LocalStack
) -> None:
    state = {
        "pid": local_stack.pid + 1, "port": local_stack.port,
        "endpoint_url": local_stack.endpoint_url, "folder": "nowhere", "outputs": {},
    }  # fmt: skip
    (repository / ".cache").mkdir()
    (repository / daemon.STATE).write_text(json.dumps(state))
    assert daemon.find_stack(repository) is None
