"""The settings of a production: read from its settings.yaml, and those in force now.

The roles of the functions allow the models that the stack's parameters name, and no other. So the
settings of a production take these models, and a settings.yaml that names another is refused: its
films would fail one by one, with denied access.
"""

from __future__ import annotations

from typing import Annotated

from onmodel.contracts.keys import accepted_settings_key
from onmodel.contracts.settings import AllowedModels, Settings
from onmodel.errors import NotFound, SettingsRefused
from onmodel.formats.user_yaml import read_user_yaml
from onmodel.ports.storage import ObjectStore

SettingsBytes = Annotated[bytes, "settings.yaml as uploaded"]


def parse_settings(text: SettingsBytes) -> Settings:
    """Read a settings.yaml, whatever models it names.

    Raises:
        SettingsRefused: not YAML, too large, an unknown key or an impossible value; the message
            lists every fault with its place.
    """
    return read_user_yaml(Settings, text, "settings.yaml")


def read_settings(text: SettingsBytes, models: AllowedModels) -> Settings:
    """Read a settings.yaml for a stack that may call these models.

    Raises:
        SettingsRefused: impossible, or it names a model that this stack may not call.
    """
    settings = parse_settings(text)
    _refuse_other_models(settings, models)
    return with_models(settings, models)


def with_models(settings: Settings, models: AllowedModels) -> Settings:
    """The same settings with the stack's models, whatever held when they were read."""
    return settings.model_copy(
        update={
            "embedding": settings.embedding.model_copy(update={"model": models.embedding}),
            "captions": settings.captions.model_copy(update={"model": models.captions}),
        }
    )


def settings_in_force(
    production: str, studio: ObjectStore, models: AllowedModels | None = None
) -> Settings:
    """The last valid settings.yaml that was uploaded; the defaults when there is none.

    Args:
        production: its slug.
        studio: holds the accepted settings.
        models: the stack's, as they are now; leave out only where no model is called.
    """
    try:
        settings = Settings.model_validate_json(studio.get(accepted_settings_key(production)))
    except NotFound:
        settings = Settings()
    return with_models(settings, models) if models else settings


def _refuse_other_models(settings: Settings, models: AllowedModels) -> None:
    wrong = [
        f"{place}.model is {part.model}, and this stack may only call {own} ({parameter})"
        for place, part, own, parameter in (
            ("embedding", settings.embedding, models.embedding, "EmbeddingModelId"),
            ("captions", settings.captions, models.captions, "CaptionModelId"),
        )
        if "model" in part.model_fields_set and part.model != own
    ]
    if wrong:
        raise SettingsRefused(
            f"settings.yaml has impossible values: {'; '.join(wrong)}",
            "Leave the model out, or deploy the stack with that parameter",
        )
