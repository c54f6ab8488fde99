"""The server of `onmodel review`, over HTTP on 127.0.0.1."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest
from fakes.training_in_memory import PRODUCTION, TrainingInMemory
from waiting import PATIENCE_SECONDS, wait_until

from onmodel.steps.review_api import ReviewAnswer
from onmodel_cli import options, reviewing
from onmodel_cli.connection import Connection
from onmodel_cli.review_server import (
    NothingToReview,
    PortTaken,
    ReviewServer,
    ports_of,
    review_server,
)


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


@pytest.fixture
def server(world: TrainingInMemory, connection: Connection) -> Iterator[ReviewServer]:
    world.show_characters()
    world.film()
    with review_server(PRODUCTION, connection) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def ask(
    server: ReviewServer, path: str, body: str | None = None, method: str = ""
) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=PATIENCE_SECONDS)
    connection.request(method or ("GET" if body is None else "POST"), path, body)
    answer = connection.getresponse()
    return answer, answer.read()


def test_server_when_asked_below_its_secret_then_items_and_their_pictures(
    server: ReviewServer,
) -> None:
    answer, body = ask(server, f"{server.prefix}items")
    page = json.loads(body)
    assert (answer.status, len(page["items"])) == (200, 8)
    assert page["stack_options"] == server.api.items.stack_options != ""
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for address in (page["items"][0]["picture"], *page["characters"][0]["references"]):
        answer, picture = ask(server, server.prefix + address)
        assert (answer.status, answer.headers["Content-Type"][:6]) == (200, "image/")
        assert picture
    answer, sheet = ask(server, server.prefix + page["sheets"][0])
    assert (answer.status, sheet[:2]) == (200, b"\xff\xd8")


@pytest.mark.parametrize("path", ["/", "/items", "/wrong/items", "/favicon.ico"])
def test_server_when_the_secret_is_missing_then_nothing_is_shown(
    server: ReviewServer, path: str
) -> None:
    answer, body = ask(server, path)
    assert (answer.status, json.loads(body)["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path", ["files/studio/bunny/settings.json", "files/studio/../../etc/passwd", "sheets/x.jpg"]
)
def test_server_when_a_file_was_not_announced_then_not_served(
    server: ReviewServer, path: str
) -> None:
    assert ask(server, server.prefix + path)[0].status == 404


def test_server_when_corrections_are_posted_then_saved(
    server: ReviewServer, world: TrainingInMemory
) -> None:
    crop = json.loads(ask(server, f"{server.prefix}items")[1])["items"][0]["crop_id"]
    posted = {"corrections": [{"crop_id": crop, "version": 0, "verdict": "rejected"}]}
    answer, body = ask(server, f"{server.prefix}corrections", json.dumps(posted))
    assert (answer.status, json.loads(body)["results"][0]["saved"]) == (200, True)
    assert [row.id for row in world.registry.list(PRODUCTION, "review")] == [crop]


def test_server_when_a_body_is_too_large_or_has_no_length_then_refused(
    server: ReviewServer,
) -> None:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=PATIENCE_SECONDS)
    connection.putrequest("POST", f"{server.prefix}corrections")
    connection.putheader("Content-Length", "99999999")
    connection.endheaders()
    assert connection.getresponse().status == 400


def test_server_when_asked_for_the_head_then_no_body(server: ReviewServer) -> None:
    answer, body = ask(server, f"{server.prefix}items", method="HEAD")
    assert (answer.status, body) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 0


def test_server_when_made_then_each_has_a_secret_of_its_own(
    server: ReviewServer, connection: Connection
) -> None:
    with review_server(PRODUCTION, connection) as other:
        assert other.prefix != server.prefix
        assert len(other.prefix) >= 32


def test_port_when_a_review_is_served_again_then_the_same_one(
    world: TrainingInMemory, connection: Connection
) -> None:
    world.film()
    ports = []
    for _ in range(2):
        with review_server(PRODUCTION, connection) as made:
            ports.append(made.server_port)
    assert ports[0] == ports[1]
    assert ports[0] in ports_of(f"{connection.studio.bucket}/{PRODUCTION}")


def test_port_when_it_is_in_use_then_the_next_one(
    world: TrainingInMemory, connection: Connection
) -> None:
    world.film()
    with (
        review_server(PRODUCTION, connection) as first,
        review_server(PRODUCTION, connection) as second,
    ):
        assert second.server_port > first.server_port


def test_port_when_a_person_chose_one_that_is_in_use_then_refused(
    server: ReviewServer, connection: Connection
) -> None:
    with pytest.raises(PortTaken, match=f"Port {server.server_port} of 127.0.0.1 is in use"):
        review_server(PRODUCTION, connection, server.server_port)


def test_ports_when_productions_differ_then_so_do_they() -> None:
    assert ports_of("studio/bunny") != ports_of("studio/squirrel")


def test_review_when_it_ends_then_the_commands_after_it_have_the_productions_id(
    world: TrainingInMemory,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world.film()
    monkeypatch.setattr(options, "open_stack", lambda *_: connection)
    monkeypatch.setattr(options, "production_id", lambda *_: PRODUCTION)
    monkeypatch.setattr(reviewing, "serve_until_interrupted", lambda server: server.server_close())
    reviewing.review(production="A Name, 'so'", no_open=True, port=0)
    assert f"`onmodel train -p {PRODUCTION}` makes a dataset" in capsys.readouterr().err


def test_server_when_no_film_was_prepared_then_refused(connection: Connection) -> None:
    with pytest.raises(NothingToReview, match="No film of empty was prepared yet"):
        review_server("empty", connection)


@pytest.mark.parametrize("is_busy", [True, False])
def test_review_when_it_ends_while_an_answer_is_worked_on_then_not_waited_for(
    is_busy: bool,
    world: TrainingInMemory,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go_on, ends = threading.Event(), threading.Event(), list[int]()

    def answers(_subject: object, _call: object) -> ReviewAnswer:
        begun.set()
        go_on.wait(PATIENCE_SECONDS)
        return ReviewAnswer(200, "text/plain", "")

    def serve(server: ReviewServer) -> None:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        serving.start()
        if is_busy:
            server.api.answer = answers  # type: ignore[method-assign]
            asking = threading.Thread(target=ask, args=(server, server.prefix), daemon=True)
            asking.start()
            assert begun.wait(PATIENCE_SECONDS)
        else:
            ask(server, f"{server.prefix}items")
            wait_until(lambda: not server.is_answering, lambda: "it is answered")
        server.shutdown()
        server.server_close()

    world.film()
    monkeypatch.setattr(options, "open_stack", lambda *_: connection)
    monkeypatch.setattr(options, "production_id", lambda *_: PRODUCTION)
    monkeypatch.setattr(reviewing, "serve_until_interrupted", serve)
    monkeypatch.setattr(reviewing.os, "_exit", ends.append)
    reviewing.review(production=PRODUCTION, no_open=True, port=0)
    go_on.set()
    assert ends == [0] * is_busy
