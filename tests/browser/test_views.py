"""The page by keys, by mouse and by touch: one by one, grid, near-duplicates, unnamed ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser.page_clock import install_clock, send, stop_clock
from browser.review_server import ReviewServer
from drawn.review import CAST, SHEET, doubt, items_of, review_item
from fakes.review_backend import ReviewInMemory
from playwright.sync_api import Browser, Locator, Page, expect

from onmodel.contracts.keys import slug

Serve = Callable[[ReviewInMemory], ReviewServer]


@pytest.fixture
def backend() -> ReviewInMemory:
    """30 named crops of which 1 and 3 are doubtful, 7 unnamed ones in two clusters."""
    items = list(items_of(30))
    items[1] = review_item(1, "frank", doubts=(doubt("margin", "Buck is as near"),))
    items[3] = review_item(3, doubts=(doubt("outlier", "unlike the others"),))
    unnamed = [
        review_item(number, "", cluster="small" if number < 32 else "large")
        for number in range(30, 37)
    ]
    alike = {("000004", "000005"): 0.95, ("000006", "000007"): 0.94, ("000007", "000008"): 0.85}
    doubtful = [item for item in items if item.doubts]
    rest = [item for item in items if not item.doubts]
    return ReviewInMemory("Big Buck Bunny", CAST, [*doubtful, *rest, *unnamed], [SHEET], alike)


def opened(page: Page, serve: Serve, backend: ReviewInMemory, view: str = "single") -> Page:
    page.goto(f"{serve(backend).address}#{view}")
    expect(page.locator(f"#{view}")).to_be_visible()
    expect(page.locator("#production")).to_have_text("Big Buck Bunny")
    return page


def press(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def saved(page: Page, backend: ReviewInMemory) -> dict[str, tuple[str | None, str | None]]:
    """Verdict and character of every correction, when all is saved."""
    expect(page.locator("#saving")).to_have_text("All saved")
    return {crop: (one.verdict, one.character) for crop, one in sorted(backend.corrections.items())}


def cell(page: Page, number: int) -> Locator:
    return page.locator(f"[role=option][data-index='{number}']")


def show_all(page: Page) -> None:
    page.get_by_role("button", name="All 37").click()
    expect(cell(page, 5)).to_be_visible()


# ── One by one ───────────────────────────────────────────────────────────────────────────────────


def test_single_when_opened_then_shows_the_doubtful_with_reason_reference_and_caption(
    page: Page, serve: Serve, backend: ReviewInMemory
) -> None:
    opened(page, serve, backend)
    expect(page.locator("#place")).to_have_text("1 of 2")
    expect(page.locator("#single-name")).to_have_text("Frank")
    expect(page.locator("#doubts")).to_have_text("Name uncertain Buck is as near")
    expect(page.get_by_alt_text("Reference 1 of Frank")).to_be_visible()
    expect(page.get_by_label("Caption")).to_have_value("Frank looks to the left, picture 1.")
    expect(page.locator("#facts")).to_contain_text("0:00:00.5")


def test_keys_when_pressed_then_decide_move_repeat_and_take_back(
    page: Page, serve: Serve, backend: ReviewInMemory
) -> None:
    install_clock(page)
    opened(page, serve, backend)
    stop_clock(page)
    press(page, "1 .")
    expect(page.locator("#toast")).to_contain_text("All of these are decided")
    send(page)
    assert saved(page, backend) == {"000001": ("kept", "buck"), "000003": ("kept", "buck")}
    press(page, "p")
    send(page)
    assert saved(page, backend)["000003"] == (None, None)
    press(page, "u u")
    expect(page.locator("#toast")).to_have_text("Taken back: named Buck: Buck at 0:00:01.5")
    press(page, "Home ArrowLeft r r 0 9")
    expect(page.locator("#toast")).to_have_text("There is no character 9: 3 are known")
    send(page)
    assert saved(page, backend) == {"000001": ("rejected", "buck"), "000003": ("kept", "")}


def test_undo_when_pressed_50_times_then_50_decisions_are_taken_back(
    page: Page, serve: Serve
) -> None:
    backend = ReviewInMemory("Big Buck Bunny", CAST, items_of(60))
    opened(page, serve, backend)
    for _ in range(55):
        page.keyboard.press("r")
    expect(page.get_by_role("button", name="Undo: rejected Buck at 0:00:27.0")).to_be_enabled()
    for _ in range(50):
        page.keyboard.press("u")
    expect(page.locator("#place")).to_have_text("6 of 60")
    given = saved(page, backend)
    assert [crop for crop, (verdict, _) in given.items() if verdict] == [
        f"{number:06d}" for number in range(5)
    ]


def test_buttons_when_clicked_then_decide_as_keys_do(
    page: Page, serve: Serve, backend: ReviewInMemory
) -> None:
    opened(page, serve, backend)
    page.locator("#names").get_by_role("button", name="Rinky").click()
    page.get_by_role("button", name="Reject", exact=True).click()
    page.get_by_role("button", name="Back").click()
    expect(page.locator("#stamp")).to_have_text("Kept")
    expect(page.locator("#single-name")).to_have_text("Rinky")
    page.get_by_role("button", name="Undo").click()
    assert saved(page, backend) == {"000001": ("kept", "rinky"), "000003": (None, None)}


def test_letters_when_turned_off_then_only_buttons_decide(
    page: Page, serve: Serve, backend: ReviewInMemory
) -> None:
    opened(page, serve, backend)
    press(page, "?")
    page.get_by_label("Commands of one letter or digit").uncheck()
    page.get_by_role("button", name="Close").click()
    press(page, "r 1 ArrowRight")
    expect(page.locator("#place")).to_have_text("2 of 2")
    assert saved(page, backend) == {}


def test_back_button_when_used_then_leads_to_the_view_before_and_nothing_is_lost(
    page: Page, serve: Serve, backend: ReviewInMemory
) -> None:
    opened(page, serve, backend, "grid")
    cell(page, 1).click()
    expect(page.locator("#place")).to_have_text("2 of 2")
    press(page, "r")
    page.go_back()
    expect(page.locator("#grid")).to_be_visible()
    page.go_forward()
    page.reload()
    expect(page.locator("#stamp")).to_have_text("Rejected")
    assert saved(page, backend) == {"000003": ("rejected", None)}


def test_picture_when_its_address_expired_then_is_asked_for_again(
    page: Page, serve: Serve, backend: ReviewInMemory
) -> None:
    server = serve(backend)
    first = next(iter(backend.items.values()))
    backend.items[first.crop_id] = first.model_copy(update={"picture": "pictures/gone.jpg"})
    page.route("**/gone.jpg", lambda route: (_restore(backend, first), route.abort()))
    page.goto(server.address)
    expect(page.locator("#frame img")).to_have_attribute("src", first.picture)
    assert page.locator("#frame img").evaluate("image => image.decode().then(() => true)")


def _restore(backend: ReviewInMemory, item: object) -> None:
    backend.items["000001"] = item  # type: ignore[assignment]


# ── Grid ─────────────────────────────────────────────────────────────────────────────────────────


def test_grid_when_used_by_keys_then_has_one_tab_stop_and_selects_ranges(
    page: Page, serve: Serve, backend: ReviewInMemory
) -> None:
    opened(page, serve, backend, "grid")
    show_all(page)
    assert page.locator("[role=option][tabindex='0']").count() == 1
    cell(page, 0).focus()
    press(page, "ArrowRight Space ArrowRight Shift+ArrowRight Shift+ArrowRight")
    expect(page.locator("#selection")).to_contain_text("4 selected")
    press(page, "End")
    expect(cell(page, 36)).to_be_focused()
    press(page, "Home r")
    expect(cell(page, 1)).to_have_attribute("aria-label", "Buck, 0:00:01.5, rejected, doubtful")
    press(page, "Escape u")
    expect(page.locator("#selection")).to_contain_text("4 selected")
    press(page, "2")
    expect(page.get_by_role("button", name="Undo: named Frank: 4 crops")).to_be_enabled()
    assert {verdict for verdict, _ in saved(page, backend).values()} == {"kept"}
    assert len(backend.corrections) == 4


def test_grid_when_used_by_mouse_then_marks_select_and_a_click_opens_and_loses_nothing(
    page: Page, serve: Serve, backend: ReviewInMemory
) -> None:
    opened(page, serve, backend, "grid")
    show_all(page)
    for number in (2, 4):
        cell(page, number).hover()
        cell(page, number).locator(".mark").click()
    cell(page, 7).click(modifiers=["Shift"])
    expect(page.locator("#selection")).to_contain_text("5 selected")
    cell(page, 10).click()
    expect(page.locator("#single")).to_be_visible()
    press(page, "Escape")
    expect(page.locator("#selection")).to_contain_text("5 selected")
    expect(cell(page, 10)).to_be_focused()
    page.locator("#selection").get_by_role("button", name="Reject").click()
    assert len(saved(page, backend)) == 5


def test_grid_when_all_of_a_filter_are_selected_then_one_key_decides_them(
    page: Page, serve: Serve, backend: ReviewInMemory
) -> None:
    opened(page, serve, backend, "grid")
    page.get_by_role("button", name="Rinky 10").click()
    cell(page, 0).focus()
    press(page, "a r")
    assert set(saved(page, backend).values()) == {("rejected", None)}
    assert len(backend.corrections) == 10
    press(page, "u")
    assert set(saved(page, backend).values()) == {(None, None)}


def test_page_when_touched_then_selects_decides_and_goes_on(
    browser: Browser, serve: Serve, backend: ReviewInMemory
) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = opened(context.new_page(), serve, backend)
    page.get_by_role("button", name="Keep").tap()
    page.locator("#names").get_by_role("button", name="Rinky").tap()
    page.get_by_role("link", name="Grid").tap()
    page.locator("#filters").get_by_role("button", name="All").tap()
    page.get_by_role("button", name="Select", exact=True).tap()
    for number in (3, 4, 3, 5):
        cell(page, number).tap()
    expect(page.locator("#selection")).to_contain_text("2 selected")
    page.locator("#selection").get_by_role("button", name="Reject").tap()
    assert list(saved(page, backend).values()).count(("rejected", None)) == 2
    assert saved(page, backend)["000001"] == ("kept", None)
    assert saved(page, backend)["000003"] == ("kept", "rinky")
    context.close()


# ── Near-duplicates and unnamed ones ─────────────────────────────────────────────────────────────


def test_slider_when_moved_then_counts_at_once_and_changes_nothing(
    page: Page, serve: Serve, backend: ReviewInMemory
) -> None:
    opened(page, serve, backend, "groups")
    expect(page.locator("#groups .sum")).to_have_text("37 → 35 pictures")
    page.get_by_label("Alike from").fill("0.85")
    expect(page.locator("#groups .sum")).to_have_text("37 → 34 pictures")
    expect(page.locator("#groups article")).to_have_count(2)
    expect(page.locator("#groups code")).to_have_text(
        "onmodel dedup -p 'Big Buck Bunny' --threshold 0.85 --save --local"
    )
    assert saved(page, backend) == {}


def test_groups_when_decided_then_the_best_is_kept_or_they_are_no_match(
    page: Page, serve: Serve, backend: ReviewInMemory
) -> None:
    opened(page, serve, backend, "groups")
    groups = page.locator("#groups article")
    expect(groups).to_have_count(2)
    first, second = groups.nth(0), groups.nth(1)
    first.get_by_role("button", name="0:00:02.5").click()
    first.get_by_role("button", name="Keep the best").click()
    expect(first.locator(".state")).to_have_text("1 kept, 1 rejected")
    second.get_by_role("button", name="Not a match").click()
    expect(second.locator(".state")).to_have_text("Not a match: remembered for every later run")
    assert saved(page, backend) == {
        "000004": ("rejected", None),
        "000005": ("kept", None),
        "000006": (None, None),
        "000007": (None, None),
    }
    assert backend.corrections["000006"].not_a_match == ("000007",)
    page.reload()
    expect(page.locator("#groups article")).to_have_count(1)


def test_cluster_when_named_once_then_all_its_pictures_are_but_those_left_out(
    page: Page, serve: Serve, backend: ReviewInMemory
) -> None:
    opened(page, serve, backend, "clusters")
    clusters = page.locator("#clusters article")
    expect(clusters).to_have_count(2)
    large, small = clusters.nth(0), clusters.nth(1)
    expect(large.get_by_role("heading")).to_have_text("5 pictures")
    large.get_by_role("button", name="0:00:17.0").click()
    press(page, "1")
    expect(large.locator(".state")).to_have_text("4 of them named Buck")
    small.get_by_label("A new name").fill(" McGamera  the Great ")
    small.get_by_label("A new name").press("Enter")
    expect(small.locator(".state")).to_have_text("named McGamera the Great")
    expect(page.locator("#clusters article").last).to_be_visible()
    given = saved(page, backend)
    assert given == {
        **{f"{number:06d}": ("kept", "mcgamera-the-great") for number in (30, 31)},
        **{f"{number:06d}": ("kept", "buck") for number in (32, 33, 35, 36)},
    }


def test_cluster_when_named_in_another_script_then_the_backends_id_and_the_name_as_typed(
    page: Page, serve: Serve, backend: ReviewInMemory
) -> None:
    opened(page, serve, backend, "clusters")
    small = page.locator("#clusters article").nth(1)
    name = small.get_by_label("A new name")
    name.press("Enter")
    expect(page.get_by_text("Write a name first")).to_be_visible()
    name.fill("ガメラ")
    small.get_by_role("button", name="Name", exact=True).click()
    expect(small.locator(".state")).to_have_text("named ガメラ")
    saved(page, backend)
    given = backend.corrections["000030"]
    assert (given.character, given.character_name) == (slug("ガメラ"), "ガメラ")
