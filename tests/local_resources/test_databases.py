"""An Aurora cluster is the local PostgreSQL server with the credentials AWS keeps."""

from __future__ import annotations

import json

import pytest

from local.resources import Cloud, ResourceError, handler_for
from tests.local_resources.cases.databases import CLUSTER, cluster_inputs
from tests.local_resources.stack import MemoryDatabase, Stack, unique

pytestmark = pytest.mark.xdist_group("ministack")


def _on(cloud: Cloud, database: MemoryDatabase) -> Cloud:
    return Cloud(
        endpoint=cloud.endpoint,
        region=cloud.region,
        account_id=cloud.account_id,
        database=database,
    )


def test_the_server_gets_the_master_user_of_the_managed_secret_and_the_database(
    cloud: Cloud, stack: Stack
) -> None:
    database = MemoryDatabase(host="/tmp/socket", port=6432)  # noqa: S108  # a name only
    handler = handler_for(CLUSTER)

    created = handler.create(_on(cloud, database), "payments", cluster_inputs(stack))

    stack.on_close(lambda: handler.delete(cloud, created.id, created.outputs))
    secret = cloud.client("secretsmanager").get_secret_value(
        SecretId=created.outputs["masterUserSecrets"][0]["secretArn"]
    )
    held = json.loads(secret["SecretString"])
    assert database.masters == {"payments_master": held["password"]}
    assert database.databases == {"payments": "payments_master"}
    assert (created.outputs["endpoint"], created.outputs["port"]) == ("/tmp/socket", 6432)  # noqa: S108  # a name only


def test_a_given_master_password_is_the_servers(cloud: Cloud, stack: Stack) -> None:
    database = MemoryDatabase()
    handler = handler_for(CLUSTER)
    inputs = {**cluster_inputs(stack), "masterPassword": unique("word")}
    del inputs["manageMasterUserPassword"]

    created = handler.create(_on(cloud, database), "payments", inputs)

    stack.on_close(lambda: handler.delete(cloud, created.id, created.outputs))
    assert database.masters == {"payments_master": inputs["masterPassword"]}


def test_an_engine_version_that_aws_does_not_offer_is_refused(stack: Stack) -> None:
    with pytest.raises(ResourceError, match=r"16\.6"):
        stack.make(CLUSTER, **{**cluster_inputs(stack), "engineVersion": "16.6"})
