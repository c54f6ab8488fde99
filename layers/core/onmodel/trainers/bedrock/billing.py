"""What Bedrock bills: pictures seen, models kept, begun hours of provisioned throughput.

AWS does not document whether creation and parts of hours are billed. Both are counted, so that the
real cost is lower rather than higher.
"""

from __future__ import annotations

import math
from datetime import timedelta

from onmodel.contracts.base import Options, Usage
from onmodel.contracts.trainings import Work
from onmodel.trainers.bedrock import hyperparameters
from onmodel.trainers.bedrock.limits import DEPLOYMENT_HOUR, MODEL_MONTH, TRAINING_IMAGE

CREATING_HOURS = 0.5
"""Creation takes about half an hour."""


def bedrock_training_work(wanted: Options) -> Work:
    """Steps × batch size pictures, and a month of keeping the model."""
    values = hyperparameters.read_bedrock_values(wanted)
    seen = values.steps * values.batch_size
    return Work(
        usage=(Usage(item=TRAINING_IMAGE, paid=seen), Usage(item=MODEL_MONTH, paid=1)),
        assumptions=(
            f"{values.steps:,} steps × batch {values.batch_size} = "
            f"{seen:,} pictures seen, which is what training is billed by",
            "one month of keeping the model",
        ),
    )


def deployment_work(hours: float, provision_minutes: float) -> Work:
    """One model unit without commitment, from its creation to its scheduled end."""
    most = billed_hours(timedelta(hours=hours, minutes=provision_minutes))
    usual = billed_hours(timedelta(hours=hours + min(CREATING_HOURS, provision_minutes / 60)))
    return Work(
        usage=(Usage(item=DEPLOYMENT_HOUR, paid=most),),
        usual=(Usage(item=DEPLOYMENT_HOUR, paid=usual),),
        assumptions=(
            f"1 model unit without commitment, {hours:g} h in service; it is switched off at the"
            f" latest {hours + provision_minutes / 60:g} h after it was asked for",
            f"creation takes about {CREATING_HOURS:g} h and is given {provision_minutes:g} min; it"
            " is counted, and begun hours are taken as whole ones: how AWS bills these is not"
            " documented",
            "drawing panels costs nothing more while it is in service",
        ),
    )


def billed_hours(lived: timedelta) -> int:
    """Hours, rounded up."""
    return math.ceil(lived.total_seconds() / 3600)
