"""The home page behind its link: what it shows, and that it decides nothing."""

from __future__ import annotations

import re
from html import escape

from fakes.deployment_in_memory import DeploymentInMemory
from fakes.detector_in_memory import DetectorInMemory
from fakes.faulty import Faulty
from fakes.films_in_memory import FilmsInMemory
from fakes.home_in_memory import HomeInMemory
from fakes.mailbox import STACK_OPTIONS
from fakes.training_in_memory import LINKS_URL, PRODUCTION

from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.rows import ApprovalStatus, TrainingStage
from onmodel.registry.kinds import APPROVALS, TRAININGS
from onmodel.steps.show_home import home_fault_page

HOSTILE = "<script>alert(1)</script>.mp4"


def test_home_when_everything_is_there_then_shows_states_costs_ends_and_what_comes() -> None:
    world = HomeInMemory()
    world.add_film()
    world.add_dataset("d0001-7be1d2f0")
    world.deploy()
    world.collect()
    page = world.show(world.home)
    assert page.statusCode == 200
    for told in (
        "a.mp4", "12 pictures kept", "$60.50 an hour", "at the latest until 2026-11-22 11:00 UTC",
        "2026-11-22 09:15 UTC", "The pictures of 1 film become a dataset",
        f"onmodel retire -p {PRODUCTION} --deployment d0001-7be1d2f0-1 {STACK_OPTIONS}",
    ):  # fmt: skip
        assert told in re.sub(r"</?(code|span)>", "", page.body), told
    link = page.body.partition('href="https://')[2].partition('"')[0]
    assert world.follow(f"https://{link}").statusCode == 404, "a report that is not in this world"


def test_home_when_a_model_searches_films_then_told_with_its_end_and_no_wrong_command() -> None:
    films = FilmsInMemory()
    DetectorInMemory(films).ask(inference_units=2)
    world = HomeInMemory()
    world.registry = films.registry
    for link in (world.home, world.links.link_to_home(None, 1)):
        page = world.show(link).body
        assert "1 model runs, at the latest until 2026-11-22" in page
        assert "onmodel retire" not in page


def test_home_when_a_question_is_open_then_told_and_cannot_be_decided_from_here() -> None:
    world = HomeInMemory()
    world.ask()
    page = world.show(world.home)
    (row,) = APPROVALS.list(world.registry, PRODUCTION)
    assert "$4,481.95" in page.body and "The link in that mail" in page.body
    decides = world.links.link_to_approval(PRODUCTION, row.id, 7).removeprefix(LINKS_URL)[:30]
    assert decides not in page.body and row.id not in page.body
    assert row.body.task_token not in page.body
    assert "<form" not in page.body and "<button" not in page.body
    assert world.show(world.home, "POST").statusCode == 405
    token = world.home.rpartition("/")[2]
    answer = world.follow(f"{LINKS_URL}/{token}", "POST", "decision=approve")
    assert answer.statusCode == 405
    (row,) = APPROVALS.list(world.registry, PRODUCTION)
    assert row.status == ApprovalStatus.PENDING


def test_home_when_names_are_hostile_then_escaped_and_nothing_is_fetched_or_run() -> None:
    world = HomeInMemory()
    world.add_film(HOSTILE)
    for number in range(3):
        world.add_dataset(f"d000{number}-7be1d2f0")
        world.clock.advance(minutes=1)
    page = world.show(world.home, query="dataset=%3Cscript%3E&dataset=d0000-7be1d2f0")
    assert escape(HOSTILE) in page.body and "<script" not in page.body
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    shown = page.body.partition('<table class="beside">')[2]
    assert "d0000-7be1d2f0" in shown and "d0001-7be1d2f0" not in shown


def test_home_when_a_film_has_several_runs_then_shown_once() -> None:
    world = HomeInMemory()
    world.add_film(run_id="one")
    world.clock.advance(minutes=1)
    world.add_film(run_id="two")
    page = world.show(world.home).body
    assert page.count(">a.mp4<") == 1 and "of 1 film" in page


def test_home_when_fifty_films_then_no_more_calls_than_for_one() -> None:
    world, recorder = HomeInMemory(), Faulty()
    recorder.function = "show_home"
    world.registry = recorder.around("registry", world.registry)
    world.studio = recorder.around("studio", world.studio)
    calls: list[int] = []
    for films in (range(1), range(1, 50)):
        for number in films:
            run, film = f"r{number}", f"f{number}-00000000"
            world.add_film(f"episode {number}.mp4", run_id=run, film_id=film)
        recorder.calls.clear()
        page = world.show(world.home)
        calls.append(len(recorder.calls))
    assert calls[1] == calls[0] > 0
    assert page.body.count("episode ") == 50 and len(page.body) < 100_000


def test_stack_when_shown_then_lists_productions_with_links_of_a_day() -> None:
    world = HomeInMemory()
    world.add_film()
    world.deploy()
    page = world.show(world.links.link_to_home(None, 1)).body
    link = page.partition('href="https://')[2].partition('"')[0]
    assert world.show(f"https://{link}").statusCode == 200
    assert "1 production, as of" in page and "$60.50" in page
    world.clock.advance(days=1, seconds=1)
    assert world.show(f"https://{link}").statusCode == 403


def test_link_when_of_a_report_or_a_question_then_no_home_page() -> None:
    world = HomeInMemory()
    for link in (
        world.links.link_to_object("bunny/datasets/x/loss.svg", 1),
        world.links.link_to_approval(PRODUCTION, "0123456789abcdef", 1),
    ):
        token = link.removeprefix(f"{LINKS_URL}/")
        assert world.show(f"{LINKS_URL}/home/{token}").statusCode == 404
    assert world.show(f"{LINKS_URL}/home/forged").statusCode == 403


def test_page_when_a_request_failed_then_names_the_function_that_has_the_log() -> None:
    page = home_fault_page(KeyError("the table"))
    assert page.statusCode == 500
    assert "the log of the function show_home" in page.body
    assert "what was decided" not in page.body


def test_home_when_a_loss_curve_was_drawn_then_its_model_links_it() -> None:
    world = HomeInMemory()
    training = DeploymentInMemory().training
    curve = DatasetKeys(PRODUCTION, training.body.dataset_id).loss_curve
    world.studio.put(curve, b"<svg/>", "image/svg+xml")
    for key in (None, curve):
        body = training.body.model_copy(update={"loss_curve_key": key})
        TRAININGS.put(
            world.registry, PRODUCTION, training.id, status=TrainingStage.COMPLETED, body=body,
            now=world.clock(),
        )  # fmt: skip
        models = world.show(world.home).body.partition('id="models"')[2].partition("</ul>")[0]
        link = re.search(rf'<a href="([^"]+)">{training.id}</a>', models)
        assert (link is not None) == (key is not None)
    assert link is not None
    assert world.follow(link[1]).statusCode == 302
