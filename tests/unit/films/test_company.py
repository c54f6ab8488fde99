from onmodel.contracts.base import Box
from onmodel.contracts.crops import Crop, OtherFigure
from onmodel.films.company import ALONE, Company, company_of

BOX = Box(left=10, top=20, width=300, height=400)


def crop(name: str, track: int, *others: OtherFigure) -> Crop:
    return Crop(
        crop_id=name, film_id="ep1", timecode_seconds=1, shot=0, chunk=0, track=track, box=BOX,
        window=BOX, width=768, height=1024, label="Person", confidence=90, sharpness=100,
        quality=0.5, key=f"{name}.jpg", others=others,
    )  # fmt: skip


def other(share: float, crop_id: str | None = None, track: int | None = None) -> OtherFigure:
    return OtherFigure(box=BOX, share=share, crop_id=crop_id, track=track)


def test_company_when_nobody_is_beside_then_alone() -> None:
    assert company_of([crop("a", 1)], ["buck"]) == (ALONE,)


def test_company_when_the_other_was_cut_out_too_then_it_has_the_name_of_that_crop() -> None:
    crops = [crop("a", 1, other(0.8, "b", 2)), crop("b", 2, other(0.6, "a", 1))]
    assert company_of(crops, ["buck", "frank"]) == (
        Company(("frank",), is_group=True),
        Company(("buck",), is_group=True),
    )


def test_company_when_the_others_crop_was_dropped_then_its_track_has_the_name() -> None:
    crops = [crop("a", 1, other(0.8, "dropped", 2)), crop("b", 2), crop("c", 2)]
    assert company_of(crops, ["buck", "frank", "frank"])[0] == Company(("frank",), is_group=True)


def test_company_when_a_large_one_has_no_name_then_its_share_is_told() -> None:
    crops = [crop("a", 1, other(0.8, "b", 2), other(0.2)), crop("b", 2)]
    assert company_of(crops, ["buck", None])[0] == Company((), is_group=True, nameless_share=0.8)


def test_company_when_the_other_is_small_then_named_and_no_group() -> None:
    crops = [crop("a", 1, other(0.3, "b", 2)), crop("b", 2)]
    assert company_of(crops, ["buck", "frank"])[0] == Company(("frank",))


def test_company_when_two_boxes_have_one_name_then_they_are_one_figure() -> None:
    crops = [crop("a", 1, other(0.8, "b", 2)), crop("b", 2)]
    assert company_of(crops, ["buck", "buck"])[0] == ALONE
