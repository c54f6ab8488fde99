from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from onmodel.contracts.base import Box
from onmodel.contracts.crops import OtherFigure, Rejected, RejectReason
from onmodel.contracts.namers import NameThreshold
from onmodel.contracts.settings import Settings
from onmodel.pages.dropped import MOST_OF_A_REASON, REASONS
from onmodel.pages.film import render_film_report


class Outline(HTMLParser):
    """Collects what a reader, a link and a screen reader find on a page."""

    VOID = frozenset({"meta", "img", "br", "path", "rect"})

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.tags: set[str] = set()
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "a":
            self.links.append(str(found["href"]))
        if tag == "img":
            self.images.append(found)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_report_when_a_threshold_was_told_then_says_how_sure_names_are(make_report) -> None:
    report = make_report(kept=4, dropped=0)
    assert b"How sure are the names?" not in dict(render_film_report(report))["index.html"]
    needed = NameThreshold(similarity=0.79, margin=0.03, measured=True, tried=42, misnamed=15)
    told = replace(report, summary=report.summary.model_copy(update={"threshold": needed}))
    html = dict(render_film_report(told))["index.html"].decode()
    assert "How sure are the names?" in html and "similarity of 0.79" in html
    assert "15 of 42 tracks (36 %)" in html


@pytest.mark.parametrize(("share", "flags"), [(0.6, 1), (0.2, 0)])
def test_report_when_another_figure_is_large_on_a_picture_then_it_is_marked_as_a_group(
    make_report, share: float, flags: int
) -> None:
    report = make_report(kept=4, dropped=0)
    first, *rest = report.crops
    other = OtherFigure(box=first.box, share=share)
    group = first.model_copy(update={"others": (other,), "track": 7, "wide": False})
    html = dict(render_film_report(replace(report, crops=[group, *rest])))["index.html"].decode()
    assert html.count('<span class="flag">group</span>') == flags
    assert html.count(", with somebody without a name, track 7, quality") == flags


def test_report_when_two_finders_found_a_figure_then_both_are_told(make_report) -> None:
    report = make_report(kept=2, dropped=0)
    by_both, by_one = report.crops
    crops = [
        by_both.model_copy(update={"found_by": ("labels", "faces")}),
        by_one.model_copy(update={"found_by": ("labels",)}),
    ]
    html = dict(render_film_report(replace(report, crops=crops)))["index.html"].decode()
    assert html.count(" % by labels and faces") == 1 and html.count(" % by ") == 1


@pytest.mark.parametrize(
    ("reason", "counted"),
    [
        (RejectReason.BLACK, "3 frames"),
        (RejectReason.NO_FIGURE, "3 frames"),
        (RejectReason.TOO_SMALL, "3 figures"),
        (RejectReason.TEXT, "3 figures"),
        (RejectReason.NEAR_DUPLICATE, "3 pictures"),
    ],
)
def test_report_when_figures_were_dropped_then_they_are_not_counted_as_frames(
    make_report, reason: RejectReason, counted: str
) -> None:
    report = make_report(kept=4, dropped=3)
    lines = [line.model_copy(update={"reason": reason}) for line in report.rejected]
    html = dict(render_film_report(replace(report, rejected=lines)))["index.html"].decode()
    assert f'<span class="total">{counted}</span>' in html


def test_report_when_small_is_one_page_with_everything(make_report) -> None:
    pages = dict(render_film_report(make_report(kept=20, dropped=20)))
    assert list(pages) == ["index.html"]
    html = pages["index.html"].decode()
    for words in ("Big Buck Bunny.mp4", "Who is on screen", "Near-duplicates", "$0.50",
                  "threshold: 0.9 instead of 0.95", "One reference of Gamera",
                  "01:01.500 to 01:06.250"):  # fmt: skip
        assert words in html


def test_report_when_paged_shows_every_kept_crop_once(make_report) -> None:
    report = make_report(kept=50, dropped=60)
    pages = dict(render_film_report(report, pictures_a_page=20))
    assert list(pages) == [*(f"page-{n}.html" for n in range(2, len(pages) + 1)), "index.html"]
    shown = [name for page in pages.values() for name in Outline(page).ids if name[:2] == "c-"]
    assert sorted(shown) == sorted(f"c-{crop.crop_id}" for crop in report.crops)


def test_report_when_paged_counts_every_dropped_one(make_report) -> None:
    report = make_report(kept=10, dropped=80)
    pages = dict(render_film_report(report, pictures_a_page=30))
    tiles = sum(page.count(b'<figure class="tile"') for page in pages.values())
    assert tiles == len(report.crops) + len(report.rejected)


@pytest.mark.parametrize("pictures", [15, 1000])
def test_report_when_rendered_has_balanced_tags_and_no_dead_links(make_report, pictures) -> None:
    report = make_report(kept=30, dropped=40)
    pages = dict(render_film_report(report, pictures_a_page=pictures))
    large = {f"../crops/{crop.key.rpartition('/')[2]}" for crop in report.crops}
    outlines = {name: Outline(page) for name, page in pages.items()}
    for name, outline in outlines.items():
        assert outline.open == []
        for link in outline.links:
            page, _, anchor = link.partition("#")
            if page.startswith("../"):
                assert link in large
                continue
            target = outlines[page or name]
            assert not anchor or anchor in target.ids, link


def test_report_when_rendered_is_self_contained_and_runs_nothing(make_report) -> None:
    for _, page in render_film_report(make_report(), pictures_a_page=20):
        outline = Outline(page)
        assert not outline.tags & {"script", "link", "iframe", "object"}
        assert all(str(image["src"]).startswith("data:image/jpeg") for image in outline.images)
        assert all("alt" in image for image in outline.images)
        assert not re.search(rb"https?://", page)


def test_report_when_read_on_a_phone_then_nothing_is_told_by_hovering_alone(make_report) -> None:
    html = b"".join(page for _, page in render_film_report(make_report())).decode()
    assert " title=" not in html and "oint at" not in html
    assert html.count("<details><summary>") == 24
    assert html.count("of 100</small>") == 24


def test_report_when_an_hour_was_dropped_then_some_of_each_reason_are_shown(make_report) -> None:
    report = make_report(kept=4, dropped=3000)
    pages = dict(render_film_report(report))
    html = b"".join(pages.values()).decode()
    most = max(report.summary.rejected.values())
    assert f"{MOST_OF_A_REASON} of {most:,} are shown, evenly over the film" in html
    assert len(pages) <= 3 + len(report.summary.rejected)
    assert html.count('<figure class="tile"') <= 4 + MOST_OF_A_REASON * len(report.summary.rejected)


def test_report_when_costs_are_shown_then_in_words_and_not_by_internal_names(make_report) -> None:
    html = b"".join(page for _, page in render_film_report(make_report())).decode()
    assert "Finding figures" in html and "Comparing pictures" in html
    assert "rekognition." not in html and "titan-embed-image-v1<" not in html


def test_report_when_names_are_hostile_escapes_them(make_report) -> None:
    attack = "<script>alert(1)</script>"
    html = b"".join(
        page for _, page in render_film_report(make_report(title=attack, detail=f'"{attack}'))
    ).decode()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_report_when_nothing_was_kept_says_so_and_why(make_report) -> None:
    html = dict(render_film_report(make_report(kept=0, dropped=9)))["index.html"].decode()
    assert "No picture was kept of this film" in html
    assert "What was dropped, and why" in html


def test_report_when_a_thumbnail_is_missing_leaves_its_place_empty(make_report) -> None:
    report = make_report(kept=3, dropped=0, picture=lambda _: b"")
    assert dict(render_film_report(report))["index.html"].count(b"no picture") == 3


def test_report_when_a_figure_was_refused_then_it_is_outlined_where_all_pictures_have_one_size(
    make_report,
) -> None:
    box = Box(left=40, top=50, width=60, height=70)
    report = make_report(kept=3, dropped=2, detail="")
    lines = [Rejected(reason=RejectReason.TOO_SMALL, timecode_seconds=1, chunk=0, box=box)]
    report = replace(report, rejected=lines, thumbnails={"frame-000001000": b"jpeg"})
    html = dict(render_film_report(report))["index.html"].decode()
    assert 'viewBox="0 0 1280 720"' in html
    assert '<rect x="40" y="50" width="60" height="70"/>' in html
    facts = report.summary.facts.model_copy(update={"container": "pictures"})
    archive = replace(report, summary=report.summary.model_copy(update={"facts": facts}))
    assert b"<rect" not in dict(render_film_report(archive))["index.html"].split(b'id="dropped"')[1]


def test_report_when_it_has_several_pages_then_later_ones_say_which_and_lead_back(
    make_report,
) -> None:
    pages = dict(render_film_report(make_report(kept=24, dropped=30), pictures_a_page=20))
    last = pages[f"page-{len(pages)}.html"].decode()
    assert f"<h2>What was dropped, and why: page {len(pages)} of {len(pages)}</h2>" in last
    assert '<a href="index.html">Back to the first page</a>' in last
    assert f"<h2>Contact sheet: page 2 of {len(pages)}</h2>" in pages["page-2.html"].decode()
    assert "Back to the first page" not in pages["index.html"].decode()


def test_report_when_settings_name_whose_film_it_is_then_each_page_does(make_report) -> None:
    report = make_report(kept=24, dropped=30)
    theirs = replace(report, settings=Settings(credit="Bunny © <Studio>"))
    pages = dict(render_film_report(theirs, pictures_a_page=20))
    assert len(pages) > 1
    assert all(
        "<p>Pictures: Bunny © &lt;Studio&gt;</p>" in page.decode() for page in pages.values()
    )
    assert not any("Pictures:" in page.decode() for _, page in render_film_report(report))


def test_every_reason_has_words() -> None:
    assert set(REASONS) == set(RejectReason)


def test_report_when_one_page_is_rendered_then_only_its_pictures_are_read(make_report) -> None:
    class Counted(dict[str, bytes]):
        read = 0

        def get(self, key: str, default: bytes | None = None) -> bytes | None:
            self.read += 1
            return super().get(key, default)

    report = make_report(kept=60, dropped=0)
    counted = Counted(report.thumbnails)
    pages = render_film_report(replace(report, thumbnails=counted), pictures_a_page=20)
    assert next(pages)[0] == "page-2.html"
    assert counted.read == 20


def test_report_when_unnamed_pictures_look_alike_then_a_group_with_the_line_that_names_it(
    make_report,
) -> None:
    report = make_report(kept=20, dropped=0)
    alike = [crop.crop_id for crop in report.crops[:12]]
    names = {
        crop.crop_id: report.names[crop.crop_id].model_copy(
            update={"character": None, "group": alike[3] if crop.crop_id in alike else None}
        )
        for crop in report.crops
    }
    html = dict(render_film_report(replace(report, names=names)))["index.html"].decode()
    assert f"<code>{report.crops[0].film_id}/{alike[3]}: …</code>" in html
    assert f'id="group.{alike[3]}"' in html
    assert html.index("<h3>Group 1</h3>") < html.rindex("Not named")
