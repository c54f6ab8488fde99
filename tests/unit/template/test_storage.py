"""Buckets, tables, queues and topics: private, encrypted, kept, and bounded in cost."""

from __future__ import annotations

from template_model import Template, listed


def denies_plain_http(statement: dict) -> bool:
    return (
        statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": False}}
    )


def test_buckets_when_read_then_private_encrypted_versioned_and_tidied(template: Template) -> None:
    buckets = template.of("AWS::S3::Bucket")
    assert set(buckets) == {"UploadsBucket", "StudioBucket"}
    for name, bucket in buckets.items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4, name
        assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}, name
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"], name
        rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
        assert "AbortIncompleteMultipartUpload" in rules["end-broken-uploads"], name
        assert "NoncurrentVersionExpiration" in rules["forget-old-versions"], name
        assert "BucketName" not in bucket, "a stack made again would meet the bucket that stayed"


def test_bucket_policies_when_plain_http_is_used_then_deny(template: Template) -> None:
    for name in template.of("AWS::S3::Bucket"):
        policy = template.resources[f"{name}Policy"]["Properties"]
        assert policy["Bucket"] == {"Ref": name}
        deny = next(s for s in policy["PolicyDocument"]["Statement"] if denies_plain_http(s))
        assert deny["Action"] == "s3:*"
        assert deny["Resource"] == [
            {"Fn::GetAtt": [name, "Arn"]},
            {"Fn::Sub": f"${{{name}.Arn}}/*"},
        ]


def test_data_when_the_stack_goes_then_stays(template: Template) -> None:
    for kind in ("AWS::S3::Bucket", "AWS::DynamoDB::Table"):
        for name in template.of(kind):
            resource = template.resources[name]
            assert resource["DeletionPolicy"] == "Retain", name
            assert resource["UpdateReplacePolicy"] == "Retain", name


def test_only_uploads_when_written_then_make_events(template: Template) -> None:
    """The pipeline's own writes must not start it again."""
    buckets = template.of("AWS::S3::Bucket")
    assert buckets["UploadsBucket"]["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }
    assert "NotificationConfiguration" not in buckets["StudioBucket"]


def test_nobody_when_roles_are_read_then_writes_uploads(template: Template) -> None:
    for name, statement in template.policies():
        writes = {"s3:PutObject", "s3:DeleteObject"} & set(listed(statement["Action"]))
        if writes and statement["Effect"] == "Allow":
            assert "UploadsBucket" not in str(statement["Resource"]), name


def test_tables_when_read_then_on_demand_recoverable_and_encrypted(template: Template) -> None:
    tables = template.of("AWS::DynamoDB::Table")
    assert set(tables) == {"RegistryTable", "CacheTable"}
    for name, table in tables.items():
        assert table["BillingMode"] == "PAY_PER_REQUEST", name
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"] == {"SSEEnabled": True}, name


def test_registry_when_read_then_has_the_keys_that_the_adapter_writes(template: Template) -> None:
    table = template.of("AWS::DynamoDB::Table")["RegistryTable"]
    assert {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]} == {
        "production": "S",
        "sk": "S",
        "kind": "S",
        "production_id": "S",
    }
    assert [k["AttributeName"] for k in table["KeySchema"]] == ["production", "sk"]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "by_kind"
    assert [k["AttributeName"] for k in index["KeySchema"]] == ["kind", "production_id"]


def test_cache_when_rows_are_old_then_forgets_them(template: Template) -> None:
    table = template.of("AWS::DynamoDB::Table")["CacheTable"]
    assert table["KeySchema"] == [{"AttributeName": "key", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_queues_when_read_then_encrypted_kept_long_and_tls_only(template: Template) -> None:
    policies = template.of("AWS::SQS::QueuePolicy")
    for name, queue in template.of("AWS::SQS::Queue").items():
        assert queue["SqsManagedSseEnabled"] is True, name
        if "DeadLetters" in name:
            assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600, name
        statements = [
            statement
            for policy in policies.values()
            if policy["Queues"] == [{"Ref": name}]
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        assert any(denies_plain_http(statement) for statement in statements), name


def test_topics_when_services_publish_then_are_not_under_the_key_of_sns(template: Template) -> None:
    """EventBridge and CloudWatch have no rights on alias/aws/sns: their messages would vanish."""
    for name, topic in template.of("AWS::SNS::Topic").items():
        assert "KmsMasterKeyId" not in topic, name
        policy = template.resources[f"{name}Policy"]["Properties"]["PolicyDocument"]
        assert any(denies_plain_http(statement) for statement in policy["Statement"])


def test_log_groups_when_read_then_forget(template: Template) -> None:
    groups = template.of("AWS::Logs::LogGroup")
    for name, group in groups.items():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
