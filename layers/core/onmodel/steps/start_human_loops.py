"""Start human loops of Amazon A2I for the pictures of a captioned dataset.

Their names depend on the execution and the dataset alone: a repeat starts nothing twice, and
asks only for the loops that A2I has not taken yet.
"""

from __future__ import annotations

from contextlib import suppress

from onmodel.contracts.captions import Caption
from onmodel.contracts.datasets import DatasetItem
from onmodel.contracts.human_loops import (
    HumanLoopBody,
    HumanLoopsStarted,
    HumanLoopStatus,
    LoopContent,
    StartHumanLoopsRequest,
)
from onmodel.contracts.trainings import DatasetLimits
from onmodel.datasets.corrected import cast_of
from onmodel.datasets.human_loops import (
    loop_characters,
    loop_name,
    loop_pictures,
    loops_of,
    parts_of,
)
from onmodel.datasets.records import dataset_keys, dataset_settings
from onmodel.deployments.deletion import why_forbidden
from onmodel.errors import Conflict, EventRefused
from onmodel.films.corrections import read_corrections
from onmodel.films.folders import production_name
from onmodel.formats.jsonl import read_lines
from onmodel.money.approvals import id_of_approval
from onmodel.ports.human_loops import HumanLoops
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import HUMAN_LOOPS


def start_human_loops(
    request: StartHumanLoopsRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    loops: HumanLoops,
    clock: Clock,
    limits: DatasetLimits,
) -> HumanLoopsStarted:
    """Start a loop for every twenty pictures without a verdict; rows are written first.

    Raises:
        Throttled: A2I took only a part of the loops up to the end; a repeat starts the others.
        EventRefused: the stack or the production is being deleted.
        HumanLoopsImpossible: the stack has no flow definition, or A2I refuses it.
    """
    dataset = request.dataset
    keys = dataset_keys(dataset)
    approval_id = id_of_approval(request.execution_arn, "review", dataset.dataset_id)
    corrections = read_corrections(dataset.production, registry)
    cast = cast_of(dataset_settings(dataset, studio).characters, corrections)
    pictures = loop_pictures(
        read_lines(DatasetItem, studio.get(keys.items)),
        read_lines(Caption, studio.get(keys.captions)),
        cast,
        studio.bucket,
    )
    rows = loops_of(approval_id, dataset.production, registry)
    shown = {crop_id for row in rows for crop_id in row.body.crop_ids}
    undecided = [one for one in pictures if not corrections.has_verdict(one) and one not in shown]
    for number, part in enumerate(parts_of(undecided), len(rows) + 1):
        body = HumanLoopBody(
            dataset_id=dataset.dataset_id,
            approval_id=approval_id,
            execution_arn=request.execution_arn,
            crop_ids=part,
        )
        name = loop_name(dataset.production, approval_id, number)
        row = HUMAN_LOOPS.create(
            registry,
            dataset.production,
            name,
            status=HumanLoopStatus.STARTED,
            body=body,
            now=clock(),
        )
        rows.append(row)
    for row in rows:
        if row.status is not HumanLoopStatus.STARTED or row.body.started_at is not None:
            continue
        content = LoopContent(
            production=production_name(dataset.production, registry),
            dataset_id=dataset.dataset_id,
            shortest_caption=limits.min_caption_characters,
            longest_caption=limits.max_caption_characters,
            characters=loop_characters(cast),
            pictures=tuple(pictures[one] for one in row.body.crop_ids if one in pictures),
        )
        why = why_forbidden(registry, dataset.production, clock())
        if why:
            raise EventRefused(f"{why}: no human loop is started any more")
        loops.start(row.id, content.model_dump_json())
        with suppress(Conflict):  # it has ended already
            HUMAN_LOOPS.replace(registry, row.with_fields(started_at=clock()), clock())
    return HumanLoopsStarted(loops=len(rows))
