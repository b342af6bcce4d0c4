"""Cases of RDS, S3, KMS, Secrets Manager and Systems Manager."""

from __future__ import annotations

from local.resources import Properties
from tests.local_resources.cases.case import Case, permit
from tests.local_resources.cases.network import GROUP, network
from tests.local_resources.stack import Stack, unique

BUCKET = "aws:s3/bucket:Bucket"
CLUSTER = "aws:rds/cluster:Cluster"
KEY = "aws:kms/key:Key"
PARAMETERS = "aws:rds/clusterParameterGroup:ClusterParameterGroup"
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


def _bucket(stack: Stack) -> str:
    return str(stack.make(BUCKET, bucket=unique("storefront"))["bucket"])


def _bucket_policy(stack: Stack) -> Properties:
    bucket = _bucket(stack)
    everyone = '{"AWS": "arn:aws:iam::000000000000:root"}'
    arn = f"arn:aws:s3:::{bucket}/*"
    encrypted = '{"Bool": {"aws:SecureTransport": "false"}}'
    policy = permit("s3:GetObject", arn, Principal=everyone, Condition=encrypted)
    return {"bucket": bucket, "policy": policy}


def _lifecycle(bucket: str) -> Properties:
    return {
        "bucket": bucket,
        "rules": [
            {
                "id": "all",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                "noncurrentVersionExpiration": {"noncurrentDays": 30},
                "transitions": [{"days": 90, "storageClass": "GLACIER_IR"}],
                "expiration": {"days": 400},
            }
        ],
    }


def _secret_version(stack: Stack) -> Properties:
    secret = stack.make(
        "aws:secretsmanager/secret:Secret", name=unique("secret"), recoveryWindowInDays=0
    )
    return {"secretId": secret["id"], "secretString": "a value"}


def _alias(stack: Stack) -> Properties:
    return {"name": f"alias/{unique('key')}", "targetKeyId": stack.make(KEY)["keyId"]}


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
        resource_type=BUCKET,
        inputs=lambda _: {
            "bucket": unique("storefront"),
            "forceDestroy": True,
            "tags": {"service": "shop"},
        },
        change={"tags": {"tier": "1"}},
        outputs=("arn", "bucketDomainName", "bucketRegionalDomainName"),
    ),
    Case(
        resource_type="aws:s3/bucketVersioning:BucketVersioning",
        inputs=lambda stack: {
            "bucket": _bucket(stack),
            "versioningConfiguration": {"status": "Enabled"},
        },
    ),
    Case(
        resource_type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        inputs=lambda stack: {
            "bucket": _bucket(stack),
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        change={"restrictPublicBuckets": False},
    ),
    Case(
        resource_type="aws:s3/bucketPolicy:BucketPolicy",
        inputs=_bucket_policy,
    ),
    Case(
        resource_type=(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        ),
        inputs=lambda stack: {
            "bucket": _bucket(stack),
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"},
                    "bucketKeyEnabled": True,
                }
            ],
        },
        change={"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        survives=True,
    ),
    Case(
        resource_type="aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        inputs=lambda stack: {
            "bucket": _bucket(stack),
            "rule": {"objectOwnership": "BucketOwnerEnforced"},
        },
        change={"rule": {"objectOwnership": "BucketOwnerPreferred"}},
    ),
    Case(
        resource_type="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        inputs=lambda stack: _lifecycle(_bucket(stack)),
        change={"rules": [{"id": "all", "status": "Disabled", "expiration": {"days": 1}}]},
    ),
    Case(
        resource_type="aws:secretsmanager/secret:Secret",
        inputs=lambda _: {
            "name": unique("secret"),
            "description": "The provider's key",
            "recoveryWindowInDays": 0,
            "tags": {"service": "payments"},
        },
        change={"description": "The other key", "tags": {"tier": "1"}},
        outputs=("arn",),
    ),
    Case(
        resource_type="aws:secretsmanager/secretVersion:SecretVersion",
        inputs=_secret_version,
        outputs=("arn", "versionId", "versionStages"),
        survives=True,
    ),
    Case(
        resource_type=KEY,
        inputs=lambda _: {
            "description": "Encrypts events",
            "enableKeyRotation": True,
            "deletionWindowInDays": 7,
            "policy": permit("kms:*", "*", Principal='{"AWS": "arn:aws:iam::000000000000:root"}'),
            "tags": {"service": "shop"},
        },
        change={
            "description": "Encrypts all",
            "enableKeyRotation": False,
            "isEnabled": False,
            "tags": {"tier": "1"},
        },
        outputs=("arn", "keyId"),
    ),
    Case(
        resource_type="aws:kms/alias:Alias",
        inputs=_alias,
        outputs=("arn", "targetKeyArn"),
    ),
    Case(
        resource_type="aws:ssm/parameter:Parameter",
        inputs=lambda _: {
            "name": f"/{unique('shop')}/url",
            "type": "String",
            "value": "http://127.0.0.1",
            "tags": {"service": "shop"},
        },
        change={"value": "http://127.0.0.2", "tags": {"tier": "1"}},
        outputs=("arn", "version"),
    ),
)
