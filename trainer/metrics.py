"""step_wise_training_metrics.csv: the columns that Bedrock writes, then this trainer's own."""

from __future__ import annotations

import csv
import dataclasses
import io
from pathlib import Path

from job import write_text

NAME = "step_wise_training_metrics.csv"


@dataclasses.dataclass(frozen=True)
class Row:
    """One optimizer step; the first row, step 0, measures the untrained model."""

    step_number: int
    epoch_number: int
    training_loss: float | None
    validation_loss: float | None = None
    """Of held-out pictures at fixed noise; only where it was measured."""
    probe_loss: float | None = None
    """The same of training pictures: far below the validation loss means learnt by heart."""
    smooth_loss: float | None = None
    learning_rate: float = 0.0
    gradient_norm: float | None = None
    seconds: float = 0.0
    """Since the job began, encoding included."""


COLUMNS = tuple(field.name for field in dataclasses.fields(Row))


def write_metrics(path: Path, rows: list[Row]) -> None:
    """All rows; a value that was not measured is left empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(dataclasses.astuple(row) for row in rows)
    write_text(path, text.getvalue())
