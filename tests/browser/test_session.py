"""A session over 2,000 crops with 100 planted faults, by keys alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from browser.review_server import ReviewServer
from drawn.review import CAST, doubt, items_of
from fakes.review_backend import ReviewInMemory
from playwright.sync_api import Page, expect

from onmodel.contracts.review import ReviewItem

CROPS = 2_000
MOST_KEYS_A_CROP = 0.3
LEAST_CORRECTED = 95
DOUBTS_WITHOUT_FAULT = 200
KEY_OF = {character.slug: str(number) for number, character in enumerate(CAST, start=1)}
SHOWN = "() => document.getElementById('single').dataset.crop"


@dataclass
class Faults:
    """What is wrong, by crop: the truth that a reviewer sees in the pictures."""

    named: dict[str, str] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)
    captions: dict[str, str] = field(default_factory=dict)

    def corrected(self, backend: ReviewInMemory) -> int:
        """How many of them the corrections put right."""
        done = backend.corrections
        named = [crop for crop, slug in self.named.items() if crop in done
                 and done[crop].character == slug]  # fmt: skip
        bad = [crop for crop in self.bad if crop in done and done[crop].verdict == "rejected"]
        captions = [crop for crop, text in self.captions.items() if crop in done
                    and done[crop].caption == text]  # fmt: skip
        return len(named) + len(bad) + len(captions)


def planted() -> tuple[list[ReviewItem], Faults]:
    """2,000 items, the doubtful ones first: 100 are wrong, and 200 are doubtful and right."""
    rng = random.Random(16)
    items = {item.crop_id: item for item in items_of(CROPS, picture="pictures/buck-0.jpg")}
    chosen = iter(rng.sample(sorted(items), 100 + DOUBTS_WITHOUT_FAULT))
    faults = Faults()
    doubtful: list[ReviewItem] = []

    def change(crop: str, kind: str, text: str, **fields: object) -> None:
        doubts = (doubt(kind, text, rng.random()),)
        doubtful.append(items.pop(crop).model_copy(update={"doubts": doubts, **fields}))

    for crop in [next(chosen) for _ in range(50)]:
        right = items[crop].character
        wrong = next(slug for slug in KEY_OF if slug != right)
        faults.named[crop] = right
        change(crop, "margin", "two characters are as near", character=wrong)
    for crop in [next(chosen) for _ in range(15)]:
        faults.named[crop] = items[crop].character
        change(crop, "margin", "near nobody", character="")
    for crop in [next(chosen) for _ in range(25)]:
        faults.bad.add(crop)
        change(crop, "quality", "blurred")
    for crop in [next(chosen) for _ in range(10)]:
        faults.captions[crop] = items[crop].caption
        name = items[crop].name
        change(
            crop,
            "caption",
            "describes the look",
            caption=items[crop].caption.replace(name, f"A cartoon animal named {name}"),
        )
    for crop in chosen:
        change(crop, "outlier", "unlike the others")
    rng.shuffle(doubtful)
    return [*doubtful, *items.values()], faults


def test_session_when_2000_crops_have_100_faults_then_95_are_corrected_with_few_keys(
    page: Page, serve: Callable[[ReviewInMemory], ReviewServer]
) -> None:
    items, faults = planted()
    backend = ReviewInMemory("Big Buck Bunny", CAST, items)
    page.goto(serve(backend).address)
    expect(page.locator("#place")).to_have_text(f"1 of {100 + DOUBTS_WITHOUT_FAULT}")
    keys = 0

    def press(*names: str) -> None:
        nonlocal keys
        for name in names:
            page.keyboard.press(name)
        keys += len(names)

    for _ in range(100 + DOUBTS_WITHOUT_FAULT):
        crop = page.evaluate(SHOWN)
        if crop in faults.named:
            press(KEY_OF[faults.named[crop]])
        elif crop in faults.bad:
            press("r")
        elif crop in faults.captions:
            press("e", "Tab", "Enter", "k")
        else:
            press("k")
    expect(page.locator("#saving")).to_have_text("All saved")

    assert faults.corrected(backend) >= LEAST_CORRECTED
    assert keys / CROPS <= MOST_KEYS_A_CROP
    assert {one.verdict for one in backend.corrections.values()} == {"kept", "rejected"}
