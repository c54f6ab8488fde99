"""Secrets over Secrets Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onmodel.adapters.faults import translated

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient


class SecretsManagerSecrets:
    def __init__(self, client: SecretsManagerClient) -> None:
        self._client = client

    def get(self, name: str) -> str:
        """The current text of a secret, by name or ARN."""
        with translated():
            return self._client.get_secret_value(SecretId=name)["SecretString"]
