"""The settings of a production: read from its settings.yaml, and those in force now.

The roles of the functions allow only the models that the stack's parameters name. So these models
are set in the settings of every production, and a settings.yaml that names another one is refused:
its films would fail one by one, with denied access.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

from onmodel.contracts.embedding import embedding_family
from onmodel.contracts.finders import NOVA, FinderSettings
from onmodel.contracts.keys import accepted_settings_key
from onmodel.contracts.models import foundation_model_of
from onmodel.contracts.settings import AllowedModels, Settings
from onmodel.errors import NotFound, SettingsRefused
from onmodel.films.detector_terms import fault_of_place
from onmodel.films.folders import ProductionFolders
from onmodel.films.upload_layout import settings_key
from onmodel.formats.user_yaml import check_size, read_user_yaml, user_yaml_notices
from onmodel.ports.storage import ObjectInfo, ObjectStore

SettingsBytes = Annotated[bytes, "settings.yaml as uploaded"]

NEVER = datetime.min.replace(tzinfo=UTC)

ALL_DEFAULTS = b"{}"
"""Accepted settings of a production whose settings.yaml was deleted."""


def parse_settings(text: SettingsBytes) -> Settings:
    """Read a settings.yaml, without a check of the models that it names.

    Raises:
        SettingsRefused: not YAML, too large, an unknown key or an invalid value; the message
            lists every fault with its place.
    """
    return read_user_yaml(Settings, text, "settings.yaml")


def read_settings(text: SettingsBytes, models: AllowedModels) -> Settings:
    """Read a settings.yaml for a stack that may call these models.

    Raises:
        SettingsRefused: invalid, or it names a model that this stack may not call, or a length of
            vectors that its embedding model does not give.
    """
    settings = parse_settings(text)
    _refuse_other_models(settings, models)
    settings = with_models(settings, models)
    _refuse_other_dimensions(settings)
    _refuse_other_than_nova(settings)
    _refuse_other_detectors(settings, models)
    if settings.review == "a2i" and not models.has_flow_definition:
        raise SettingsRefused(
            "settings.yaml has impossible values: review is a2i, and this stack has no flow"
            " definition of Amazon A2I (FlowDefinition)",
            "Write `review: page`, or deploy the stack with that parameter",
        )
    return settings


def with_models(settings: Settings, models: AllowedModels) -> Settings:
    """The same settings with the stack's models."""
    return settings.model_copy(
        update={
            "embedding": settings.embedding.model_copy(update={"model": models.embedding}),
            "captions": settings.captions.model_copy(update={"model": models.captions}),
            "finder": _with_model(settings.finder, models),
        }
    )


def _with_model(finder: FinderSettings, models: AllowedModels) -> FinderSettings:
    """Only where the model is asked: the ids of all other runs must not depend on it."""
    if "grounding" not in finder.kind:
        return finder
    section = finder.grounding.model_copy(update={"model": models.captions})
    return finder.model_copy(update={"grounding": section})


def uploaded_settings(
    production: ProductionFolders, uploads: ObjectStore, models: AllowedModels
) -> Settings:
    """The production's settings.yaml as it lies in the bucket; the defaults when there is none.

    Args:
        production: with its folders.
        uploads: holds the settings.
        models: of the stack.

    Raises:
        SettingsRefused: it is impossible.
    """
    return _read_version(newest_settings(production, uploads), uploads, models)


def newest_settings(production: ProductionFolders, uploads: ObjectStore) -> ObjectInfo | None:
    """The head of the production's settings.yaml; None when it does not exist (any more).

    Of a production with several folders, the one that was uploaded last.
    """
    found: list[ObjectInfo] = []
    for folder in production.folders:
        with suppress(NotFound):
            found.append(uploads.head(settings_key(folder)))
    return max(found, key=lambda info: info.last_modified or NEVER, default=None)


def settings_notices(production: ProductionFolders, uploads: ObjectStore) -> tuple[str, ...]:
    """What the newest settings.yaml, which was accepted, may not say as it is meant.

    Raises:
        NotFound: it was deleted meanwhile.
    """
    version = newest_settings(production, uploads)
    if version is None:
        return ()
    return user_yaml_notices(uploads.get(version.key, version.version_id), "settings.yaml")


def accept_settings(
    production: ProductionFolders,
    *,
    uploads: ObjectStore,
    studio: ObjectStore,
    models: AllowedModels,
) -> None:
    """Make the accepted settings of the studio bucket those of the settings.yaml that exists now.

    S3's events come late, twice, in another order, or never. So it does not matter which event led
    here: the newest version is read, and read again if it was replaced meanwhile. Of two calls at
    the same time the last one to write has therefore seen the newest version.

    Raises:
        SettingsRefused: the newest version is impossible; what was accepted before stays in force.
    """
    while True:
        version = newest_settings(production, uploads)
        try:
            settings = _read_version(version, uploads, models)
        except NotFound:  # deleted after its head was read
            continue
        accepted = settings.model_dump_json().encode() if version else ALL_DEFAULTS
        _write_if_changed(accepted_settings_key(production.id), accepted, studio)
        if newest_settings(production, uploads) == version:
            return


def _read_version(
    version: ObjectInfo | None, uploads: ObjectStore, models: AllowedModels
) -> Settings:
    if version is None:
        return with_models(Settings(), models)
    check_size(version.size, "settings.yaml")
    return read_settings(uploads.get(version.key, version.version_id), models)


def _write_if_changed(key: str, accepted: bytes, studio: ObjectStore) -> None:
    try:
        before = studio.get(key)
    except NotFound:
        before = ALL_DEFAULTS
    if accepted != before:
        studio.put(key, accepted, "application/json")


def settings_in_force(
    production: str, studio: ObjectStore, models: AllowedModels | None = None
) -> Settings:
    """The last settings.yaml that was accepted; the defaults when there is none.

    Args:
        production: its slug.
        studio: holds the accepted settings.
        models: the stack's models now; None only where no model is called.
    """
    try:
        settings = Settings.from_stored(studio.get(accepted_settings_key(production)))
    except NotFound:
        settings = Settings()
    return with_models(settings, models) if models else settings


def _refuse_other_models(settings: Settings, models: AllowedModels) -> None:
    wrong = [
        f"{place}.model is {part.model}, and this stack may only call {own} ({parameter})"
        for place, part, own, parameter in (
            ("embedding", settings.embedding, models.embedding, "EmbeddingModelId"),
            ("captions", settings.captions, models.captions, "CaptionModelId"),
            ("finder.grounding", settings.finder.grounding, models.captions, "CaptionModelId"),
        )
        if "model" in part.model_fields_set and part.model != own
    ]
    if wrong:
        raise SettingsRefused(
            f"settings.yaml has impossible values: {'; '.join(wrong)}",
            "Leave the model out, or deploy the stack with that parameter",
        )


def _refuse_other_dimensions(settings: Settings) -> None:
    embedding = settings.embedding
    family = embedding_family(embedding.model)
    if family is not None and embedding.dimensions not in family.dimensions:
        *some, last = family.dimensions
        possible = f"{', '.join(map(str, some))} or {last}"
        raise SettingsRefused(
            f"settings.yaml has impossible values: embedding.dimensions is {embedding.dimensions},"
            f" and {embedding.model} gives {possible}",
            "Write one of these, or leave it out",
        )


def _refuse_other_than_nova(settings: Settings) -> None:
    model = settings.finder.grounding.model
    if "grounding" in settings.finder.kind and not foundation_model_of(model).startswith(NOVA):
        raise SettingsRefused(
            "settings.yaml has impossible values: finder.kind is grounding, which asks a Nova model"
            f" for boxes, and this stack may only ask {model} (CaptionModelId)",
            "Choose another finder, or deploy the stack with a Nova model",
        )


def _refuse_other_detectors(settings: Settings, models: AllowedModels) -> None:
    if "custom_labels" not in settings.finder.kind:
        return
    fault = fault_of_place(settings.finder.custom_labels.model, models.detector_projects)
    if fault is not None:
        reason, advice = fault
        raise SettingsRefused(
            f"settings.yaml has impossible values: finder.custom_labels.model: {reason}", advice
        )
