"""What AWS would answer to a registration, as far as the program reads it."""

from __future__ import annotations

from typing import Any

from pulumi.runtime import mocks

_ACCOUNT = "123456789012"
_REGION = "eu-west-1"
_PREFIX_LIST = "aws:ec2/getManagedPrefixList:getManagedPrefixList"
_ARNS = {
    "aws:backup/vault:Vault": "arn:aws:backup:{region}:{account}:backup-vault:{name}",
    "aws:cloudwatch/logGroup:LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "aws:dynamodb/table:Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "aws:iam/role:Role": "arn:aws:iam::{account}:role/{name}",
    "aws:kms/key:Key": "arn:aws:kms:{region}:{account}:key/{name}",
    "aws:lambda/function:Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "aws:rds/cluster:Cluster": "arn:aws:rds:{region}:{account}:cluster:{name}",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{name}",
    "aws:secretsmanager/secret:Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}",
    "aws:sns/topic:Topic": "arn:aws:sns:{region}:{account}:{name}",
    "aws:vpclattice/service:Service": "arn:aws:vpc-lattice:{region}:{account}:service/{name}",
    "aws:sqs/queue:Queue": "arn:aws:sqs:{region}:{account}:{name}",
}
_ANY_ARN = "arn:aws:{service}:{region}:{account}:{kind}/{name}"


class Answers(mocks.Mocks):
    """Everything gets an ARN and an id; a few types say more, since the program asks for it."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """What AWS keeps for everybody; raises LookupError for everything else."""
        if args.token == _PREFIX_LIST:
            return {**args.args, "id": f"pl-{args.args['name']}"}, []
        raise LookupError(f"the program calls {args.token}; it cannot be recorded offline")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """The resource's id and outputs."""
        if args.typ == "awsx:ec2:Vpc":
            return args.name, _network(args.inputs)
        if not args.typ.startswith("aws:"):
            return args.name, dict(args.inputs)
        name = str(args.inputs.get("name", args.name))
        service, kind = args.typ.split(":")[1].split("/")
        arn = _ARNS.get(args.typ, _ANY_ARN).format(
            service=service, kind=kind, region=_REGION, account=_ACCOUNT, name=name
        )
        return name, {"arn": arn, "name": name, **args.inputs, **_more(args, name, arn)}


def _network(inputs: dict[str, Any]) -> dict[str, Any]:
    zones = range(1, int(inputs["numberOfAvailabilityZones"]) + 1)
    return {
        "vpcId": "vpc-1",
        "privateSubnetIds": [f"subnet-private-{zone}" for zone in zones],
        "publicSubnetIds": [f"subnet-public-{zone}" for zone in zones],
    }


def _more(args: mocks.MockResourceArgs, name: str, arn: str) -> dict[str, Any]:
    answers: dict[str, dict[str, Any]] = {
        "aws:apigatewayv2/api:Api": {
            "apiEndpoint": f"https://{name}.execute-api.{_REGION}.amazonaws.com",
            "executionArn": f"arn:aws:execute-api:{_REGION}:{_ACCOUNT}:{name}",
        },
        "aws:apigatewayv2/stage:Stage": {
            "executionArn": f"arn:aws:execute-api:{_REGION}:{_ACCOUNT}:api/{name}",
            "invokeUrl": f"wss://api.execute-api.{_REGION}.amazonaws.com/{name}",
        },
        "aws:cloudfront/distribution:Distribution": {"domainName": f"{name}.cloudfront.net"},
        "aws:cognito/userPoolClient:UserPoolClient": {"clientSecret": f"{name}-secret"},
        "aws:ec2/vpcEndpoint:VpcEndpoint": {"prefixListId": f"pl-{name}"},
        "aws:dynamodb/table:Table": {"streamArn": f"{arn}/stream/2026-11-24T00:00:00.000"},
        "aws:lambda/alias:Alias": {
            "arn": f"arn:aws:lambda:{_REGION}:{_ACCOUNT}:function:"
            f"{args.inputs.get('functionName')}:{name}",
        },
        "aws:lambda/function:Function": {"invokeArn": f"{arn}/invocations"},
        "aws:lb/loadBalancer:LoadBalancer": {"arnSuffix": f"app/{name}/1"},
        "aws:rds/cluster:Cluster": {
            "clusterResourceId": f"cluster-{name}",
            "endpoint": f"{name}.cluster.{_REGION}.rds.amazonaws.com",
            "masterUserSecrets": [
                {"secretArn": f"arn:aws:secretsmanager:{_REGION}:{_ACCOUNT}:secret:{name}"}
            ],
        },
        "aws:vpclattice/service:Service": {
            "dnsEntries": [{"domainName": f"{name}.on.aws", "hostedZoneId": "zone"}]
        },
        "aws:s3/bucket:Bucket": {
            "bucket": name,
            "bucketRegionalDomainName": f"{name}.s3.{_REGION}.amazonaws.com",
        },
        "aws:sqs/queue:Queue": {"url": f"https://sqs.{_REGION}.amazonaws.com/{_ACCOUNT}/{name}"},
    }
    return answers.get(args.typ, {})
