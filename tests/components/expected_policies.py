"""What each role may do in the dev stack, as reviewed: sid, actions, resources.

A resource is shortened: `table orders` is the table `storefront-dev-orders`.
"""

from __future__ import annotations

Expected = dict[str, tuple[str, str]]

_USERS = "rds-db:eu-west-1:123456789012:dbuser:cluster-STOREFRONT-DEV-PAYMENTS"
_ENTER = f"{_USERS}/payments_app"
_LIVE = "execute-api:eu-west-1:123456789012:api/live"
_VPC: Expected = {
    "NetworkInterfaces": (
        "ec2: AssignPrivateIpAddresses CreateNetworkInterface DeleteNetworkInterface "
        "DescribeNetworkInterfaces DescribeSubnets UnassignPrivateIpAddresses",
        "*",
    )
}


def _function(name: str) -> Expected:
    return {
        "Logs": ("logs: CreateLogStream PutLogEvents", f"log /aws/lambda/storefront-dev-{name}"),
        "Trace": ("xray: PutTelemetryRecords PutTraceSegments", "*"),
    }


def _execution(name: str) -> Expected:
    return {
        "Logs": ("logs: CreateLogStream PutLogEvents", f"log /ecs/storefront-dev-{name}"),
        "RegistryLogin": ("ecr: GetAuthorizationToken", "*"),
        "PullImage": (
            "ecr: BatchCheckLayerAvailability BatchGetImage GetDownloadUrlForLayer",
            "ecr:eu-west-1:111111111111:repository/storefront/inventory",
        ),
    }


def _key(service: str, verb: str, via: str) -> Expected:
    actions = {
        "Read": "Decrypt",
        "Write": "GenerateDataKey",
        "Send": "Decrypt GenerateDataKey",
        "Lend": "CreateGrant",
        "Describe": "DescribeKey",
    }[verb]
    elsewhere = {"platform": "key-key-id", "backups": "vault-key-id"}
    domain = elsewhere.get(service, f"{service}-key-key-id")
    return {
        f"Key{service.title()}{verb}{via.title()}": (
            f"kms: {actions}",
            f"kms:eu-west-1:123456789012:key/{domain}",
        )
    }


def _trigger(queue: str) -> Expected:
    actions = "sqs: DeleteMessage GetQueueAttributes ReceiveMessage"
    return _consume(queue, actions)


def _poll(queue: str) -> Expected:
    actions = "sqs: ChangeMessageVisibility DeleteMessage ReceiveMessage"
    return _consume(queue, actions)


def _consume(queue: str, actions: str) -> Expected:
    return {
        **_key(queue.split("-")[0], "Read", "sqs"),
        "ConsumeQueue": (actions, f"queue {queue}"),
    }


def _relay(service: str) -> Expected:
    return {
        **_function(f"{service}-relay"),
        "Outbox": ("dynamodb: UpdateItem", f"table {service}"),
        "OutboxIndexes": ("dynamodb: Query", f"table {service}/index/unpublished"),
        "ReadStream": (
            "dynamodb: DescribeStream GetRecords GetShardIterator",
            f"table {service}/stream/2026-11-24T00:00:00.000",
        ),
        "ListStreams": ("dynamodb: ListStreams", "*"),
        "PublishEvents": ("sns: Publish", "topic platform-events"),
        **_key("platform", "Send", "sns"),
        **_key(service, "Read", "dynamodb"),
        **_key(service, "Send", "sqs"),
        "ReportFailures": ("sqs: SendMessage", f"queue {service}-relay-failures"),
    }


_BACKED_UP = ("orders", "inventory", "notifications")
_SNAPSHOT = "rds: AddTagsToResource CopyDBClusterSnapshot CreateDBClusterSnapshot"
POLICIES: dict[str, Expected] = {
    "backups-policy": {
        **_key("orders", "Send", "dynamodb"),
        **_key("inventory", "Send", "dynamodb"),
        **_key("notifications", "Send", "dynamodb"),
        **_key("backups", "Send", "dynamodb"),
        **{
            sid: said
            for domain in ("orders", "inventory", "notifications", "payments", "backups")
            for verb in ("Describe", "Lend")
            for sid, said in _key(domain, verb, "").items()
        },
        "Tables": (
            "dynamodb: CreateBackup DescribeTable ListTagsOfResource StartAwsBackupJob",
            ", ".join(f"table {service}" for service in _BACKED_UP),
        ),
        "TableBackups": (
            "dynamodb: DeleteBackup DescribeBackup",
            ", ".join(f"table {service}/backup/*" for service in _BACKED_UP),
        ),
        "Databases": (
            f"{_SNAPSHOT} DescribeDBClusters ListTagsForResource",
            "rds:eu-west-1:123456789012:cluster:storefront-dev-payments",
        ),
        "Snapshots": (
            "rds: AddTagsToResource CopyDBClusterSnapshot CreateDBClusterSnapshot "
            "DeleteDBClusterSnapshot DescribeDBClusterSnapshots ListTagsForResource "
            "ModifyDBClusterSnapshotAttribute",
            "rds:eu-west-1:123456789012:cluster-snapshot:awsbackup:*",
        ),
        "Vault": (
            "backup: CopyIntoBackupVault DescribeBackupVault",
            "backup:eu-west-1:123456789012:backup-vault:storefront-dev-backups",
        ),
    },
    "orders-http-policy": {
        **_function("orders-http"),
        **_VPC,
        "Orders": (
            "dynamodb: BatchGetItem DeleteItem GetItem PutItem Query UpdateItem",
            "table orders",
        ),
        **_key("orders", "Read", "dynamodb"),
        "OrdersIndexes": ("dynamodb: Query", "table orders/index/by_customer"),
        "Discover": ("servicediscovery: DiscoverInstances", "*"),
        **_key("orders", "Read", "s3"),
        "ReadReceipts": ("s3: GetObject", "bucket orders-receipts-/receipts/*"),
    },
    "orders-events-policy": {
        **_function("orders-events"),
        **_trigger("orders-events"),
        "Orders": ("dynamodb: GetItem PutItem Query UpdateItem", "table orders"),
        **_key("orders", "Write", "s3"),
        "WriteReceipts": ("s3: PutObject", "bucket orders-receipts-/receipts/*"),
        **_key("orders", "Read", "dynamodb"),
    },
    "orders-sweep-policy": {
        **_function("orders-sweep"),
        "Orders": ("dynamodb: GetItem PutItem UpdateItem", "table orders"),
        **_key("orders", "Read", "dynamodb"),
        "OrdersIndexes": ("dynamodb: Query", "table orders/index/open"),
    },
    "orders-outbox-relay-policy": _relay("orders"),
    "inventory-outbox-relay-policy": _relay("inventory"),
    "inventory-api-execution-policy": _execution("inventory-api"),
    "inventory-api-task-policy": {
        "Inventory": ("dynamodb: BatchGetItem GetItem PutItem UpdateItem", "table inventory"),
        **_key("inventory", "Read", "dynamodb"),
        "InventoryIndexes": ("dynamodb: Query", "table inventory/index/catalogue"),
    },
    "inventory-worker-execution-policy": _execution("inventory-worker"),
    "inventory-worker-task-policy": {
        **_poll("inventory-events"),
        "Inventory": ("dynamodb: BatchGetItem GetItem PutItem UpdateItem", "table inventory"),
        **_key("inventory", "Read", "dynamodb"),
        "InventoryIndexes": ("dynamodb: Query", "table inventory/index/expiring"),
        "ProtectTask": (
            "ecs: UpdateTaskProtection",
            "ecs:eu-west-1:123456789012:task/storefront-dev-inventory/*",
        ),
    },
    "payments-http-policy": {
        **_function("payments-http"),
        **_VPC,
        "EnterDatabase": ("rds-db: connect", _ENTER),
        "ReadWebhook": (
            "secretsmanager: GetSecretValue",
            "secretsmanager:eu-west-1:123456789012:secret:storefront-dev-payments-webhook-a1b2c3",
        ),
        **_key("payments", "Read", "secretsmanager"),
    },
    "payments-events-policy": {
        **_function("payments-events"),
        **_VPC,
        **_trigger("payments-events"),
        "EnterDatabase": ("rds-db: connect", _ENTER),
        "PublishEvents": ("sns: Publish", "topic platform-events"),
        **_key("platform", "Send", "sns"),
    },
    "payments-sweep-policy": {
        **_function("payments-sweep"),
        **_VPC,
        "EnterDatabase": ("rds-db: connect", _ENTER),
        "PublishEvents": ("sns: Publish", "topic platform-events"),
        **_key("platform", "Send", "sns"),
    },
    "payments-migrate-policy": {
        **_function("payments-migrate"),
        **_VPC,
        "EnterDatabase": ("rds-db: connect", f"{_USERS}/payments_migrator"),
        **_key("payments", "Read", "secretsmanager"),
        "ReadMasterSecret": (
            "secretsmanager: GetSecretValue",
            "secretsmanager:eu-west-1:123456789012:secret:rds!cluster-storefront-dev-payments",
        ),
    },
    "notifications-http-policy": {
        **_function("notifications-http"),
        "Inbox": ("dynamodb: DeleteItem GetItem PutItem Query", "table notifications"),
        "CloseAlerts": ("execute-api: ManageConnections", f"{_LIVE}/DELETE/@connections/*"),
        **_key("notifications", "Read", "dynamodb"),
        "SubscribeCustomerAlerts": ("sns: Subscribe", "topic notifications-customer-alerts"),
        "Unsubscribe": ("sns: Unsubscribe", "*"),
    },
    "notifications-events-policy": {
        **_function("notifications-events"),
        **_trigger("notifications-events"),
        "Inbox": ("dynamodb: DeleteItem GetItem PutItem Query UpdateItem", "table notifications"),
        "SendAlerts": ("execute-api: ManageConnections", f"{_LIVE}/POST/@connections/*"),
        **_key("notifications", "Read", "dynamodb"),
        **_key("notifications", "Send", "sns"),
        "PublishCustomerAlerts": ("sns: Publish", "topic notifications-customer-alerts"),
        "SendTextMessages": ("sns: Publish", "all but arn:*:sns:*:*:*"),
    },
    "network-flows-policy": {
        "Logs": (
            "logs: CreateLogStream DescribeLogStreams PutLogEvents",
            "log /aws/vpc/storefront-dev-platform-flow-logs",
        ),
        "FindLogs": ("logs: DescribeLogGroups", "*"),
    },
}
