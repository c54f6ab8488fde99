"""The bill as a report shows it: formatted rows and a remark. Sums are the bill's own."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from onmodel.formats.wording import count, dollars, listed
from onmodel.money.pricebook import Bill, BillLine
from onmodel.money.usage import counts_answers

TITLES = {
    "rekognition.detect-labels": "Finding figures",
    "rekognition.detect-faces": "Finding faces",
    "rekognition.index-faces": "Keeping faces of references",
    "rekognition.search-faces-by-image": "Naming by faces",
    "bedrock.amazon.nova-pro-v1:0.input-1k": "Asking for boxes: questions and pictures",
    "bedrock.amazon.nova-pro-v1:0.output-1k": "Asking for boxes: answers",
    "bedrock.amazon.titan-embed-image-v1": "Comparing pictures",
    "bedrock.amazon.nova-2-multimodal-embeddings-v1:0": "Comparing pictures",
}
"""What each service is used for; other items are shown by their key in the price book."""


@dataclass(frozen=True)
class BillRow:
    title: str
    item: str
    paid: str
    reused: str
    price: str
    cost: str
    saved: str


@dataclass(frozen=True)
class Money:
    """`paid_share` is what was paid for in percent of all answers; tokens are no answers."""

    rows: tuple[BillRow, ...]
    saved_usd: float
    paid_share: float
    remark: str
    sources: str


def money_of(bill: Bill) -> Money:
    """Rows in the bill's order. A missing price is written `unknown`."""
    answers = [line for line in bill.lines if counts_answers(line.item)]
    paid = float(sum(line.paid for line in answers))
    reused = float(sum(line.reused for line in answers))
    return Money(
        rows=tuple(_row(line) for line in bill.lines),
        saved_usd=float(bill.saved_usd),
        paid_share=round(100 * paid / (paid + reused), 1) if paid + reused else 0.0,
        remark=f"{count(reused, 'answer')} used again, {dollars(float(bill.saved_usd))} saved"
        if reused
        else f"{count(paid, 'call')}, none known from before",
        sources=_sources(bill),
    )


def _row(line: BillLine) -> BillRow:
    return BillRow(
        title=TITLES.get(line.item, line.item),
        item=line.item,
        paid=_number(line.paid),
        reused=_number(line.reused),
        price=_price(line),
        cost=dollars(None if line.usd is None else float(line.usd)),
        saved=dollars(None if line.saved_usd is None else float(line.saved_usd)),
    )


def _number(counted: Decimal) -> str:
    """Calls are whole; tokens are counted in thousands."""
    return f"{counted:,.0f}" if counted == int(counted) else f"{counted:,.1f}"


def _price(line: BillLine) -> str:
    """Prices are shown with all digits: $0.00006 must not be shown as 0."""
    if line.unit_usd is None:
        return "unknown"
    return f"${line.unit_usd.normalize():f}{' (unsure)' if line.unsure else ''}"


def _sources(bill: Bill) -> str:
    dated = f"Prices as of {bill.prices_dated.isoformat()}."
    if bill.missing:
        dated += (
            f" No price is known for {listed(bill.missing)}, so the total is not known; "
            f"the rest comes to {dollars(float(bill.known_usd))}."
        )
    return dated
