from __future__ import annotations

import io
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from onmodel.errors import FilmRefused
from onmodel.video.container.packet_table import PacketTable

COLUMN = arrays.arrays(np.int64, 6, elements=st.integers(-(10**15), 10**15))
FLAGS = arrays.arrays(np.bool_, 6)


@settings(max_examples=40)
@given(
    columns=st.tuples(COLUMN, COLUMN, COLUMN, COLUMN),
    flags=st.tuples(FLAGS, FLAGS),
    extradata=st.binary(max_size=60),
)
def test_load_when_saved_then_equal(columns, flags, extradata):
    table = PacketTable(
        "mov", "h264", "h264", Fraction(1, 12288), 1280, 720, *columns, *flags,
        origin=5, complete=True, extradata=extradata, codec_tag="avc1", rotation=90,
        sample_aspect=Fraction(4, 3), duration_seconds=12.5,
    )  # fmt: skip
    again = PacketTable.load(table.save())
    for name in ("pts", "dts", "position", "size", "keyframe", "discard"):
        assert np.array_equal(getattr(again, name), getattr(table, name)), name
    assert (again.time_base, again.extradata, again.sample_aspect, again.complete) == (
        Fraction(1, 12288), extradata, Fraction(4, 3), True,
    )  # fmt: skip
    assert again.keyframe.dtype == bool


def _pickled() -> bytes:
    target = io.BytesIO()
    np.savez(target, head=np.array([{"a": 1}], dtype=object))
    return target.getvalue()


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04broken", pickle.dumps({"pts": 1}), _pickled()])
def test_load_when_not_a_table_then_refused(body):
    with pytest.raises(FilmRefused, match="packet table"):
        PacketTable.load(body)
