import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmodel.contracts.base import Box
from onmodel.vision.quality import WEIGHTS, CropMeasures, crop_quality, measure_crop

parts = st.fixed_dictionaries(
    {
        "sharpness": st.floats(0, 1e5),
        "exposed": st.floats(0, 1),
        "enlargement": st.floats(0.05, 20),
        "figure_share": st.floats(0, 1),
        "confidence": st.floats(0, 100),
    }
)


def quality(values: dict[str, float]) -> float:
    rest = {name: values[name] for name in ("enlargement", "figure_share", "confidence")}
    return crop_quality(CropMeasures(values["sharpness"], values["exposed"]), **rest)


@given(parts, st.sampled_from(["sharpness", "exposed", "figure_share", "confidence"]), st.data())
def test_crop_quality_when_a_part_gets_better_then_never_falls(
    values: dict[str, float], part: str, data: st.DataObject
) -> None:
    limit = {"sharpness": 1e5, "confidence": 100}.get(part, 1)
    better = values | {part: data.draw(st.floats(values[part], limit))}
    assert quality(better) >= quality(values)


@given(parts, st.floats(0, 10))
def test_crop_quality_when_enlarged_more_then_never_rises(
    values: dict[str, float], more: float
) -> None:
    enlarged = values | {"enlargement": values["enlargement"] + more}
    assert quality(enlarged) <= quality(values)


@given(parts)
def test_crop_quality_when_of_anything_then_between_0_and_1(values: dict[str, float]) -> None:
    assert 0 <= quality(values) <= 1


def test_crop_quality_when_weights_are_summed_then_1() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def measured(picture: np.ndarray) -> CropMeasures:
    height, width = picture.shape[:2]
    whole = Box(left=0, top=0, width=width, height=height)
    return measure_crop(picture, whole, whole)


def drawing() -> np.ndarray:
    picture = np.full((900, 600, 3), 180, np.uint8)
    cv2.circle(picture, (300, 400), 200, (40, 90, 200), -1)
    cv2.circle(picture, (300, 400), 200, (20, 20, 20), 6)
    return picture


def test_measure_crop_when_blurred_then_less_sharp() -> None:
    sharp = measured(drawing())
    blurred = measured(cv2.GaussianBlur(drawing(), (0, 0), 6))
    assert blurred.sharpness < sharp.sharpness / 4


def test_measure_crop_when_scaled_from_few_pixels_then_less_sharp() -> None:
    few = cv2.resize(drawing(), (60, 90), interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(few, (600, 900), interpolation=cv2.INTER_CUBIC)
    assert measured(enlarged).sharpness < measured(drawing()).sharpness / 4


def test_measure_crop_when_half_is_black_then_half_exposed() -> None:
    picture = np.full((100, 100, 3), 128, np.uint8)
    picture[:50] = 0
    assert measured(picture) == CropMeasures(sharpness=measured(picture).sharpness, exposed=0.5)


def test_measure_crop_when_only_the_background_is_sharp_then_as_blurred_as_its_figure() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (600, 600, 3), np.uint8)
    blurred = cv2.GaussianBlur(noise, (0, 0), 8)
    mixed = noise.copy()
    mixed[200:400, 200:400] = blurred[200:400, 200:400]
    window = Box(left=50, top=70, width=600, height=600)
    figure = Box(left=260, top=280, width=180, height=180)
    of_figure, of_all = measure_crop(mixed, figure, window), measured(mixed)
    assert of_figure.sharpness < 0.05 * of_all.sharpness
    assert of_figure.sharpness == pytest.approx(
        measure_crop(blurred, figure, window).sharpness, rel=0.2
    )
