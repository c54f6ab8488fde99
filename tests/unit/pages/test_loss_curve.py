from __future__ import annotations

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.trainings import LossPoint
from onmodel.pages.loss_curve import HEIGHT, MOST_POINTS, WIDTH, render_loss_curve

SVG = "{http://www.w3.org/2000/svg}"
LOSSES = st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), max_size=60)


def curves(svg: bytes) -> dict[str, list[tuple[float, float]]]:
    """Points by class of the path."""
    found = {}
    for path in ElementTree.fromstring(svg).iter(f"{SVG}path"):
        if path.get("fill") == "none":
            pairs = path.get("d", "")[1:].split("L")
            found[path.get("class", "")] = [
                (float(x), float(y)) for x, y in (pair.split() for pair in pairs)
            ]
    return found


def points(losses: list[float]) -> list[LossPoint]:
    return [LossPoint(step=step, loss=loss) for step, loss in enumerate(losses, start=1)]


@given(LOSSES)
def test_loss_curve_when_drawn_from_anything_is_svg_within_its_picture(losses) -> None:
    for curve in curves(render_loss_curve(points(losses))).values():
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in curve)


def test_loss_curve_when_loss_falls_goes_down_and_to_the_right() -> None:
    curve = curves(render_loss_curve(points([1.0, 0.5, 0.25])))["loss-every"]
    assert curve == sorted(curve)
    assert [y for _, y in curve] == sorted(y for _, y in curve)


def test_loss_curve_when_a_job_has_20000_steps_stays_small() -> None:
    curve = curves(render_loss_curve(points([1.0] * 20_000)))["loss-every"]
    assert len(curve) <= MOST_POINTS


def test_loss_curve_when_nothing_was_recorded_says_so() -> None:
    assert b"No loss was recorded" in render_loss_curve([])


def test_curve_when_its_notice_is_long_then_below_the_curve_in_lines_that_fit() -> None:
    notice = "SageMaker jobs run as processes on this machine. " * 6
    picture = render_loss_curve([LossPoint(step=1, loss=1.0)], notice).decode()
    assert 'viewBox="0 0 960 416"' in picture  # three lines of 16 pixels, and a gap
    lines = re.findall(r'<text class="loss-ink" x="20" y="\d+" font-size="11">([^<]+)<', picture)
    assert " ".join(lines) == notice.strip()
    assert max(map(len, lines)) <= 140


def test_curve_when_held_out_pictures_were_measured_then_their_loss_is_drawn_and_named() -> None:
    measured = {100: 0.9, 200: 0.6}
    recorded = [
        LossPoint(step=step, loss=1 / step, validation_loss=measured.get(step))
        for step in range(1, 2000)
    ]
    picture = render_loss_curve(recorded)
    assert len(curves(picture)["loss-validation"]) == 2
    assert b"on held-out pictures, last 0.6" in picture
    assert "loss-validation" not in curves(render_loss_curve(points([1.0, 0.5])))
