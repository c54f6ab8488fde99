from datetime import UTC, datetime, timedelta

import pytest
from fakes.clock import FixedClock
from hypothesis import given
from hypothesis import strategies as st

from onmodel.errors import LinkRefused
from onmodel.links.tokens import (
    ApprovalTarget,
    HomeTarget,
    ObjectTarget,
    SignedLinks,
    StackTarget,
)

URL = "https://door.invalid"


def token(link: str) -> str:
    assert link.startswith(f"{URL}/")
    return link.removeprefix(f"{URL}/").split("/")[0]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def links(clock: FixedClock) -> SignedLinks:
    return SignedLinks(f"{URL}/", "the key", clock)


def test_link_to_object_when_opened_then_admits_to_that_object(links: SignedLinks) -> None:
    link = links.link_to_object("bunny/datasets/d1/report/index.html", days=30)
    assert links.read(token(link)) == ObjectTarget(key="bunny/datasets/d1/report/index.html")


def test_link_to_object_when_it_is_a_page_then_ends_with_its_name(links: SignedLinks) -> None:
    assert links.link_to_object("a/report/index.html", days=1).endswith("/report/index.html")
    assert links.link_to_object("a/loss.svg", days=1).count("/") == URL.count("/") + 1


def test_link_to_approval_when_opened_then_admits_to_that_approval(links: SignedLinks) -> None:
    link = links.link_to_approval("bunny", "0123456789abcdef", days=7)
    assert links.read(token(link)) == ApprovalTarget(production="bunny", id="0123456789abcdef")


def test_link_when_too_old_then_refused(links: SignedLinks, clock: FixedClock) -> None:
    link = links.link_to_object("k", days=2)
    clock.advance(days=2)
    assert links.read(token(link)) == ObjectTarget(key="k")
    clock.advance(seconds=1)
    with pytest.raises(LinkRefused, match="valid for 2 days"):
        links.read(token(link))


def test_link_when_signed_by_a_clock_ahead_then_still_good(
    links: SignedLinks, clock: FixedClock
) -> None:
    link = links.link_to_object("k", days=2)
    clock.now -= timedelta(minutes=10)
    assert links.read(token(link)) == ObjectTarget(key="k")


def test_link_when_signed_with_another_key_then_refused(
    links: SignedLinks, clock: FixedClock
) -> None:
    foreign = SignedLinks(URL, "another key", clock).link_to_object("k", days=2)
    with pytest.raises(LinkRefused, match="not one of ours"):
        links.read(token(foreign))


@given(place=st.integers(min_value=0, max_value=400), letter=st.sampled_from("AZaz09-_.é%"))
def test_link_when_one_letter_is_changed_then_refused(place: int, letter: str) -> None:
    links = SignedLinks(URL, "the key", FixedClock())
    good = token(links.link_to_approval("bunny", "0123456789abcdef", days=7))
    at = place % len(good)
    if good[at] == letter:
        return
    forged = good[:at] + letter + good[at + 1 :]
    try:
        grants = links.read(forged)
    except LinkRefused:
        return
    # base64's last letter may carry unused bits: then the link is the same link
    assert grants == ApprovalTarget(production="bunny", id="0123456789abcdef")


@given(text=st.text(max_size=300))
def test_link_when_it_is_anything_else_then_refused(text: str) -> None:
    with pytest.raises(LinkRefused):
        SignedLinks(URL, "the key", FixedClock()).read(text)


def test_link_when_its_seal_is_ours_but_its_content_is_not_then_refused(links: SignedLinks) -> None:
    sealed = links._serializer.dumps({"grants": {"kind": "everything"}, "days": 9})
    with pytest.raises(LinkRefused, match="not one of ours"):
        links.read(str(sealed))


SENT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SENT_OBJECT = (
    "eyJncmFudHMiOnsia2luZCI6Im9iamVjdCIsImtleSI6ImJ1bm55L2RhdGFzZXRzL2QxL3JlcG9ydC9pbmRleC5odG1sIn0s"
    "ImRheXMiOjMwLjB9.awA2QA.x0qmsKJQhCq1kvcghcVJZms1ZjR1HWox8J7EVlP6qTs"
)
SENT_APPROVAL = (
    "eyJncmFudHMiOnsia2luZCI6ImFwcHJvdmFsIiwicHJvZHVjdGlvbiI6ImJ1bm55IiwiaWQiOiIwMTIzNDU2Nzg5YWJjZGVm"
    "In0sImRheXMiOjcuMH0.awA2QA.UbeJvbYx5uDq2hqxexNPMp8Pu2thFQvn9lXLkiszBH8"
)
"""Made by the code before links had this name, with "the key" at SENT: people have such mails."""


@pytest.mark.parametrize(
    ("sent", "days", "expected"),
    [
        (SENT_OBJECT, 30, ObjectTarget(key="bunny/datasets/d1/report/index.html")),
        (SENT_APPROVAL, 7, ApprovalTarget(production="bunny", id="0123456789abcdef")),
    ],
)
def test_link_when_sent_by_the_code_before_then_still_read_until_it_expires(
    sent: str, days: int, expected: ObjectTarget | ApprovalTarget
) -> None:
    clock = FixedClock()
    links = SignedLinks(URL, "the key", clock)
    clock.now = SENT + timedelta(days=days)
    assert links.read(sent) == expected
    clock.now += timedelta(seconds=1)
    with pytest.raises(LinkRefused, match=f"valid for {days} days"):
        links.read(sent)


def test_link_to_home_when_opened_then_shows_that_production_or_the_stack(
    links: SignedLinks,
) -> None:
    home = links.link_to_home("bunny", days=30)
    assert home.startswith(f"{URL}/home/h30~bunny.")
    assert links.read(home.rpartition("/")[2]) == HomeTarget(production="bunny")
    stack = links.link_to_home(None, days=1)
    assert links.read(stack.rpartition("/")[2]) == StackTarget()


def test_link_when_its_kind_or_its_days_are_changed_then_refused(links: SignedLinks) -> None:
    """The home page's link is in every mail: nothing that decides can be made of it."""
    good = links.link_to_home("bunny", days=30).rpartition("/")[2]
    for forged in (
        good.replace("h30~bunny", "a30~bunny~0123456789abcdef"),
        good.replace("h30~bunny", "s30~"),
        good.replace("h30~", "h3000~"),
        good.replace("~bunny", "~hare"),
    ):
        assert forged != good
        with pytest.raises(LinkRefused, match="not one of ours"):
            links.read(forged)


def test_link_of_before_when_read_then_still_good(links: SignedLinks) -> None:
    """Sent mails have tokens of signed JSON; keys with signs that no short token has, too."""
    key = "bunny/datasets/d1/report/Café ~1.html"
    link = links.link_to_object(key, days=30)
    assert "~" not in token(link)
    assert links.read(token(link)) == ObjectTarget(key=key)


def test_link_when_in_a_mail_then_short(links: SignedLinks) -> None:
    film = "big-buck-bunny-34e4acc6"
    key = f"bunny/films/{film}/runs/{film}-0123abcd/report/index.html"
    lengths = [
        len(link.removeprefix(URL))
        for link in (
            links.link_to_home("bunny", 30),
            links.link_to_approval("bunny", "0123456789abcdef", 7),
            links.link_to_object(key, 30),
        )
    ]
    assert lengths[0] < 50
    assert lengths[1] < 60
    assert lengths[2] < len(key) + 50
