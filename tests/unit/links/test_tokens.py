from datetime import timedelta

import pytest
from fakes.clock import FixedClock
from hypothesis import given
from hypothesis import strategies as st

from onmodel.errors import LinkRefused
from onmodel.links.tokens import ApprovalPass, Door, ObjectPass

URL = "https://door.invalid"


def token(link: str) -> str:
    assert link.startswith(f"{URL}/")
    return link.removeprefix(f"{URL}/").split("/")[0]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def door(clock: FixedClock) -> Door:
    return Door(f"{URL}/", "the key", clock)


def test_link_to_object_when_opened_then_admits_to_that_object(door: Door) -> None:
    link = door.link_to_object("bunny/datasets/d1/report/index.html", days=30)
    assert door.open(token(link)) == ObjectPass(key="bunny/datasets/d1/report/index.html")


def test_link_to_object_when_it_is_a_page_then_ends_with_its_name(door: Door) -> None:
    assert door.link_to_object("a/report/index.html", days=1).endswith("/index.html")
    assert door.link_to_object("a/loss.svg", days=1).count("/") == URL.count("/") + 1


def test_link_to_approval_when_opened_then_admits_to_that_approval(door: Door) -> None:
    link = door.link_to_approval("bunny", "0123456789abcdef", days=7)
    assert door.open(token(link)) == ApprovalPass(production="bunny", id="0123456789abcdef")


def test_link_when_too_old_then_refused(door: Door, clock: FixedClock) -> None:
    link = door.link_to_object("k", days=2)
    clock.advance(days=2)
    assert door.open(token(link)) == ObjectPass(key="k")
    clock.advance(seconds=1)
    with pytest.raises(LinkRefused, match="good for 2 days"):
        door.open(token(link))


def test_link_when_signed_by_a_clock_ahead_then_still_good(door: Door, clock: FixedClock) -> None:
    link = door.link_to_object("k", days=2)
    clock.now -= timedelta(minutes=10)
    assert door.open(token(link)) == ObjectPass(key="k")


def test_link_when_signed_with_another_key_then_refused(door: Door, clock: FixedClock) -> None:
    foreign = Door(URL, "another key", clock).link_to_object("k", days=2)
    with pytest.raises(LinkRefused, match="not one of ours"):
        door.open(token(foreign))


@given(place=st.integers(min_value=0, max_value=400), letter=st.sampled_from("AZaz09-_.é%"))
def test_link_when_one_letter_is_changed_then_refused(place: int, letter: str) -> None:
    door = Door(URL, "the key", FixedClock())
    good = token(door.link_to_approval("bunny", "0123456789abcdef", days=7))
    at = place % len(good)
    if good[at] == letter:
        return
    forged = good[:at] + letter + good[at + 1 :]
    try:
        grants = door.open(forged)
    except LinkRefused:
        return
    # base64's last letter may carry unused bits: then the link is the same link
    assert grants == ApprovalPass(production="bunny", id="0123456789abcdef")


@given(text=st.text(max_size=300))
def test_link_when_it_is_anything_else_then_refused(text: str) -> None:
    with pytest.raises(LinkRefused):
        Door(URL, "the key", FixedClock()).open(text)


def test_link_when_its_seal_is_ours_but_its_content_is_not_then_refused(door: Door) -> None:
    sealed = door._serializer.dumps({"grants": {"kind": "everything"}, "days": 9})
    with pytest.raises(LinkRefused, match="not one of ours"):
        door.open(str(sealed))
