import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from onmodel.adapters.cloudformation import answer_custom_resource
from onmodel.contracts.operations import DeletionGuardEvent
from onmodel.errors import ServiceUnavailable


class Waiting(BaseHTTPRequestHandler):
    """The signed link that CloudFormation waits behind."""

    got: list[tuple[str, str | None, dict[str, Any]]]
    status = 200

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.got.append((self.path, self.headers["Content-Type"], body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not onto the test's output."""


@pytest.fixture
def waiting() -> Iterator[tuple[str, type[Waiting]]]:
    handler = type("Handler", (Waiting,), {"got": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    thread.join()
    server.server_close()


def event(url: str, **changes: str) -> DeletionGuardEvent:
    return DeletionGuardEvent.model_validate(
        {
            "RequestType": "Delete",
            "ResponseURL": url,
            "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/onmodel/1",
            "RequestId": "request-1",
            "LogicalResourceId": "DeletionGuard",
        }
        | changes
    )


def test_answer_when_put_then_as_cloudformation_wants_it(
    waiting: tuple[str, type[Waiting]],
) -> None:
    url, handler = waiting
    link = f"{url}/arn%3Aaws%3Acloudformation?X-Amz-Signature=a%2Bb"
    answer_custom_resource(event(link), status="FAILED", reason="x" * 5000, physical_id="guard")
    ((path, content_type, body),) = handler.got
    assert path == "/arn%3Aaws%3Acloudformation?X-Amz-Signature=a%2Bb"  # or the signature breaks
    assert not content_type
    assert len(body.pop("Reason")) == 1000
    assert body == {
        "Status": "FAILED",
        "PhysicalResourceId": "guard",
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/onmodel/1",
        "RequestId": "request-1",
        "LogicalResourceId": "DeletionGuard",
    }


def test_answer_when_it_has_a_physical_id_then_that_stays(
    waiting: tuple[str, type[Waiting]],
) -> None:
    url, handler = waiting
    asked = event(url, PhysicalResourceId="first")
    answer_custom_resource(asked, status="SUCCESS", reason="", physical_id="guard")
    assert handler.got[0][2]["PhysicalResourceId"] == "first"


def test_answer_when_refused_or_nobody_listens_then_unavailable(
    waiting: tuple[str, type[Waiting]],
) -> None:
    url, handler = waiting
    handler.status = 403
    for link in (url, "http://127.0.0.1:9/"):
        with pytest.raises(ServiceUnavailable):
            answer_custom_resource(event(link), status="SUCCESS", reason="", physical_id="guard")
