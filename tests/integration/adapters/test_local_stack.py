"""The adapters against the emulator that the whole system runs on."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import numpy as np
import pytest
from awscrt.checksums import crc64nvme
from integration.queues import make_queue

from onmodel.adapters.clients import make_client
from onmodel.adapters.dynamodb import DynamoCache, DynamoRegistry
from onmodel.adapters.embedders import make_embedder
from onmodel.adapters.rekognition import RekognitionLabels
from onmodel.adapters.s3 import S3ObjectStore
from onmodel.adapters.scheduler import EventBridgeScheduler
from onmodel.adapters.secretsmanager import SecretsManagerSecrets
from onmodel.adapters.sns import SnsMailbox
from onmodel.adapters.stepfunctions import StepFunctionsExecutions, StepFunctionsTaskTokens
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.errors import AnswerRefused, Conflict, NotFound
from onmodel.ports.registry import Record
from onmodel_local.stack import LocalStack

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ROLE = "arn:aws:iam::000000000000:role/any"
EMBEDDING_MODELS = ("amazon.titan-embed-image-v1", "amazon.nova-2-multimodal-embeddings-v1:0")
ClientOf = Callable[[str], Any]


@pytest.fixture(scope="module")
def aws() -> Iterator[ClientOf]:
    """Our own clients, led to the emulator as functions are: by the environment."""
    with LocalStack() as stack, pytest.MonkeyPatch.context() as patch:
        for name, value in stack.environment().items():
            patch.setenv(name, value)
        yield lambda service: make_client(service, region="us-east-1")


@pytest.fixture(scope="module")
def store(aws: ClientOf) -> S3ObjectStore:
    client = aws("s3")
    client.create_bucket(Bucket="studio")
    client.put_bucket_versioning(Bucket="studio", VersioningConfiguration={"Status": "Enabled"})
    return S3ObjectStore(client, "studio")


def test_object_store_when_replaced_then_versions_ranges_and_listing_hold(
    store: S3ObjectStore,
) -> None:
    store.put("films/a.mp4", b"first", "video/mp4")
    first = store.head("films/a.mp4").version_id
    store.put("films/a.mp4", b"0123456789", "video/mp4")
    assert first
    assert store.get("films/a.mp4", first) == b"first"
    assert store.read("films/a.mp4", 2, 5) == b"234"
    assert store.read("films/a.mp4", 8, 99) == b"89"
    assert store.read("films/a.mp4", 10, 12) == b""
    store.put("films/b ü.mp4", b"", "video/mp4")
    assert [info.key for info in store.list("films/")] == ["films/a.mp4", "films/b ü.mp4"]
    assert store.delete_prefix("films/") == 2
    with pytest.raises(NotFound):
        store.head("films/a.mp4")


def test_head_when_uploaded_in_parts_then_checksum_is_of_the_whole(
    aws: ClientOf, store: S3ObjectStore
) -> None:
    body = np.random.default_rng(1).bytes(9 * 1024 * 1024)
    aws("s3").upload_fileobj(
        io.BytesIO(body), "studio", "big.mp4", ExtraArgs={"ChecksumAlgorithm": "CRC64NVME"}
    )
    info = store.head("big.mp4")
    whole = base64.b64encode(crc64nvme(body).to_bytes(8, "big")).decode()
    assert (info.size, info.checksum_crc64nvme) == (len(body), whole)


@pytest.fixture(scope="module")
def tables(aws: ClientOf) -> Any:
    client = aws("dynamodb")
    keys = ("production", "sk", "kind", "production_id")
    client.create_table(
        TableName="registry",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
        KeySchema=[
            {"AttributeName": "production", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_kind",
                "KeySchema": [
                    {"AttributeName": "kind", "KeyType": "HASH"},
                    {"AttributeName": "production_id", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    client.create_table(
        TableName="cache",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
    )
    return client


def test_registry_when_two_write_then_one_wins_and_indexes_follow(tables: Any) -> None:
    registry = DynamoRegistry(tables, "registry")
    row = Record(
        production="main", kind="run", id="r1", status="new", created_at=NOW, updated_at=NOW,
        body={"seconds": 1.5, "boxes": [[1, 2]], "title": "Ä"},
    )  # fmt: skip
    made = registry.create(row)
    with pytest.raises(Conflict):
        registry.create(row)
    won = registry.replace(made.model_copy(update={"holder": "arn:winner"}))
    with pytest.raises(Conflict):
        registry.replace(made.model_copy(update={"holder": "arn:loser"}))
    assert registry.get("main", "run", "r1") == won
    assert list(registry.list("main", "run")) == list(registry.list_all("run")) == [won]
    with pytest.raises(Conflict):
        registry.delete(made)
    registry.delete(won)
    assert registry.get("main", "run", "r1") is None


def test_registry_when_a_write_is_repeated_then_it_knows_its_own(tables: Any) -> None:
    row = Record(
        production="main", kind="run", id="r2", status="new", created_at=NOW, updated_at=NOW
    )
    registry = DynamoRegistry(tables, "registry", new_write=lambda: "the same write")
    assert registry.create(row) == registry.create(row)


def test_cache_when_days_are_over_then_none(tables: Any) -> None:
    DynamoCache(tables, "cache", 1, lambda: NOW).put("k", b"\x00\xff")
    assert DynamoCache(tables, "cache", 1, lambda: NOW).get("k") == b"\x00\xff"
    later = NOW + timedelta(days=2)
    assert DynamoCache(tables, "cache", 1, lambda: later).get("k") is None


def test_executions_when_name_is_taken_then_false_and_lease_is_seen(aws: ClientOf) -> None:
    client = aws("stepfunctions")
    trust = {"Effect": "Allow", "Principal": {"Service": "*"}, "Action": "sts:AssumeRole"}
    role = aws("iam").create_role(
        RoleName="machine", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )["Role"]["Arn"]
    waiting = {"Type": "Wait", "Seconds": 30, "End": True}
    machine = client.create_state_machine(
        name="Waits",
        definition=json.dumps({"StartAt": "Wait", "States": {"Wait": waiting}}),
        roleArn=role,
    )["stateMachineArn"]
    executions = StepFunctionsExecutions(client)
    arn = machine.replace(":stateMachine:", ":execution:") + ":run-1"
    assert executions.start(machine, "run-1", {"a": 1}) is True
    assert executions.start(machine, "run-1", {"a": 2}) is False
    assert executions.is_running(arn) is True
    assert executions.is_running(f"{arn}0") is False
    assert executions.stop_all(machine, "the stack is deleted") == 1
    assert executions.is_running(arn) is False
    assert executions.stop_all(machine, "the stack is deleted") == 0
    assert StepFunctionsTaskTokens(client).succeed("no such token", {}) is False
    assert StepFunctionsTaskTokens(client).fail("no such token", "E", "c") is False


def test_mailbox_when_published_then_subscriber_reads_ids(aws: ClientOf) -> None:
    sns = aws("sns")
    topic = sns.create_topic(Name="mails")["TopicArn"]
    queue = make_queue(aws("sqs"), "inbox")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    SnsMailbox(sns, topic).publish("Your film is ready", "Grüße", "mail-1", "corr-1")
    (body,) = queue.read_until()
    note = json.loads(body)
    assert (note["Subject"], note["Message"]) == ("Your film is ready", "Grüße")
    assert note["MessageAttributes"]["mail_id"]["Value"] == "mail-1"


def test_scheduler_when_made_moved_and_deleted_then_as_told(aws: ClientOf) -> None:
    client = aws("scheduler")
    client.create_schedule_group(Name="onmodel")
    now = datetime.now(UTC).replace(microsecond=0)
    scheduler = EventBridgeScheduler(client, group="onmodel", role_arn=ROLE, clock=lambda: now)
    machine = "arn:aws:states:us-east-1:000000000000:stateMachine:RetireModel"
    made = scheduler.at("retire", now + timedelta(hours=2), machine, {"id": 1})
    assert scheduler.at("retire", now + timedelta(hours=9), machine, {"id": 2}) == made
    moved = scheduler.move("retire", now + timedelta(hours=3))
    assert (moved.at, moved.payload) == (now + timedelta(hours=3), made.payload)
    scheduler.delete("retire")
    scheduler.delete("retire")
    assert scheduler.get("retire") is None


def test_secrets_when_there_then_text_else_not_found(aws: ClientOf) -> None:
    client = aws("secretsmanager")
    client.create_secret(Name="door", SecretString="key")
    assert SecretsManagerSecrets(client).get("door") == "key"
    with pytest.raises(NotFound):
        SecretsManagerSecrets(client).get("nothing")


def test_standins_when_asked_through_the_adapters_then_labels_and_unit_vectors(
    aws: ClientOf,
) -> None:
    pixels = np.full((240, 320, 3), 200, np.uint8)
    cv2.circle(pixels, (160, 120), 60, (20, 40, 220), -1)
    jpeg = cv2.imencode(".jpg", pixels)[1].tobytes()
    labels = RekognitionLabels(aws("rekognition")).detect(jpeg)
    assert all(0 <= label.confidence <= 100 for label in labels)
    runtime = aws("bedrock-runtime")
    for model in EMBEDDING_MODELS:
        embedder = make_embedder(runtime, EmbeddingSettings(model=model, dimensions=384))
        vector = embedder.embed(jpeg)
        assert vector.shape == (384,)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
        with pytest.raises(AnswerRefused):
            embedder.embed(b"no picture")
    with pytest.raises(AnswerRefused):
        RekognitionLabels(aws("rekognition")).detect(b"no picture")
