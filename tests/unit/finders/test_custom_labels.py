"""The finder `custom_labels`, beside what every finder promises."""

from __future__ import annotations

import numpy as np
import pytest
from fakes.labels import FakeLabels, figure

from onmodel.contracts.base import Box
from onmodel.contracts.finders import CustomLabelsFinderSettings
from onmodel.errors import FilmRefused
from onmodel.finders.custom_labels import CustomLabelsFinder
from onmodel.ports.models import Label

FRAME = np.zeros((360, 640, 3), np.uint8)
PICTURE = Box(left=0, top=0, width=640, height=360)
SETTINGS = CustomLabelsFinderSettings(model="the-model", min_confidence=60)


def test_find_when_labels_are_below_the_confidence_then_not_taken_but_told() -> None:
    answer = (
        figure(0.1, 0.1, 0.2, 0.5, name="Rinky", confidence=80),
        figure(0.6, 0.1, 0.2, 0.5, name="Frank", confidence=59),
    )
    found = CustomLabelsFinder(FakeLabels(answer), SETTINGS).find(FRAME, PICTURE)
    assert [(each.label, each.confidence) for each in found.detections] == [("Rinky", 80)]
    assert found.seen == "Rinky 80 %, Frank 59 %"


def test_find_when_the_model_answers_whole_pictures_then_the_film_is_refused() -> None:
    """No frame would have a box, and the model bills by the hour."""
    finder = CustomLabelsFinder(FakeLabels((Label(name="forest", confidence=99),)), SETTINGS)
    with pytest.raises(FilmRefused, match="the-model answers labels of whole pictures"):
        finder.find(FRAME, PICTURE)
