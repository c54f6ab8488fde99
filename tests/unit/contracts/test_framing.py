import pytest

from onmodel.contracts.base import Box
from onmodel.contracts.framing import FigurePlace, place_in

WINDOW = Box(left=100, top=50, width=600, height=300)


@pytest.mark.parametrize(
    ("box", "place"),
    [
        ((300, 100, 200, 200), FigurePlace.MIDDLE),
        ((250, 100, 100, 200), FigurePlace.MIDDLE),  # its middle is at a third
        ((248, 100, 100, 200), FigurePlace.LEFT),
        ((460, 100, 200, 200), FigurePlace.RIGHT),
        ((300, 50, 200, 90), FigurePlace.TOP),
        ((300, 260, 200, 90), FigurePlace.BOTTOM),
        ((0, 100, 300, 200), FigurePlace.LEFT),  # a third of it is outside: 100 to 300 count
        ((0, 0, 900, 900), None),
    ],
)
def test_place_when_a_box_lies_in_a_window_then_the_third_of_its_middle(
    box: tuple[int, int, int, int], place: FigurePlace | None
) -> None:
    left, top, width, height = box
    figure = Box(left=left, top=top, width=width, height=height)
    assert place_in(figure, WINDOW) == place
