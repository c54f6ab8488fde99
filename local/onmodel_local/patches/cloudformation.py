"""Patches of CloudFormation: time to live, secrets' ARNs, deletions that stop.

Follows ministack's CloudFormation closely: MIT, Copyright (c) 2026 MiniStack Contributors.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ministack.services import apigateway, dynamodb
from ministack.services.cloudformation import _stacks, handlers, provisioners, stacks

from onmodel_local.patches.upstream import PatchOutdatedError, expect, replace

Created = tuple[str, dict[str, Any]]


def _after_create(
    resource_type: str, digest: str, then: Callable[[Created, dict[str, Any]], Created]
) -> None:
    handler = provisioners._RESOURCE_HANDLERS.get(resource_type)
    if handler is None or "create" not in handler:
        raise PatchOutdatedError(f"ministack no longer creates {resource_type}")
    create = handler["create"]
    expect(provisioners, create.__name__, digest)
    handler["create"] = lambda logical_id, properties, stack: then(
        create(logical_id, properties, stack), properties
    )


def tables_forget() -> None:
    """TimeToLiveSpecification of a table; upstream's CloudFormation drops it."""

    def enable(created: Created, properties: dict[str, Any]) -> Created:
        if specification := properties.get("TimeToLiveSpecification"):
            dynamodb._update_ttl(
                {"TableName": created[0], "TimeToLiveSpecification": specification}
            )
        return created

    expect(dynamodb, "_update_ttl", "e8243a4fbbb8")
    _after_create("AWS::DynamoDB::Table", "277586e016c6", enable)


def secrets_are_their_arns() -> None:
    """`!Ref` of a secret is its ARN; upstream gives its name, which policies do not match."""
    _after_create(
        "AWS::SecretsManager::Secret", "0bae0110fce2", lambda made, _: (made[1]["Arn"], made[1])
    )


def http_apis_have_local_addresses() -> None:
    """An HTTP API's endpoint is an address on 127.0.0.1 that every program can open.

    Upstream's `<id>.execute-api.localhost` resolves in browsers, not everywhere else.
    """

    def rename(created: Created, _: dict[str, Any]) -> Created:
        api, attributes = created
        port = os.environ["GATEWAY_PORT"]
        url = f"http://127.0.0.1:{port}/_aws/execute-api/{api}/$default"
        apigateway._apis[api]["apiEndpoint"] = url  # updates of the stack read it there
        return api, {**attributes, "ApiEndpoint": url}

    _after_create("AWS::ApiGatewayV2::Api", "0002e18b4198", rename)


def failed_deletions_hold() -> None:
    """When the deletion of a resource fails, the resources that it depends on are kept.

    The deletion guard needs this: it is a custom resource that depends on everything, and its
    deletion fails while something bills, so that the stack is kept.
    """
    expect(stacks, "_with_dependencies", "215ae2908e06")

    @replace(stacks, "_delete_resource", "9e9ba54fb428")
    def _(original: Callable[..., Any]) -> Callable[..., Any]:
        def delete(
            kind: str, physical: str, properties: Any, stack: str, logical: str | None = None
        ) -> Any:
            record = _stacks.get(stack) or {}
            if record.get("StackStatus") != "DELETE_IN_PROGRESS":
                return original(kind, physical, properties, stack, logical)
            failed: set[str] = record.setdefault("_onmodel_failed", set())
            _refuse_while_needed(record, failed, logical)
            try:
                return original(kind, physical, properties, stack, logical)
            except Exception:
                failed.add(logical or physical)
                raise

        return delete

    expect(handlers, "_delete_stack_async", "910363eef2d9")

    @replace(stacks, "_delete_stack_async", "910363eef2d9")
    def _(original: Callable[..., Any]) -> Callable[..., Any]:
        async def delete_stack(name: str, *rest: Any, **named: Any) -> Any:
            (_stacks.get(name) or {}).pop("_onmodel_failed", None)
            return await original(name, *rest, **named)

        return delete_stack

    handlers._delete_stack_async = stacks._delete_stack_async


def _refuse_while_needed(record: dict[str, Any], failed: set[str], logical: str | None) -> None:
    definitions = record["_template"]["Resources"]
    for holder in failed:
        needed = stacks._with_dependencies([holder], definitions, set(definitions))
        if logical != holder and logical in needed:
            raise RuntimeError(f"not deleted: {holder}, which depends on it, could not be deleted")


PATCHES = (
    tables_forget,
    secrets_are_their_arns,
    http_apis_have_local_addresses,
    failed_deletions_hold,
)
