"""The tables of the pages that people write, held against what they tell of."""

from __future__ import annotations

import re
from decimal import Decimal

from docs.pages import ROOT
from template_model import read_template

from onmodel.contracts.bedrock import PRESETS
from onmodel.contracts.sagemaker import (
    INSTANCES,
    SageMakerDrawingOptions,
    SageMakerTrainingSettings,
)
from onmodel.contracts.settings import CaptionSettings, Settings
from onmodel.contracts.storyboards import Storyboard
from onmodel.contracts.trainings import DatasetSize, Work, WorkPart
from onmodel.contracts.weights import WEIGHTS_BYTES
from onmodel.money import judging_quotes
from onmodel.money.pricebook import PriceBook, estimate
from onmodel.money.quotes import used
from onmodel.money.training_quotes import cost_quote, work_of_captions
from onmodel.trainers.bedrock.limits import QUOTA_MODEL_UNITS
from onmodel.trainers.sagemaker import billing, preparing
from onmodel.trainers.sagemaker.hyperparameters import sagemaker_values
from onmodel.trainers.sagemaker.limits import MODEL_GB
from onmodel_cli.sizing import CONCURRENT_EXECUTIONS

OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
COSTS = (ROOT / "docs" / "costs.md").read_text(encoding="utf-8")
MONEY = r"\$(\d[\d,.]*\d|\d)"


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    section = OPERATING.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    assert len(found) > 2, heading
    return [[cell.strip() for cell in row] for row in found[2:]]


def test_mails_when_listed_then_each_golden_subject_has_its_row_and_each_row_a_mail() -> None:
    golden = [path.read_text(encoding="utf-8").splitlines()[0].removeprefix("Subject: ")
              for path in (ROOT / "tests/unit/notifications/golden").glob("*.txt")]  # fmt: skip
    answer = [row[0].strip("`") for row in rows("Mails")]
    shapes = [re.sub(r"<[^<>]+>", ".+", re.escape(subject)) for subject in answer]
    pairs = {(shape, one) for shape in shapes for one in golden if re.fullmatch(shape, one)}
    assert {subject for _, subject in pairs} == set(golden)
    assert {shape for shape, _ in pairs} == set(shapes)


def test_alarms_when_listed_then_are_the_templates() -> None:
    answer = [name for row in rows("Alarms") for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(answer) == sorted(read_template().of("AWS::CloudWatch::Alarm"))


def test_quotas_when_listed_then_hold_those_that_the_doctor_asks_for() -> None:
    codes = re.findall(r"L-[0-9A-F]{8}", " ".join(row[1] for row in rows("Quotas to ask for")))
    assert codes == [QUOTA_MODEL_UNITS, CONCURRENT_EXECUTIONS[1]]


def usd(item: str) -> Decimal:
    price = PriceBook.load().price(item)
    assert price is not None, item
    return price.usd


def sum_of_tokens(model: str, tokens_in: int, tokens_out: int) -> Decimal:
    """Of one question, with its share of those that are asked twice."""
    once = tokens_in * usd(f"{model}.input-1k") + tokens_out * usd(f"{model}.output-1k")
    return once * Decimal(str(1 + judging_quotes.REPAIRS)) / 1000


def sagemaker_sums() -> set[Decimal]:
    """Of the shortest and the longest training, 18 pictures, the preparation and storage."""
    book, month = PriceBook.load(), usd("s3.storage-gb-month")

    def dearest(work: Work) -> Decimal:
        return Decimal(str(estimate(used(work, book), book).lines[-1].usd))

    def usually(work: Work) -> Decimal:
        return Decimal(str(estimate(work.usual, book).lines[-1].usd))

    few, many = (
        billing.sagemaker_training_work(sagemaker_values(SageMakerTrainingSettings(), size))
        for size in (DatasetSize(pictures=5, characters=1), None)
    )
    options = SageMakerDrawingOptions(instances=",".join(INSTANCES), pixels=1024 * 1024)
    drawing = billing.drawing_work({"tuned": 18}, options.model_dump())
    return {
        *(usd(f"sagemaker.{instance}-training-hour") for instance in INSTANCES),
        *(round(sum_of(work), 1) for work in (few, many, drawing) for sum_of in (usually, dearest)),
        usd("sagemaker.ml.m5.xlarge-training-hour"), round(dearest(preparing.work()), 2),
        month, round(WEIGHTS_BYTES // 10**9 * month, 2), round(Decimal(str(MODEL_GB)) * month, 2),
    }  # fmt: skip


def test_costs_when_listed_then_every_sum_comes_from_the_price_book() -> None:
    image, hour = usd("bedrock.nova-canvas.training-image"), usd("bedrock.provisioned-unit-hour")
    default, article = (
        PRESETS[name].steps * PRESETS[name].batch_size for name in ("default", "article")
    )
    limit = read_template().body["Parameters"]["SpendLimitUsd"]["Default"]
    frame, crop = usd("rekognition.detect-labels"), usd("bedrock.amazon.titan-embed-image-v1")
    caption = Decimal("0.0025")  # about 2,000 tokens in, an image and its prompt, and 250 out
    nova = "bedrock.amazon.nova-pro-v1:0"
    tokens = 2 * usd(f"{nova}.input-1k") + Decimal("0.25") * usd(f"{nova}.output-1k")
    assert abs(tokens - caption) < Decimal("0.0002")
    captions = cost_quote(
        [WorkPart(name="captions", work=work_of_captions(200, CaptionSettings()))], PriceBook.load()
    ).parts[0]
    most, usual = Decimal(str(captions.usd)), Decimal(str(captions.usual_usd))
    sums = {
        frame, 590 * frame, crop, round(570 * crop, 2), 100 * 60 * frame,
        usd(f"{nova}.input-1k"), usd(f"{nova}.output-1k"), caption,
        image, default * image, article * image,
        usd("bedrock.custom-model-month"), hour, 3 * hour, 4 * hour,
        round(usual, 2), round(most - usual, 2),
        round(most + default * image + usd("bedrock.custom-model-month") + 4 * hour, 0),
    }  # fmt: skip
    scene, picture = (
        sum_of_tokens(nova, tokens_in, tokens_out)
        for tokens_in, tokens_out in (
            (judging_quotes.WRITING_TOKENS_IN, judging_quotes.WRITING_TOKENS_OUT),
            (judging_quotes.ASKING_TOKENS_IN, judging_quotes.ASKING_TOKENS_OUT),
        )
    )
    board = Storyboard(scenes=("a scene",) * 5, images=3)
    judged = estimate(judging_quotes.judging_usage(board, Settings()), PriceBook.load()).total_usd
    assert judged is not None
    sums |= {round(scene, 3), round(picture, 3), round(judged, 2)}
    own_model = usd("rekognition.custom-labels-hour")
    sums |= {own_model, own_model / 2} | sagemaker_sums()
    answer = {Decimal(found.replace(",", "")) for found in re.findall(MONEY, COSTS)}
    assert answer == {each.normalize() for each in sums}
    assert f"`SpendLimitUsd` ({limit})" in COSTS
    assert f"{default:,} pictures" in COSTS and f"{article:,} pictures" in COSTS
