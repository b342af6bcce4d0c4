"""Tables and the ledger's database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.configuration import stack_config
from tests.support.harness import ACCOUNT, REGION, Built
from tests.support.relations import PROXY, TABLE, environment, statements

UNPUBLISHED = ("unpublished", "occurred_at", "ALL")
INDEXES: dict[str, dict[str, tuple[str, str, str]]] = {
    "orders": {
        "unpublished": UNPUBLISHED,
        "by_customer": ("customer_id", "created_at", "ALL"),
        "open": ("open", "deadline_at", "KEYS_ONLY"),
    },
    "inventory": {
        "unpublished": UNPUBLISHED,
        "catalogue": ("catalogue", "product_id", "ALL"),
        "expiring": ("expiring", "reserved_until", "ALL"),
    },
    "notifications": {},
}


def table_of(shop: Built, service: str) -> dict[str, Any]:
    """The inputs of the service's table."""
    (table,) = (
        table for table in shop.of_type(TABLE) if table.inputs["tags"]["service"] == service
    )
    return table.inputs


def index(found: dict[str, Any]) -> tuple[str, str, str]:
    keys = {key["keyType"]: key["attributeName"] for key in found["keySchemas"]}
    return keys["HASH"], keys["RANGE"], found["projectionType"]


@pytest.mark.parametrize("service", sorted(INDEXES))
def test_a_table_has_exactly_the_keys_and_indexes_its_service_asks_for(
    shop: Built, service: str
) -> None:
    table = table_of(shop, service)
    found = {each["name"]: index(each) for each in table["globalSecondaryIndexes"]}
    keys = {"pk", "sk", *(key for names in INDEXES[service].values() for key in names[:2])}

    assert (table["hashKey"], table["rangeKey"]) == ("pk", "sk")
    assert found == INDEXES[service]
    assert {attribute["name"]: attribute["type"] for attribute in table["attributes"]} == (
        dict.fromkeys(keys, "S")
    )


def test_only_tables_with_an_outbox_stream_their_new_items(shop: Built) -> None:
    for service in INDEXES:
        table = table_of(shop, service)
        streamed = "unpublished" in INDEXES[service]
        assert table["streamEnabled"] is streamed
        assert table.get("streamViewType") == ("NEW_IMAGE" if streamed else None)


def test_every_table_is_encrypted_recoverable_on_demand_and_forgets_what_expired(
    shop: Built,
) -> None:
    for table in shop.of_type(TABLE):
        assert table.inputs["serverSideEncryption"]["enabled"] is True
        assert table.inputs["pointInTimeRecovery"] == {"enabled": True}
        assert table.inputs["billingMode"] == "PAY_PER_REQUEST"
        assert table.inputs["ttl"] == {"attributeName": "expires_at", "enabled": True}


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_data_is_protected_from_deletion_as_configured(
    stacks: Mapping[str, Built], stack: str
) -> None:
    config = stack_config(stack)
    for table in stacks[stack].of_type(TABLE):
        key = f"{table.inputs['tags']['service']}:table_deletion_protected"
        assert table.inputs["deletionProtectionEnabled"] is (config[key] == "true")


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_the_database_is_sized_kept_and_protected_as_configured(
    stacks: Mapping[str, Built], stack: str
) -> None:
    config = stack_config(stack)
    cluster = stacks[stack].named("payments-data-cluster").inputs
    protected = config["payments:database_deletion_protected"] == "true"

    smallest = float(config["payments:database_capacity_min_acu"])
    assert cluster["serverlessv2ScalingConfiguration"] == {
        "minCapacity": smallest,
        "maxCapacity": float(config["payments:database_capacity_max_acu"]),
        **({} if smallest else {"secondsUntilAutoPause": 300}),
    }
    instances = stacks[stack].of_type("aws:rds/clusterInstance:ClusterInstance")
    assert len(instances) == 1 + int(config["payments:database_readers_count"])
    assert cluster["engineVersion"] == config["payments:database_engine_version"]
    assert cluster["backupRetentionPeriod"] == int(config["payments:database_backup_days"])
    assert cluster["deletionProtection"] is protected
    assert cluster["skipFinalSnapshot"] is not protected
    assert ("finalSnapshotIdentifier" in cluster) is protected


def test_the_database_is_private_encrypted_and_entered_with_tokens_over_tls(shop: Built) -> None:
    cluster = shop.named("payments-data-cluster").inputs
    writer = shop.named("payments-data-writer").inputs
    parameters = shop.named("payments-data-parameters").inputs
    group = shop.named("network-payments-database-group").inputs["name"]

    assert cluster["storageEncrypted"] is True
    assert cluster["iamDatabaseAuthenticationEnabled"] is True
    assert cluster["vpcSecurityGroupIds"] == [f"securityGroup-{group}"]
    assert cluster["dbClusterParameterGroupName"] == parameters["name"]
    assert {"name": "rds.force_ssl", "value": "1"} in parameters["parameters"]
    major = cluster["engineVersion"].split(".")[0]
    assert parameters["family"] == f"aurora-postgresql{major}"
    assert parameters["name"].endswith(f"-postgres{major}"), "another version, another group"
    assert writer["publiclyAccessible"] is False
    assert (
        shop.named("payments-data-subnets").inputs["subnetIds"]
        == (shop.named("network-vpc").outputs["privateSubnetIds"])
    )


def test_no_password_of_the_database_is_ours_to_keep(shop: Built) -> None:
    cluster = shop.named("payments-data-cluster").inputs

    assert cluster["manageMasterUserPassword"] is True
    assert "masterPassword" not in cluster


def test_the_proxy_takes_and_gives_tokens_only_and_tls_on_both_sides(
    stacks: Mapping[str, Built],
) -> None:
    prod = stacks["prod"]
    proxy = prod.named("payments-data-proxy-proxy")
    group = prod.named("network-payments-proxy-group").inputs["name"]
    (enter,) = statements(prod.named("payments-data-proxy-policy"))
    (as_caller,) = [
        entry
        for entry in statements(prod.named("payments-http-policy"))
        if entry["Sid"] == "EnterDatabase"
    ]

    assert proxy.inputs["defaultAuthScheme"] == "IAM_AUTH"
    assert "auths" not in proxy.inputs
    assert proxy.inputs["requireTls"] is True
    assert proxy.inputs["engineFamily"] == "POSTGRESQL"
    assert proxy.inputs["roleArn"] == prod.named("payments-data-proxy-role").outputs["arn"]
    assert proxy.inputs["vpcSecurityGroupIds"] == [f"securityGroup-{group}"]
    assert proxy.inputs["vpcSubnetIds"] == prod.named("network-vpc").outputs["privateSubnetIds"]
    user = f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser"
    assert enter["Resource"] == [f"{user}:cluster-STOREFRONT-PROD-PAYMENTS/payments_app"]
    assert as_caller["Resource"] == [f"{user}:prx-{proxy.inputs['name']}/payments_app"]


def test_the_proxys_pool_fits_what_its_role_may_hold(stacks: Mapping[str, Built]) -> None:
    prod, config = stacks["prod"], stack_config("prod")
    proxy = prod.named("payments-data-proxy-proxy")
    pool = prod.named("payments-data-proxy-pool").inputs
    target = prod.named("payments-data-proxy-target")
    offered = 3360
    percent = pool["connectionPoolConfig"]["maxConnectionsPercent"]

    assert config["payments:database_capacity_max_acu"] == "16", "for which AWS offers 3,360"
    assert 0 < percent * offered / 100 <= int(config["payments:database_connections_max"])
    assert pool["dbProxyName"] == target.inputs["dbProxyName"] == proxy.inputs["name"]
    assert target.inputs["dbClusterIdentifier"] == "storefront-prod-payments"
    assert prod.named("payments-data-writer").urn in target.dependencies
    logs = prod.named("payments-data-proxy-logs")
    assert logs.inputs["name"] == f"/aws/rds/proxy/{proxy.inputs['name']}"
    assert logs.urn in proxy.dependencies


def test_a_reader_follows_the_writer_and_is_as_private(stacks: Mapping[str, Built]) -> None:
    writer = stacks["prod"].named("payments-data-writer").inputs
    reader = stacks["prod"].named("payments-data-reader-1").inputs
    own = {"identifier": reader["identifier"], "promotionTier": 1}

    assert writer["promotionTier"] == 0
    assert reader == {**writer, **own}
    assert reader["identifier"] != writer["identifier"]


def test_only_an_update_changes_the_databases_version(shop: Built) -> None:
    writer = shop.named("payments-data-writer").inputs
    cluster = shop.named("payments-data-cluster").inputs

    assert writer["autoMinorVersionUpgrade"] is False
    assert writer["engineVersion"] == cluster["engineVersion"]
    assert writer["instanceClass"] == "db.serverless"


def test_the_servers_log_is_made_before_the_server_makes_one_that_is_kept_for_ever(
    shop: Built,
) -> None:
    cluster = shop.named("payments-data-cluster")
    logs = shop.named("payments-data-logs")
    identifier = cluster.inputs["clusterIdentifier"]

    assert cluster.inputs["enabledCloudwatchLogsExports"] == ["postgresql"]
    assert logs.inputs["name"] == f"/aws/rds/cluster/{identifier}/postgresql"
    assert logs.urn in cluster.dependencies


def test_no_code_of_payments_runs_before_the_schema_is_migrated_for_it(shop: Built) -> None:
    migration = shop.named("payments-migration")
    migrate = shop.named("payments-migrate-function")

    assert migration.inputs["functionName"] == migrate.inputs["name"]
    for role in ("http", "events", "sweep"):
        assert migration.urn in shop.named(f"payments-{role}-function").dependencies


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_functions_are_told_where_the_database_is_and_the_migration_goes_past_the_proxy(
    stacks: Mapping[str, Built], stack: str
) -> None:
    shop, config = stacks[stack], stack_config(stack)
    cluster = shop.named("payments-data-cluster")
    proxies = shop.of_type(PROXY)
    assert len(proxies) == (config["payments:database_proxied"] == "true")
    pauses = float(config["payments:database_capacity_min_acu"]) == 0
    for role in ("http", "events", "sweep", "migrate"):
        variables = environment(shop.named(f"payments-{role}-function"))
        direct = role == "migrate" or not proxies
        behind = cluster if direct else proxies[0]
        assert variables["PAYMENTS_DATABASE_HOST"] == behind.outputs["endpoint"]
        assert variables["PAYMENTS_DATABASE_PAUSES"] == str(pauses).lower()
        assert variables["PAYMENTS_DATABASE_PORT"] == "5432"
        assert variables["PAYMENTS_DATABASE_NAME"] == cluster.inputs["databaseName"]
        assert ("PAYMENTS_MASTER_SECRET_ARN" in variables) is (role == "migrate")
        assert variables["PAYMENTS_DATABASE_USER"] == (
            "payments_migrator" if role == "migrate" else "payments_app"
        )
