"""What an end-to-end test does with the deployed system: upload, wait, look."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from waiting import PATIENCE_SECONDS, wait_until

from onmodel.adapters.dynamodb import DynamoRegistry
from onmodel.adapters.s3 import S3ObjectStore
from onmodel.contracts.crops import Crop
from onmodel.contracts.film_rows import RunBody
from onmodel.contracts.films import FilmSummary, Run
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.rows import Kind
from onmodel.formats.jsonl import read_lines
from onmodel.ports.registry import Record
from onmodel_local.deploy import STACK
from onmodel_local.mail import CaughtMail, MailCatcher
from onmodel_local.stack import LocalStack

ENDED = frozenset({"prepared", "refused", "failed"})


@dataclass(frozen=True)
class DeployedStack:
    """The deployed stack as root sees it: `stack` is a LocalStack, `outputs` the template's."""

    stack: LocalStack
    outputs: dict[str, str]
    catcher: MailCatcher
    _mails: list[CaughtMail] = field(default_factory=list)

    @property
    def uploads(self) -> S3ObjectStore:
        return S3ObjectStore(self.stack.client("s3"), self.outputs["UploadsBucket"])

    @property
    def store(self) -> S3ObjectStore:
        return S3ObjectStore(self.stack.client("s3"), self.outputs["StudioBucket"])

    @property
    def registry(self) -> DynamoRegistry:
        return DynamoRegistry(self.stack.client("dynamodb"), self.outputs["RegistryTable"])

    def upload(self, key: str, body: bytes) -> None:
        self.stack.client("s3").put_object(
            Bucket=self.outputs["UploadsBucket"], Key=key, Body=body, ChecksumAlgorithm="CRC64NVME"
        )

    def runs(self, production: str) -> list[Record]:
        return sorted(
            self.registry.list(production, Kind.RUN), key=lambda record: record.created_at
        )

    def ended_run(self, production: str, count: int = 1) -> Record:
        """The newest run of a production, when `count` of them have ended."""

        def ended() -> list[Record]:
            return [record for record in self.runs(production) if record.status in ENDED]

        wait_until(lambda: len(ended()) >= count, lambda: self.state_of(production))
        return ended()[-1]

    def summary(self, record: Record) -> FilmSummary:
        return FilmSummary.model_validate_json(self.store.get(self.keys(record).summary))

    def crops(self, record: Record) -> tuple[Crop, ...]:
        return read_lines(Crop, self.store.get(self.keys(record).crops))

    def run(self, record: Record) -> Run:
        return RunBody.model_validate(record.body).run

    def keys(self, record: Record) -> FilmKeys:
        return FilmKeys.of(self.run(record))

    def executions(self) -> list[dict[str, Any]]:
        answer = self.stack.client("stepfunctions").list_executions(
            stateMachineArn=self.outputs["PrepareFilmArn"]
        )
        return list(answer["executions"])

    def calls(self) -> Any:
        """Calls of the stand-ins by service, operation and outcome."""
        return self.stack.control("calls")

    def paid_calls(self) -> dict[str, Any]:
        """Those that AWS would charge PrepareFilm for."""
        calls = self.calls()
        return {service: calls.get(service) for service in ("rekognition", "bedrock-runtime")}

    def log_lines(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(function, line) of all that functions logged as JSON."""
        logs = self.stack.client("logs")
        for group in logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]:
            name = group["logGroupName"].removeprefix("/aws/lambda/onmodel-")
            pages = logs.get_paginator("filter_log_events")
            for page in pages.paginate(logGroupName=group["logGroupName"]):
                for event in page["events"]:
                    for line in event["message"].splitlines():
                        if line.startswith("{"):
                            yield name, json.loads(line)

    def called_functions(self) -> tuple[set[str], list[str]]:
        """The names of the functions that logged, and the logged texts about denied calls."""
        logs = self.stack.client("logs")
        called: set[str] = set()
        denied: list[str] = []
        prefix = f"/aws/lambda/{STACK}-"
        for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
            name = group["logGroupName"]
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
            messages = [event["message"] for page in pages for event in page["events"]]
            denied += [text for text in messages if "AccessDenied" in text]
            called |= {name.removeprefix(prefix)} if messages else set()
        return called, denied

    def mails(self) -> list[CaughtMail]:
        """All mails until now."""
        self._mails.extend(self.catcher.mails())
        return self._mails

    def wait_for_mails(self, text: str) -> list[CaughtMail]:
        """Mails that contain a text; waits until there is one."""

        def holding() -> list[CaughtMail]:
            return [mail for mail in self.mails() if text in mail.subject + mail.body]

        wait_until(lambda: bool(holding()), lambda: str([mail.subject for mail in self.mails()]))
        return holding()

    def state_of(self, production: str) -> str:
        """Rows, executions and log, shown when a test waited too long."""
        return json.dumps(
            {
                "runs": [
                    (record.id, record.status, record.body) for record in self.runs(production)
                ],
                "executions": [(item["name"], item["status"]) for item in self.executions()],
                "log": self.stack.log.read_text()[-2000:],
            },
            indent=1,
            default=str,
        )


def behind_the_link(mail: CaughtMail, decision: str | None = None) -> str:
    """The page behind the mail's link; with a decision, what the button sends."""
    link = re.search(r"http://127\.0\.0\.1:\d+/_aws/execute-api/\S+", mail.body)
    assert link, mail.body
    body = f"decision={decision}".encode() if decision else None
    with urllib.request.urlopen(link[0], data=body, timeout=PATIENCE_SECONDS) as answer:
        return str(answer.read().decode())
