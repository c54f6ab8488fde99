"""`onmodel delete-production` on the local stack: nothing is left, and it can be begun anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from click.testing import Result
from drawn.films import DrawnFilm
from e2e.deployed_stack import DeployedStack
from waiting import wait_until

from onmodel.contracts.rows import Kind

SETTINGS = b"training: {automatic: false}\n"


def left(studio: DeployedStack, production: str) -> list[str]:
    objects = [
        *studio.uploads.versions(f"{production}/"),
        *studio.store.versions(f"{production}/"),
    ]
    rows = [row for kind in Kind for row in studio.registry.list(production, kind)]
    return [one.key for one in objects] + [row.kind for row in rows if row.kind != "tombstone"]


def test_production_when_deleted_then_nothing_is_left_and_it_can_be_begun_anew(
    studio: DeployedStack, drawn: DrawnFilm, typed: Callable[..., Result]
) -> None:
    studio.upload("gone/settings.yaml", SETTINGS)
    studio.upload("gone/films/drawn.mp4", drawn.path.read_bytes())
    studio.upload("stays/settings.yaml", SETTINGS)
    studio.upload("stays/films/drawn.mp4", drawn.path.read_bytes())
    assert studio.ended_run("gone").status == "prepared"
    assert studio.ended_run("stays").status == "prepared"
    studio.wait_for_mails("production gone is prepared.")
    studio.wait_for_mails("production stays is prepared.")
    kept = Counter(left(studio, "stays"))

    done = delete("gone", typed)
    assert done.exit_code == 0, done.stderr
    assert left(studio, "gone") == []
    (tombstone,) = studio.registry.list("gone", Kind.TOMBSTONE)
    assert tombstone.status == "deleted"
    parts = {part["name"]: part["number"] for part in tombstone.body["parts"]}
    assert parts["films"] == 1
    assert parts["crops"] > 0
    assert kept <= Counter(left(studio, "stays"))  # its rows may be written meanwhile

    studio.upload("gone/films/drawn.mp4", drawn.path.read_bytes())
    again = studio.ended_run("gone")
    assert again.status == "prepared"
    assert studio.summary(again).crops_kept == parts["crops"]


def delete(production: str, typed: Callable[..., Result]) -> Result:
    """It is refused as long as the execution that sent the last mail has not ended."""
    results: list[Result] = []

    def is_done() -> bool:
        results.append(typed("delete-production", "-p", production, "--yes"))
        return results[-1].exit_code != 3

    wait_until(is_done, lambda: results[-1].stderr)
    return results[-1]
