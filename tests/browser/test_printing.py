"""The gallery on paper, also where the screen is dark."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import Page

from onmodel.contracts.judging import Interval, JudgedNumber, Judgement
from onmodel.contracts.panels import PanelRequest, PlannedPanel
from onmodel.contracts.storyboards import Storyboard
from onmodel.pages.gallery import Gallery, GalleryPanel, GalleryPicture, render_gallery

LIGHTNESS = """(selector) => {
    const style = getComputedStyle(document.querySelector(selector));
    const mean = (colour) => colour.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0) / 3;
    return [mean(style.color), mean(style.backgroundColor)];
}"""
"""Of text and of what is behind it, 0 to 255."""


def test_gallery_when_printed_from_a_dark_screen_then_dark_text_is_on_light_paper(
    page: Page,
) -> None:
    number = JudgedNumber(
        number="identity", arm="tuned", interval=Interval(mean=0.7, low=0.6, high=0.8, scenes=5)
    )
    planned = PlannedPanel(
        number=1, scene="Buck smiles", characters=("buck",), request=PanelRequest(text="x", seed=1)
    )
    made = Gallery(
        production="bunny", name="first-day", take=1, model="m",
        storyboard=Storyboard(scenes=("Buck smiles",)),
        panels=[GalleryPanel(planned, [GalleryPicture(b"a", seed=1)])],
        drawn_at=datetime(2026, 11, 22, tzinfo=UTC), names={"buck": "Buck"},
        judgement=Judgement(numbers=(number,), pictures=()),
    )  # fmt: skip
    page.emulate_media(media="print", color_scheme="dark")
    page.set_content(render_gallery(made).decode())
    for selector in (".panel", "table.numbers", ".who", "body"):
        text, paper = page.evaluate(LIGHTNESS, selector)
        assert text < 110 and paper > 200, selector
    assert page.pdf(format="A4")[:5] == b"%PDF-"
