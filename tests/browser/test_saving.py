"""What becomes of decisions when the network, the link or the tab goes, or two people review."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser.page_clock import install_clock, send, stop_clock
from browser.review_server import ReviewServer
from drawn.review import CAST, doubt, items_of, review_item
from fakes.review_backend import ReviewInMemory
from playwright.sync_api import BrowserContext, Page, expect

from onmodel.contracts.review import ReviewFault

Serve = Callable[[ReviewInMemory], ReviewServer]


@pytest.fixture
def backend() -> ReviewInMemory:
    doubtful = [review_item(number, doubts=(doubt("margin", "?"),)) for number in range(6)]
    return ReviewInMemory("Big Buck Bunny", CAST, doubtful, is_waited_for=True)


def opened(page: Page, server: ReviewServer) -> Page:
    page.goto(server.address)
    expect(page.locator("#place")).to_have_text("1 of 6")
    return page


def press(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def verdicts(backend: ReviewInMemory) -> dict[str, str | None]:
    return {crop: one.verdict for crop, one in sorted(backend.corrections.items())}


def test_saving_when_it_takes_long_then_the_person_goes_on(
    page: Page, backend: ReviewInMemory, serve: Serve
) -> None:
    server = serve(backend)
    opened(page, server)
    server.may_answer_posts.clear()
    press(page, "k r k")
    expect(page.locator("#saving")).to_have_text("saving 3 …")
    press(page, "r")
    expect(page.locator("#place")).to_have_text("5 of 6")
    server.may_answer_posts.set()
    expect(page.locator("#saving")).to_have_text("All saved")
    assert list(verdicts(backend).values()) == ["kept", "rejected", "kept", "rejected"]


def test_decisions_when_offline_then_failures_are_told_and_all_is_saved_later(
    page: Page, backend: ReviewInMemory, serve: Serve
) -> None:
    server = serve(backend)
    install_clock(page)
    opened(page, server)
    stop_clock(page)
    server.is_online = False
    press(page, "k r")
    send(page)
    notice = page.locator("#notices")
    expect(notice).to_contain_text("2 decisions are not saved yet: the server cannot be reached")
    press(page, "k")
    expect(page.locator("#saving")).to_have_text("3 not saved")
    server.is_online = True
    notice.get_by_role("button", name="Try now").click()
    expect(page.locator("#saving")).to_have_text("All saved")
    expect(notice).to_be_hidden()
    assert verdicts(backend) == {"000000": "kept", "000001": "rejected", "000002": "kept"}


def test_decisions_when_the_tab_is_closed_offline_then_the_next_one_offers_them(
    context: BrowserContext, backend: ReviewInMemory, serve: Serve
) -> None:
    server = serve(backend)
    first = opened(context.new_page(), server)
    context.set_offline(True)  # the closed tab sends once more, which must not come late
    press(first, "r r")
    expect(first.locator("#saving")).to_have_text("2 not saved")
    first.close()
    context.set_offline(False)
    second = opened(context.new_page(), server)
    offer = second.locator("#notices")
    expect(offer).to_contain_text("2 decisions of an earlier visit were not saved")
    assert backend.corrections == {}
    offer.get_by_role("button", name="Save now").click()
    expect(second.locator("#saving")).to_have_text("All saved")
    expect(offer).to_be_hidden()
    assert verdicts(backend) == {"000000": "rejected", "000001": "rejected"}
    expect(second).to_have_url(f"{server.address}#single/000000")  # written after a pause
    second.reload()
    expect(second.locator("#place")).to_have_text("1 of 6")
    expect(offer).to_be_hidden()


def test_decisions_when_the_other_tab_saves_them_itself_then_they_are_no_longer_offered(
    context: BrowserContext, backend: ReviewInMemory, serve: Serve
) -> None:
    server = serve(backend)
    first = context.new_page()
    install_clock(first)
    opened(first, server)
    stop_clock(first)
    server.is_online = False
    press(first, "r")
    send(first)
    expect(first.locator("#notices")).to_contain_text("One decision is not saved yet")
    server.is_online = True
    second = opened(context.new_page(), server)
    offer = second.locator("#notices")
    expect(offer).to_contain_text("One decision of an earlier visit was not saved")
    first.get_by_role("button", name="Try now").click()
    expect(first.locator("#saving")).to_have_text("All saved")
    expect(offer).to_be_hidden()
    second.goto(f"{server.address}#single/%E0%A4%A")  # an address that was cut off
    expect(second.locator("#place")).to_have_text("1 of 6")


def test_reviewers_when_two_decide_about_one_crop_then_each_sees_the_others(
    context: BrowserContext, backend: ReviewInMemory, serve: Serve
) -> None:
    server = serve(backend)
    one, other = (opened(context.new_page(), server) for _ in range(2))
    press(one, "r 2")
    expect(one.locator("#saving")).to_have_text("All saved")
    press(other, "3 k")
    notice = other.locator("#notices")
    expect(notice).to_contain_text("Theirs: rejected. Yours: named Rinky.")
    expect(notice).to_contain_text("Theirs: named Frank. Yours: kept.")
    notice.get_by_role("button", name="Take theirs").first.click()
    notice.get_by_role("button", name="Keep mine").click()
    expect(other.locator("#saving")).to_have_text("All saved")
    assert verdicts(backend) == {"000000": "rejected", "000001": "kept"}
    assert backend.corrections["000001"].character is None
    press(other, "ArrowLeft ArrowLeft")
    expect(other.locator("#stamp")).to_have_text("Rejected")


def test_link_when_it_expires_then_the_work_is_kept_for_the_next_link(
    page: Page, backend: ReviewInMemory, serve: Serve
) -> None:
    server = serve(backend)
    opened(page, server)
    server.fault = (410, ReviewFault(error="This link has expired.", code="expired"))
    press(page, "r")
    expect(page.locator("#notices")).to_contain_text("This link has expired; ask for a new one.")
    expect(page.locator("#notices")).to_contain_text("One decision is not saved")
    server.fault = None
    opened(page, server).locator("#notices").get_by_role("button", name="Save now").click()
    expect(page.locator("#saving")).to_have_text("All saved")
    assert verdicts(backend) == {"000000": "rejected"}


def test_crop_when_deleted_meanwhile_then_is_told_and_the_rest_is_saved(
    page: Page, backend: ReviewInMemory, serve: Serve
) -> None:
    opened(page, serve(backend))
    del backend.items["000000"]
    press(page, "r r")
    expect(page.locator("#notices")).to_contain_text("this crop was deleted")
    expect(page.locator("#saving")).to_have_text("All saved")
    assert verdicts(backend) == {"000001": "rejected"}


def test_items_when_a_page_of_them_cannot_be_had_then_the_rest_can_be_asked_for_again(
    page: Page, serve: Serve
) -> None:
    server = serve(ReviewInMemory("P", CAST, items_of(250)))
    server.is_online = False
    page.goto(server.address)
    notice = page.locator("#notices")
    expect(notice).to_contain_text("Not all pictures could be loaded")
    server.is_online = True
    notice.get_by_role("button", name="Try again").click()
    expect(page.locator("#place")).to_have_text("1 of 250")


def test_review_when_finished_then_the_machine_goes_on_with_all_that_was_saved(
    page: Page, backend: ReviewInMemory, serve: Serve
) -> None:
    install_clock(page)
    opened(page, serve(backend))
    press(page, "r")
    expect(page.locator("#saving")).to_have_text("All saved")
    stop_clock(page)
    page.get_by_role("button", name="Finish").click()
    question = page.get_by_role("dialog", name="Finish the review?")
    expect(question).to_contain_text("1 of 6 pictures are rejected. 5 doubtful ones are undecided.")
    page.keyboard.press("Escape")
    assert not backend.is_done
    page.get_by_role("button", name="Finish").click()
    question.get_by_role("button", name="Finish").click()
    expect(page.locator("#toast")).to_have_text("The training goes on with what you kept.")
    assert backend.is_done
    expect(page.locator("#done")).to_be_hidden()
    assert verdicts(backend) == {"000000": "rejected"}


def test_review_when_no_machine_waits_then_there_is_nothing_to_finish(
    page: Page, backend: ReviewInMemory, serve: Serve
) -> None:
    backend.is_waited_for = False
    opened(page, serve(backend))
    expect(page.locator("#done")).to_be_hidden()
