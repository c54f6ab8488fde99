from __future__ import annotations

import base64

from onmodel.contracts.base import Box, Usage
from onmodel.contracts.caption_checks import (
    CaptionCheck,
    CaptionFaultKind,
    CaptionScores,
    RepeatedPhrase,
)
from onmodel.contracts.captions import Caption
from onmodel.contracts.datasets import (
    CharacterCount,
    DatasetItem,
    DatasetSummary,
    LeftOut,
    LeftOutReason,
    Split,
    Violation,
)
from onmodel.contracts.framing import Framing
from onmodel.contracts.settings import Settings
from onmodel.money.pricebook import PriceBook, estimate
from onmodel.pages.dataset import LEFT_OUT, DatasetReport, render_dataset_report


def report(pictures: int = 6, **changes: object) -> DatasetReport:
    items = [
        DatasetItem(
            crop_id=f"c{number}",
            film_id="a-00000001",
            character="buck" if number % 2 else None,
            timecode_seconds=number,
            shot=number,
            box=Box(left=0, top=0, width=9, height=9),
            width=768,
            height=1024,
            quality=0.5,
            key="x",
            split=Split.VALIDATION if number == 0 else Split.TRAINING,
        )
        for number in range(pictures)
    ]
    values = {
        "production": "bunny",
        "summary": DatasetSummary(
            dataset_id="d0001-00000000",
            films=("a-00000001",),
            characters=(
                CharacterCount(
                    character="buck", kept=pictures, left_out=3, training=pictures - 1, validation=1
                ),
            ),
            left_out={LeftOutReason.OVER_CAP: 3},
        ),
        "settings": Settings(),
        "items": items,
        "captions": {
            item.crop_id: Caption(
                crop_id=item.crop_id, text=f"Buck <waves> {item.crop_id}", model="m"
            )
            for item in items[1:]
        },
        "left_out": (),
        "thumbnails": {item.crop_id: b"jpeg" for item in items},
        "bill": estimate((Usage(item="bedrock.amazon.nova-pro-v1:0.input-1k", paid=10),),
                         PriceBook.load()),
    }  # fmt: skip
    return DatasetReport(**values | changes)


def test_dataset_report_when_paged_shows_every_picture_once_with_its_caption() -> None:
    pages = dict(render_dataset_report(report(pictures=25), pictures_a_page=10))
    assert list(pages) == ["page-2.html", "page-3.html", "index.html"]
    html = b"".join(pages.values()).decode()
    for number in range(25):
        assert html.count(f'id="c-c{number}"') == 1
    assert html.count("Buck &lt;waves&gt; c7</p>") == 1
    assert html.count("No caption") == 1


def test_dataset_report_when_its_film_has_a_title_then_shown_in_place_of_the_id() -> None:
    html = dict(render_dataset_report(report(film_titles={"a-00000001": "Day <1>.mp4"})))
    page = html["index.html"].decode()
    assert page.count("Day &lt;1&gt;.mp4 · ") == 6  # one a picture
    assert "of Day &lt;1&gt;.mp4</p></footer>" in page
    assert "a-00000001" not in page


def test_dataset_report_when_the_row_of_its_film_is_gone_then_called_by_its_id() -> None:
    page = dict(render_dataset_report(report()))["index.html"].decode()
    assert page.count("a-00000001 · ") == 6


def test_dataset_report_when_training_is_impossible_says_why() -> None:
    shown = report(
        findings=("Nova Canvas reached its end of life",),
        violations=(Violation(line=3, rule="caption", detail="caption is too long"),),
    )
    html = dict(render_dataset_report(shown))["index.html"].decode()
    assert "Nova Canvas reached its end of life" in html
    assert "line 3: caption is too long" in html


def test_dataset_report_when_settings_name_whose_film_it_is_then_does() -> None:
    pages = dict(render_dataset_report(report(settings=Settings(credit="Bunny © Studio"))))
    assert all("<p>Pictures: Bunny © Studio</p>" in page.decode() for page in pages.values())


def test_dataset_report_when_pictures_were_left_out_says_why() -> None:
    html = dict(render_dataset_report(report()))["index.html"].decode()
    assert "3 · More than enough" in html


def test_dataset_report_when_one_off_looks_were_left_out_then_each_is_shown_with_its_reason() -> (
    None
):
    left_out = [
        LeftOut(
            crop_id=f"left{number}", film_id="a-00000001", reason=reason, character="buck",
            look="rain", detail=f"reason {number}",
        )
        for number, reason in enumerate((LeftOutReason.ONE_OFF_LOOK, LeftOutReason.OVER_CAP))
    ]  # fmt: skip
    thumbnails = {"left0": b"left out"}
    shown = report(left_out=left_out, thumbnails=thumbnails)
    html = dict(render_dataset_report(shown))["index.html"].decode()
    assert '<h3>One-off looks</h3><span class="total">1 picture</span>' in html
    assert "<p>reason 0</p><small>Buck · a-00000001</small>" in html
    assert base64.b64encode(b"left out").decode() in html
    assert "reason 1" not in html
    assert "one-off-looks" not in dict(render_dataset_report(report()))["index.html"].decode()


def test_dataset_report_when_framings_are_known_then_each_picture_and_the_character_say_them() -> (
    None
):
    items = [
        item.model_copy(update={"framing": framing})
        for item, framing in zip(
            report(pictures=8).items,
            [None, Framing.PART, None, Framing.PART, None, Framing.FULL, None, None],
            strict=True,
        )
    ]
    html = dict(render_dataset_report(report(items=items)))["index.html"].decode()
    assert '<p class="note">2 cut off at the edge, 1 whole figure, 1 not known</p>' in html
    assert html.count(" · cut off at the edge") == 2


def test_dataset_report_when_looks_are_known_then_each_picture_and_the_character_say_them() -> None:
    looks = ["", "rain", "", "winter", "", "winter", "", ""]
    items = [
        item.model_copy(update={"look": look})
        for item, look in zip(report(pictures=8).items, looks, strict=True)
    ]
    html = dict(render_dataset_report(report(items=items)))["index.html"].decode()
    assert '<p class="note">1 “rain”, 2 “winter”, 1 of no known look</p>' in html
    assert html.count(" · look “winter”") == 2
    assert 'class="note"' not in dict(render_dataset_report(report()))["index.html"].decode()


def test_every_reason_to_leave_out_has_words() -> None:
    assert set(LEFT_OUT) == set(LeftOutReason)


def test_dataset_report_when_a_picture_is_shown_then_whole_and_it_opens_large() -> None:
    html = dict(render_dataset_report(report()))["index.html"].decode()
    assert "object-fit: cover" not in html
    assert html.count('<a href="../pictures/') == html.count(" loading=")
    assert "Captions: questions and pictures" in html and "nova-pro" not in html


def test_dataset_report_when_captions_were_checked_shows_scores_before_and_after() -> None:
    phrase = RepeatedPhrase(
        text="grey fur", kind=CaptionFaultKind.TRAIT, character="buck", captions=4, of=9
    )
    check = CaptionCheck(
        before=CaptionScores(captions=10, faulty=6, faults={CaptionFaultKind.NAME: 6}),
        after=CaptionScores(
            captions=10, faulty=4, faults={CaptionFaultKind.TRAIT: 4}, phrases=(phrase,)
        ),
        stripped=1,
        asked_again=2,
        changed_by_asking=1,
    )
    summary = report().summary.model_copy(update={"captions": check})
    html = dict(render_dataset_report(report(summary=summary)))["index.html"].decode()
    assert (
        "4 of 10 captions without a fault as they were written; 1 put right by a rule and 2 asked"
        " for once more; 6 without a fault now." in html
    )
    assert "<dd>6 without the name of the picture&#39;s character</dd>" in html
    assert "<dd>4 of the 9 captions of Buck have “grey fur”</dd>" in html


def test_dataset_report_when_its_captions_were_never_checked_says_nothing_of_it() -> None:
    assert b"checked together" not in dict(render_dataset_report(report()))["index.html"]
