"""The models that a stack may call, and settings that fit them.

Roles allow what the stack's parameters name. A production's settings take these models, and a
settings.yaml that names another is refused: its films would fail one by one, with denied access.
"""

from __future__ import annotations

from onmodel.contracts.base import Contract
from onmodel.errors import SettingsRefused
from onmodel.settings import (
    CaptionSettings,
    EmbeddingSettings,
    Settings,
    SettingsBytes,
    parse_settings,
)


class Models(Contract):
    """Ids or inference profiles: these two, and no other."""

    embedding: str = EmbeddingSettings().model
    captions: str = CaptionSettings().model

    def read(self, text: SettingsBytes) -> Settings:
        """A settings.yaml for this stack.

        Raises:
            SettingsRefused: impossible, or it names a model that this stack may not call.
        """
        settings = parse_settings(text)
        self._check(settings)
        return self.put_into(settings)

    def put_into(self, settings: Settings) -> Settings:
        """The same settings with the stack's models, whatever held when they were read."""
        return settings.model_copy(
            update={
                "embedding": settings.embedding.model_copy(update={"model": self.embedding}),
                "captions": settings.captions.model_copy(update={"model": self.captions}),
            }
        )

    def _check(self, settings: Settings) -> None:
        wrong = [
            f"{place}.model is {part.model}, and this stack may only call {own} ({parameter})"
            for place, part, own, parameter in (
                ("embedding", settings.embedding, self.embedding, "EmbeddingModelId"),
                ("captions", settings.captions, self.captions, "CaptionModelId"),
            )
            if "model" in part.model_fields_set and part.model != own
        ]
        if wrong:
            raise SettingsRefused(
                f"settings.yaml has impossible values: {'; '.join(wrong)}",
                "Leave the model out, or deploy the stack with that parameter",
            )
