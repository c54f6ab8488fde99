"""`onmodel model fetch`: copy a trained model to this machine, with its card and its licence."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import typer

from onmodel.contracts.drawings import arm_of_step
from onmodel.errors import NotFound, RefusedError, ServiceError
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import DATASETS, TrainingRow
from onmodel_cli import options, speaking
from onmodel_cli.choosing import newest_model
from onmodel_cli.connection import Connection
from onmodel_cli.options import open_stack, production_id
from onmodel_cli.speaking import print_object

ADAPTER = "adapter.json"
CARD = "README.md"

model_app = typer.Typer(no_args_is_help=True, help="Trained models, as files.")


class NoModelFiles(RefusedError):
    """Raised when a model's weights are not in the studio bucket, or not whole."""


@model_app.callback()
def _model() -> None:
    """Without it, the group's only command would take the group's place."""


@model_app.command()
def fetch(
    production: options.Production,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="Where to; else onmodel-out/<production>/models/<id>."),
    ] = None,
    training: Annotated[
        str | None, typer.Option("--training", help="Which training's model; else the newest.")
    ] = None,
    stack: options.Stack = "onmodel",
    region: options.Region = None,
    local: options.Local = False,
    as_json: options.Json = False,
) -> None:
    """Copy a model's files here: adapter, model card, licence, samples. Each hash is compared.

    A model of Bedrock cannot be copied: Bedrock gives out no weights. Its dataset can.
    """
    with speaking.plain_errors(as_json):
        connection = open_stack(stack, region, local)
        slug = production_id(production, connection.registry)
        trained = newest_model(connection.registry, slug, training)
        target = (folder or Path("onmodel-out") / slug / "models" / trained.id).resolve()
        about = fetch_model(connection.studio, trained, target)
        card = target / CARD
        card.write_text(_card(connection, trained, about), encoding="utf-8")
        if as_json:
            print_object({"training": trained.id, "folder": str(target), "model": about})
            return
        speaking.out.print(f"[bold]Model[/] {target}")
        speaking.out.print(f"[bold]Card [/] {card.as_uri()}")


def fetch_model(studio: ObjectStore, trained: TrainingRow, target: Path) -> dict[str, Any]:
    """Copy the files that adapter.json names, but the checkpoints that were not chosen.

    Where a storyboard's pictures chose another checkpoint, that one is copied as the adapter.

    Returns:
        What adapter.json says of the model.

    Raises:
        NoModelFiles: the model has no files, or one of them is missing or another one.
    """
    folder = model_folder(studio, trained)
    again = f"Train again with `onmodel train -p {trained.production}`; captions are kept"
    try:
        listing = studio.get(f"{folder}{ADAPTER}")
    except NotFound as missing:
        raise NoModelFiles(
            f"The model of {trained.id} is no longer in the studio bucket",
            again,
        ) from missing
    about: dict[str, Any] = json.loads(listing)
    source = about["adapter"]
    if trained.body.checkpoint is not None:
        source = f"checkpoints/{arm_of_step(trained.body.checkpoint)}.safetensors"
        if source not in about["files"]:
            raise NoModelFiles(f"{ADAPTER} names no {source}", again)
        about["files"][about["adapter"]] = about["files"][source]
        about["chosen"] = {
            "step": trained.body.checkpoint, "reason": trained.body.checkpoint_reason
        }  # fmt: skip
        listing = json.dumps(about, indent=1).encode()
    wanted = {name: told for name, told in about["files"].items() if not _is_checkpoint(name)}
    for name, told in wanted.items():
        source_of = source if name == about["adapter"] else name
        body = _checked(studio, f"{folder}{source_of}", told, again)
        path = target / PurePosixPath(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    (target / ADAPTER).write_bytes(listing)
    return about


def model_folder(studio: ObjectStore, trained: TrainingRow) -> str:
    """The prefix of a model's files. Raises NoModelFiles when its trainer keeps them."""
    bucket, reference = f"s3://{studio.bucket}/", trained.body.model_ref or ""
    if not reference.startswith(bucket):
        raise NoModelFiles(
            f"The model of {trained.id} is kept by {trained.body.trainer}, which gives out no"
            " weights",
            "Its dataset can be copied, and trained on elsewhere: `onmodel export --production"
            f" {trained.production} --dataset {trained.body.dataset_id}`",
        )
    return reference.removeprefix(bucket)


def _is_checkpoint(name: str) -> bool:
    return name.startswith("checkpoints/")


def _checked(studio: ObjectStore, key: str, told: str, advice: str) -> bytes:
    if ".." in PurePosixPath(key).parts:
        raise ServiceError(f"{ADAPTER} names a file outside the model's folder: {key}")
    try:
        body = studio.get(key)
    except NotFound as missing:
        raise NoModelFiles(f"{key} is missing", advice) from missing
    if hashlib.sha256(body).hexdigest() != told:
        raise NoModelFiles(f"{key} is not the file that {ADAPTER} names", advice)
    return body


CARD_TEXT = """---
license: {licence}
base_model: {base}
library_name: diffusers
tags: [lora, text-to-image]
---

# {title}

A LoRA of [{base}](https://huggingface.co/{base}) at revision `{revision}`, trained on {pictures}
pictures ({held_out} more held out) of {characters}. {steps} steps, rank {rank}; the step that was
chosen is {chosen}: {reason}.

Write each character's name into the prompt.

```python
from diffusers import Flux2KleinPipeline

pipeline = Flux2KleinPipeline.from_pretrained("{base}", revision="{revision}")
pipeline.load_lora_weights(".", weight_name="{adapter}")
```

The base model's licence ({licence}) is beside this file. It says nothing of the film's pictures:
whoever passes this model on needs the rights to them.
"""


def _card(connection: Connection, trained: TrainingRow, about: dict[str, Any]) -> str:
    dataset = DATASETS.read(connection.registry, trained.production, trained.body.dataset_id)
    named = [name for name in (dataset.body.named if dataset else {}) if name]
    return CARD_TEXT.format(
        title=trained.production,
        licence=about["base"]["licence"],
        base=about["base"]["model"],
        revision=about["base"]["revision"],
        pictures=about["dataset"]["pictures"],
        held_out=about["dataset"]["held_out"],
        characters=", ".join(named) or "characters without names",
        steps=about["steps"],
        rank=about["recipe"]["rank"],
        chosen=about["chosen"]["step"],
        reason=about["chosen"]["reason"],
        adapter=about["adapter"],
    )
