"""The page as a whole: what is read out, hostile texts, sizes, and the rules that exist twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.review_server import ReviewServer
from drawn.review import CAST, SHEET, doubt, items_of, review_item
from fakes.review_backend import ReviewInMemory
from playwright.sync_api import Browser, Page, expect

from onmodel.contracts.characters import Character
from onmodel.contracts.review import ReviewCharacter
from onmodel.datasets.captions import FILLER, repeated_trait
from onmodel.datasets.mentions import mentions, without_names
from onmodel.datasets.needless_words import without_needless_words

Serve = Callable[[ReviewInMemory], ReviewServer]
ROOT = Path(__file__).parents[2]
FIRST_PAGE_BYTES = 300_000
TOO_WIDE = """() => [...document.querySelectorAll("main *, header *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .filter((one) => !one.closest(".names, .filters, .thumb, nav"))
    .map((one) => one.outerHTML.slice(0, 80))"""
"""Elements beyond the right edge. Rows of names and filters are moved sideways by a thumb."""

VIEWS = ("single", "grid", "groups", "clusters")


def cast_review() -> ReviewInMemory:
    """Something of everything that the page can show."""
    doubts = (doubt("margin", "Frank is as near"), doubt("caption", "describes the look"))
    first = [
        review_item(0, doubts=doubts, group="g", caption="A cartoon rabbit named Buck **runs**"),
        review_item(1, "frank", doubts=(doubt("near_duplicate", "of the one before"),), group="g"),
    ]
    unnamed = [review_item(number, "", cluster="c") for number in range(30, 34)]
    alike = {("000000", "000001"): 0.95, ("000002", "000003"): 0.85}
    items = [*first, *items_of(30)[2:], *unnamed]
    others = [
        ReviewCharacter(slug=f"other-{number}", name=f"{'Very ' * number}Long Name", references=())
        for number in range(8)
    ]
    cast = [*CAST, *others]
    return ReviewInMemory("Big Buck Bunny", cast, items, [SHEET], alike, is_waited_for=True)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_views_when_examined_by_axe_then_have_no_fault(
    scheme: str, width: int, browser: Browser, serve: Serve
) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": 844}, color_scheme=scheme, has_touch=width < 500,
        reduced_motion="reduce",
    )  # fmt: skip
    page.goto(serve(cast_review()).address)
    expect(page.locator("#place")).to_have_text("1 of 2")
    page.keyboard.press("r")
    page.keyboard.press("k")
    found: dict[str, list[str]] = {}
    for view in VIEWS:
        page.goto(f"{page.url.partition('#')[0]}#{view}")
        expect(page.locator(f"#{view}")).to_be_visible()
        if view == "grid":
            page.locator("[role=option]").first.press(" ")
        if view == "groups":
            expect(page.locator("#groups article")).to_have_count(1)
        expect(page.locator("#saving")).to_have_text("All saved")
        assert page.evaluate(TOO_WIDE) == [], view
        found[view] = _faults(page)
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    found["help"] = _faults(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Finish").click()
    expect(page.locator("#finish")).to_be_visible()
    found["finish"] = _faults(page)
    page.close()
    assert found == {view: [] for view in (*VIEWS, "help", "finish")}


def _faults(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['target']}" for one in violations for node in one["nodes"]]


HOSTILE = (
    "</script><script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "باك الأرنب",
    "Buck\u202eevil",
    "👩‍👩‍👧‍👦 Buck 🐇",
    "constructor",
)


def test_names_and_captions_when_hostile_then_are_shown_as_text_and_saved_as_they_are(
    page: Page, serve: Serve
) -> None:
    cast = [
        ReviewCharacter(slug=f"c{number}", name=name, references=())
        for number, name in enumerate(HOSTILE)
    ]
    items = [
        review_item(number, doubts=(doubt("margin", text),)).model_copy(
            update={"character": f"c{number}", "name": text, "caption": text, "film": text}
        )
        for number, text in enumerate(HOSTILE)
    ]
    backend = ReviewInMemory(HOSTILE[0], cast, items)
    page.goto(serve(backend).address)
    for number, text in enumerate(HOSTILE):
        expect(page.locator("#single-name")).to_have_text(text)
        assert page.locator("#caption").input_value() == text
        page.keyboard.press(str(number + 1))
    for view in VIEWS:
        page.goto(f"{page.url.partition('#')[0]}#{view}")
        expect(page.locator(f"#{view}")).to_be_visible()
    assert page.title() == f"Review of {HOSTILE[0]} · onmodel"
    assert page.locator("main img[src=x], main script").count() == 0
    expect(page.locator("#saving")).to_have_text("All saved")
    assert [one.character for one in backend.corrections.values()] == [one.slug for one in cast]


def test_caption_when_typed_then_is_checked_put_right_and_saved(page: Page, serve: Serve) -> None:
    backend = ReviewInMemory("P", CAST, items_of(2))
    page.goto(serve(backend).address)
    field, faults = page.locator("#caption"), page.locator("#caption-faults")
    expect(field).to_have_value("Buck looks to the left, picture 0.")
    page.keyboard.press("e")
    field.fill("Frank **jumps**")
    expect(faults).to_contain_text("names Frank, not Buck")
    faults.get_by_role("button", name="Put right: Buck jumps").click()
    expect(field).to_have_value("Buck jumps")
    expect(faults).to_be_empty()
    field.fill("x" * 10_000)
    field.press("Enter")
    expect(faults).to_contain_text("too long: 10,000 letters, 1,024 at most")
    expect(faults).to_contain_text("not saved until this is put right")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(field).to_have_value("x" * 10_000)
    field.fill("Buck يقفز 🐇")
    field.press("Escape")
    expect(page.locator("#saving")).to_have_text("All saved")
    assert backend.corrections["000000"].caption == "Buck يقفز 🐇"


def test_page_when_opened_then_is_small_and_20000_crops_stay_light(
    page: Page, serve: Serve
) -> None:
    server = serve(ReviewInMemory("P", CAST, items_of(20_000, picture="pictures/buck-0.jpg")))
    page.goto(server.address)
    expect(page.locator("#single-name")).to_have_text("Buck")
    first = {path: size for path, size in server.bytes_sent.items() if "after=" not in path}
    assert sum(first.values()) < FIRST_PAGE_BYTES
    expect(page.locator("#saving")).to_have_text("All saved")
    page.goto(f"{server.address}#grid")
    page.locator("[role=option]").first.wait_for()
    page.keyboard.press("End")
    expect(page.locator("[role=option]:focus")).to_have_attribute("aria-posinset", "20000")
    assert page.locator("[role=option]").count() < 200


def test_help_when_read_then_lists_the_keys_of_the_documentation(page: Page, serve: Serve) -> None:
    page.goto(serve(ReviewInMemory("P", CAST, items_of(1))).address)
    expect(page.locator("#place")).to_have_text("1 of 1")
    page.get_by_role("button", name="Keys").click()
    expect(page.locator("#help")).to_be_visible()
    rows = page.locator("#help tr").all()
    listed = [
        (row.locator("th").inner_text().replace("\n", " ").split(), row.locator("td").inner_text())
        for row in rows
    ]
    text = (ROOT / "docs/review.md").read_text().partition("## Keys")[2].partition("## ")[0]
    told = [
        (keys.split(), words)
        for keys, words in re.findall(r"^\| (\S[^|]*) \| ([^|]+) \|$", text, re.MULTILINE)
        if keys != "keys"
    ]
    assert [("".join(keys), words) for keys, words in listed] == [
        ("".join(keys), words) for keys, words in told
    ]


CAPTIONS = (
    "Buck sleeps below a tree",
    "A bucket and a Buckaroo",
    "Buckは木の下で眠る",
    "buck's burrow",
    "BUCK",
    "This image shows Buck asleep",
    "An image of Buck",
    "Buck in this picture",
    "a cartoon figure",
    "Buck, a grey rabbit with huge ears, runs",
    "Buck with a belly as round as an apple yawns",
    "Buck\u2019s Zé runs",
    "Ze\u0301 runs",
    "A cartoon rabbit named Buck sleeps",
    "Below a tree sleeps the small long-eared Buck",
    "Below a tree sleeps the long-eared Buck",
    "Grey-furred, Buck sleeps",
    "In this scene, grey-furred Buck sleeps",
    "Here, a rabbit called Buck sleeps",
    "In this meadow, Buck sleeps",
    "A dog named Rex sleeps beside Buck",
)
DESCRIPTION = "a grey rabbit with huge ears, and a belly as round as an apple; kind"


def test_rules_of_captions_when_tried_in_both_languages_then_agree(
    page: Page, serve: Serve
) -> None:
    page.goto(f"{serve(ReviewInMemory('P', CAST, items_of(1))).address}static/captions.js")
    ask: Any = """([captions, description]) => import("/secret/static/captions.js").then((rules) =>
        captions.map((caption) => ({
            mentions: ["Buck", "Zé"].map((name) => rules.mentions(caption, name)),
            trait: rules.repeatedTrait(caption, description),
            filler: rules.faultsOf(caption, { name: "", others: [] })
                .some((fault) => fault.text.endsWith("says nothing about the picture")),
            needless: rules.putRight(caption, { name: "Buck", others: [] }),
        })))"""
    answers = page.evaluate(ask, [list(CAPTIONS), DESCRIPTION])
    buck = Character(name="Buck", description=DESCRIPTION)
    for caption, answer in zip(CAPTIONS, answers, strict=True):
        assert answer == {
            "mentions": [mentions(caption, "Buck"), mentions(caption, "Zé")],
            "trait": repeated_trait(caption, buck),
            "filler": FILLER.search(without_names(caption, ["Buck"])) is not None,
            "needless": answer["needless"] if answer["filler"] else needless(caption),
        }, caption


def needless(caption: str) -> str | None:
    """The caption without needless words; None when it has none."""
    without = without_needless_words(caption, ["Buck"])
    return None if without == caption else without
