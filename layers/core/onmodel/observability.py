"""Logger and metrics of every function; nobody else makes one."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics

NAMESPACE = "onmodel"

logger = Logger(service="onmodel")
metrics = Metrics(namespace=NAMESPACE, service="onmodel")
