"""What AWS would answer to a registration: the inputs, an id, an ARN and what components read."""

from __future__ import annotations

from typing import Any

from pulumi.runtime import mocks

ACCOUNT = "123456789012"
REGION = "eu-west-1"

PREFIX_LIST = "aws:ec2/getManagedPrefixList:getManagedPrefixList"

_ARNS = {
    "aws:backup/vault:Vault": "arn:aws:backup:{region}:{account}:backup-vault:{name}",
    "aws:cloudwatch/eventRule:EventRule": "arn:aws:events:{region}:{account}:rule/{name}",
    "aws:cloudwatch/logGroup:LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": (
        "arn:aws:cloudwatch:{region}:{account}:alarm:{name}"
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
    "aws:cognito/userPool:UserPool": "arn:aws:cognito-idp:{region}:{account}:userpool/{name}",
    "aws:dynamodb/table:Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "aws:ecs/cluster:Cluster": "arn:aws:ecs:{region}:{account}:cluster/{name}",
    "aws:ecs/taskDefinition:TaskDefinition": (
        "arn:aws:ecs:{region}:{account}:task-definition/{name}:1"
    ),
    "aws:iam/policy:Policy": "arn:aws:iam::{account}:policy/{name}",
    "aws:iam/role:Role": "arn:aws:iam::{account}:role/{name}",
    "aws:kms/key:Key": "arn:aws:kms:{region}:{account}:key/{name}",
    "aws:lambda/function:Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "aws:rds/cluster:Cluster": "arn:aws:rds:{region}:{account}:cluster:{name}",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{name}",
    "aws:rds/proxy:Proxy": "arn:aws:rds:{region}:{account}:db-proxy:prx-{name}",
    "aws:secretsmanager/secret:Secret": (
        "arn:aws:secretsmanager:{region}:{account}:secret:{name}-a1b2c3"
    ),
    "aws:sns/topic:Topic": "arn:aws:sns:{region}:{account}:{name}",
    "aws:sqs/queue:Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "aws:vpclattice/service:Service": "arn:aws:vpc-lattice:{region}:{account}:service/svc-{name}",
}
_ANY_ARN = "arn:aws:{service}:{region}:{account}:{kind}/{name}"
_NUMBERED = ("apigatewayv2", "cognito", "ec2", "servicediscovery", "vpclattice")
_NAMING_INPUTS = (
    "alarmName",
    "name",
    "clusterIdentifier",
    "identifier",
    "family",
    "domain",
    "bucketPrefix",
)


class Answers(mocks.Mocks):
    """Each name gives different answers, so a relation to the wrong resource shows."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """What AWS keeps for everybody; raises LookupError for everything else."""
        if args.token == PREFIX_LIST:
            return {**args.args, "id": f"pl-{args.args['name']}"}, []
        raise LookupError(f"the program calls {args.token}, which the harness does not know")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """The resource's id and outputs."""
        if args.typ == "awsx:ec2:Vpc":
            return "vpc", _vpc(args.inputs)
        if not args.typ.startswith("aws:"):
            return args.name, dict(args.inputs)
        name = next(
            (args.inputs[key] for key in _NAMING_INPUTS if key in args.inputs), f"{args.name}-id"
        )
        if args.typ == "aws:lambda/alias:Alias":
            return "alias", _alias(args.inputs)
        outputs = {"arn": _arn(args.typ, name), "name": name, **args.inputs}
        if args.typ == "aws:eks/cluster:Cluster":
            group = {"clusterSecurityGroupId": f"sg-{name}"}
            outputs["vpcConfig"] = {**args.inputs["vpcConfig"], **group}
        return _id(args.typ, name), outputs | _computed(args.typ, name)


def _id(type_: str, name: str) -> str:
    """AWS knows most resources by name or ARN, and those in `_NUMBERED` by an id of its own."""
    service, kind = type_.split(":")[1].split("/")
    if type_ == "aws:sqs/queue:Queue":
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
    if type_ == "aws:sns/topic:Topic":
        return _arn(type_, name)
    return f"{kind}-{name}" if service in _NUMBERED else name


def _arn(token: str, name: str) -> str:
    service, kind = token.split(":")[1].split("/")
    return _ARNS.get(token, _ANY_ARN).format(
        region=REGION, account=ACCOUNT, name=name, service=service, kind=kind
    )


def _alias(inputs: dict[str, Any]) -> dict[str, Any]:
    arn = f"{_arn('aws:lambda/function:Function', inputs['functionName'])}:{inputs['name']}"
    return {**inputs, "arn": arn, "invokeArn": _invoke_arn(arn)}


def _invoke_arn(function: str) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/{function}/invocations"


def _vpc(inputs: dict[str, Any]) -> dict[str, Any]:
    zones = range(1, int(inputs["numberOfAvailabilityZones"]) + 1)
    return {
        "vpcId": "vpc-1",
        "privateSubnetIds": [f"subnet-private-{zone}" for zone in zones],
        "publicSubnetIds": [f"subnet-public-{zone}" for zone in zones],
    }


_EDGE = {
    "aws:acm/certificate:Certificate",
    "aws:apigatewayv2/domainName:DomainName",
    "aws:cloudfront/distribution:Distribution",
    "aws:route53/record:Record",
}


def _at_the_edge(token: str, name: str) -> dict[str, Any]:
    answers: dict[str, dict[str, Any]] = {
        "aws:acm/certificate:Certificate": {
            "domainValidationOptions": [
                {
                    "resourceRecordName": f"_proof.{name}",
                    "resourceRecordType": "CNAME",
                    "resourceRecordValue": "acm.example",
                }
            ]
        },
        "aws:apigatewayv2/domainName:DomainName": {
            "domainNameConfiguration": {
                "targetDomainName": f"target.{name}",
                "hostedZoneId": "ZAPIGATEWAY",
            }
        },
        "aws:cloudfront/distribution:Distribution": {
            "arn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/{name}",
            "domainName": "d111111abcdef8.cloudfront.net",
            "hostedZoneId": "ZCLOUDFRONT",
        },
        "aws:route53/record:Record": {"fqdn": name},
    }
    return answers[token]


def _computed(token: str, name: str) -> dict[str, Any]:
    arn = _arn(token, name)
    if token in _EDGE:
        return _at_the_edge(token, name)
    answers: dict[str, dict[str, Any]] = {
        "aws:apigatewayv2/api:Api": {
            "apiEndpoint": f"https://{name}.execute-api.{REGION}.amazonaws.com",
            "executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{name}",
        },
        "aws:apigatewayv2/stage:Stage": {
            "executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api/{name}",
            "invokeUrl": f"wss://api.execute-api.{REGION}.amazonaws.com/{name}",
        },
        "aws:cognito/userPoolClient:UserPoolClient": {"clientSecret": f"{name}-secret"},
        "aws:ec2/vpcEndpoint:VpcEndpoint": {"prefixListId": f"pl-{name}"},
        "aws:dynamodb/table:Table": {"streamArn": f"{arn}/stream/2026-11-24T00:00:00.000"},
        "aws:lambda/function:Function": {"invokeArn": _invoke_arn(arn), "version": "7"},
        "aws:ecr/repository:Repository": {
            "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}"
        },
        "aws:kms/key:Key": {"keyId": name},
        "aws:lb/loadBalancer:LoadBalancer": {
            "arnSuffix": f"app/{name}/1",
            "dnsName": f"internal-{name}.{REGION}.elb.amazonaws.com",
        },
        "aws:eks/cluster:Cluster": {
            "certificateAuthority": {"data": "authority"},
            "endpoint": f"https://{name}.{REGION}.eks.amazonaws.com",
        },
        "aws:rds/cluster:Cluster": {
            "clusterResourceId": f"cluster-{name.upper()}",
            "endpoint": f"{name}.cluster.{REGION}.rds.amazonaws.com",
            "masterUserSecrets": [
                {
                    "secretArn": (
                        f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!cluster-{name}"
                    ),
                    "kmsKeyId": "key",
                    "secretStatus": "active",
                }
            ],
        },
        "aws:s3/bucket:Bucket": {
            "bucket": name,
            "bucketRegionalDomainName": f"{name}.s3.{REGION}.amazonaws.com",
        },
        "aws:rds/proxy:Proxy": {"endpoint": f"{name}.proxy.{REGION}.rds.amazonaws.com"},
        "aws:sqs/queue:Queue": {"url": _id(token, name)},
        "aws:vpclattice/listener:Listener": {"listenerId": f"listener-{name}"},
        "aws:vpclattice/service:Service": {
            "dnsEntries": [
                {"domainName": f"{name}.vpc-lattice-svcs.{REGION}.on.aws", "hostedZoneId": "zone"}
            ]
        },
    }
    return answers.get(token, {})
