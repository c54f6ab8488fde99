from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onmodel.money.paid_answers import cache_key


@given(
    st.lists(
        st.tuples(st.text(), st.text(), st.dictionaries(st.text(), st.integers()), st.binary()),
        min_size=2, max_size=2, unique_by=repr,
    )
)  # fmt: skip
def test_cache_key_when_any_part_differs_then_key_differs(asks) -> None:
    one, other = asks
    equal = one[:2] == other[:2] and one[2] == other[2] and one[3] == other[3]
    assert (cache_key(*one) == cache_key(*other)) is equal
