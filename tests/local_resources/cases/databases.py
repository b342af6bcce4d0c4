"""Cases of RDS."""

from __future__ import annotations

from local.resources import Properties
from tests.local_resources.cases.case import Case, allow
from tests.local_resources.cases.network import GROUP, network
from tests.local_resources.stack import Stack, unique

CLUSTER = "aws:rds/cluster:Cluster"
PARAMETERS = "aws:rds/clusterParameterGroup:ClusterParameterGroup"
PROXY = "aws:rds/proxy:Proxy"
SUBNETS = "aws:rds/subnetGroup:SubnetGroup"


def cluster_inputs(stack: Stack) -> Properties:
    """An Aurora Serverless v2 cluster whose master password AWS keeps."""
    vpc = network(stack)
    group = stack.make(GROUP, name=unique("group"), description="Data", vpcId=vpc["vpcId"])
    subnets = {"name": unique("subnets"), "subnetIds": vpc["privateSubnetIds"]}
    return {
        "clusterIdentifier": unique("payments"),
        "engine": "aurora-postgresql",
        "engineMode": "provisioned",
        "engineVersion": "16.8",
        "databaseName": "payments",
        "masterUsername": "payments_master",
        "manageMasterUserPassword": True,
        "iamDatabaseAuthenticationEnabled": True,
        "storageEncrypted": True,
        "dbSubnetGroupName": stack.make(SUBNETS, **subnets)["name"],
        "dbClusterParameterGroupName": stack.make(PARAMETERS, **_parameters(stack))["name"],
        "vpcSecurityGroupIds": [group["id"]],
        "serverlessv2ScalingConfiguration": {"minCapacity": 0.5, "maxCapacity": 2},
        "backupRetentionPeriod": 7,
        "deletionProtection": False,
        "enabledCloudwatchLogsExports": ["postgresql"],
        "skipFinalSnapshot": True,
        "tags": {"service": "payments"},
    }


def _instance(stack: Stack) -> Properties:
    cluster = stack.make(CLUSTER, **cluster_inputs(stack))
    return {
        "identifier": unique("writer"),
        "clusterIdentifier": cluster["id"],
        "engine": "aurora-postgresql",
        "instanceClass": "db.serverless",
        "promotionTier": 1,
        "publiclyAccessible": False,
        "performanceInsightsEnabled": True,
        "tags": {"service": "payments"},
    }


def _subnets(stack: Stack) -> Properties:
    vpc = network(stack)
    return {
        "name": unique("subnets"),
        "description": "Payments",
        "subnetIds": vpc["privateSubnetIds"],
        "tags": {"service": "payments"},
    }


def _parameters(_: Stack) -> Properties:
    return {
        "name": unique("parameters"),
        "family": "aurora-postgresql16",
        "parameters": [{"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"}],
        "tags": {"service": "payments"},
    }


def _proxy(stack: Stack) -> Properties:
    vpc = network(stack)
    group = stack.make(GROUP, name=unique("group"), description="Proxy", vpcId=vpc["vpcId"])
    role = stack.make(
        "aws:iam/role:Role", name=unique("role"), assumeRolePolicy=allow("rds.amazonaws.com")
    )
    return {
        "name": unique("proxy"),
        "engineFamily": "POSTGRESQL",
        "defaultAuthScheme": "IAM_AUTH",
        "requireTls": True,
        "roleArn": role["arn"],
        "vpcSubnetIds": vpc["privateSubnetIds"],
        "vpcSecurityGroupIds": [group["id"]],
        "idleClientTimeout": 900,
        "tags": {"service": "payments"},
    }


def _pool(stack: Stack) -> Properties:
    return {
        "dbProxyName": stack.make(PROXY, **_proxy(stack))["name"],
        "connectionPoolConfig": {
            "maxConnectionsPercent": 50,
            "maxIdleConnectionsPercent": 25,
            "connectionBorrowTimeout": 10,
        },
    }


def _target(stack: Stack) -> Properties:
    return {
        "dbProxyName": stack.make(PROXY, **_proxy(stack))["name"],
        "targetGroupName": "default",
        "dbClusterIdentifier": stack.make(CLUSTER, **cluster_inputs(stack))["id"],
    }


CASES = (
    Case(
        resource_type=CLUSTER,
        inputs=cluster_inputs,
        change={
            "serverlessv2ScalingConfiguration": {"minCapacity": 1, "maxCapacity": 4},
            "backupRetentionPeriod": 14,
            "tags": {"tier": "1"},
        },
        outputs=("arn", "endpoint", "port", "masterUserSecrets", "clusterResourceId"),
    ),
    Case(
        resource_type="aws:rds/clusterInstance:ClusterInstance",
        inputs=_instance,
        change={"tags": {"tier": "1"}},
        outputs=("arn", "dbiResourceId", "endpoint", "writer"),
    ),
    Case(
        resource_type=SUBNETS,
        inputs=_subnets,
        change={"description": "Data", "tags": {"tier": "1"}},
        outputs=("arn",),
    ),
    Case(
        resource_type=PARAMETERS,
        inputs=_parameters,
        change={"parameters": [], "tags": {"tier": "1"}},
        outputs=("arn",),
    ),
    Case(
        resource_type=PROXY,
        inputs=_proxy,
        change={"idleClientTimeout": 600, "tags": {"tier": "1"}},
        outputs=("arn", "endpoint"),
    ),
    Case(
        resource_type="aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup",
        inputs=_pool,
        change={
            "connectionPoolConfig": {
                "maxConnectionsPercent": 20,
                "maxIdleConnectionsPercent": 10,
                "connectionBorrowTimeout": 5,
            }
        },
        outputs=("arn", "name"),
        survives=True,
    ),
    Case(
        resource_type="aws:rds/proxyTarget:ProxyTarget",
        inputs=_target,
        outputs=("rdsResourceId",),
    ),
)
