"""What a month of each resource type holds of what is charged, with nobody buying anything.

A rule is a function of a resource and its stack; it gives price names and quantities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tools.cost.graph import HOURS, SECONDS, Graph, Resource, owner
from tools.cost.prices import PriceError, Table

Quantities = Iterator[tuple[str, float]]
Rule = Callable[[Resource, Graph, Table], Quantities]

CLUSTER = "aws:rds/cluster:Cluster"
FUNCTION = "aws:lambda/function:Function"
_TASK = "aws:ecs/taskDefinition:TaskDefinition"
_RULE = "aws:cloudwatch/eventRule:EventRule"
_MINUTES = {"minute": 1, "minutes": 1, "hour": 60, "hours": 60, "day": 1440, "days": 1440}
_MILLION = 1_000_000


def _one(name: str) -> Rule:
    def rule(resource: Resource, graph: Graph, table: Table) -> Quantities:
        yield name, 1.0

    return rule


def _hours(name: str) -> Rule:
    def rule(resource: Resource, graph: Graph, table: Table) -> Quantities:
        yield name, HOURS

    return rule


def alarm(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """An alarm is charged for each metric that it looks at; a band counts as two more."""
    queries = resource.inputs.get("metricQueries") or []
    metrics = [query for query in queries if query.get("metric")]
    bands = [query for query in queries if "ANOMALY_DETECTION" in str(query.get("expression"))]
    periods = [query["metric"].get("period") for query in metrics] + [resource.inputs.get("period")]
    fast = any(period and period < 60 for period in periods)
    yield "fast-alarm-metrics" if fast else "alarm-metrics", max(1, len(metrics)) + 2 * len(bands)


def tracking(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """A target tracking policy makes alarms of its own."""
    target = resource.inputs.get("targetTrackingScalingPolicyConfiguration") or {}
    custom = target.get("customizedMetricSpecification") or {}
    metrics = [found for found in custom.get("metrics") or [] if found.get("metricStat")]
    if target:
        yield "alarm-metrics", table.habit("tracking-alarms") * max(1, len(metrics))


def endpoint(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """An interface endpoint is charged for each zone, a gateway endpoint not at all."""
    if resource.inputs.get("vpcEndpointType") == "Interface":
        yield "endpoint-hours", HOURS * len(resource.inputs["subnetIds"])


def vpc(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """Its NAT gateways, and the public address of each."""
    zones = int(resource.inputs["numberOfAvailabilityZones"])
    strategy = (resource.inputs.get("natGateways") or {}).get("strategy", "OnePerAz")
    gateways = {"None": 0, "Single": 1, "OnePerAz": zones}[strategy]
    if gateways:
        yield "nat-hours", HOURS * gateways
        yield "public-ipv4-hours", HOURS * gateways


def containers(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """Tasks by the hour; those on spot at the on-demand price, which they do not exceed."""
    task = graph.referred(_TASK, "arn", resource.inputs["taskDefinition"])
    count = float(resource.inputs["desiredCount"])
    chip = (task.inputs.get("runtimePlatform") or {}).get("cpuArchitecture", "X86_64")
    kind = "arm64" if chip == "ARM64" else "x86"
    yield f"fargate-{kind}-vcpu-hours", HOURS * count * float(task.inputs["cpu"]) / 1024
    yield f"fargate-{kind}-gb-hours", HOURS * count * float(task.inputs["memory"]) / 1024
    if "_QUEUE_URL" in str(task.inputs["containerDefinitions"]):
        yield "sqs-requests", count * SECONDS * graph.units.worker_polls_per_second / _MILLION


def cluster(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """Container Insights: metrics of the cluster and of each service."""
    settings = resource.inputs.get("settings") or []
    if any(
        each["name"] == "containerInsights" and each["value"] != "disabled" for each in settings
    ):
        services = graph.of_type("aws:ecs/service:Service")
        yield (
            "custom-metric",
            table.habit("insights-metrics-of-cluster")
            + table.habit("insights-metrics-of-service") * len(services),
        )


def database(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """A serverless instance at its least; one that pauses is awake after each scheduled call."""
    found = graph.referred(CLUSTER, "name", resource.inputs["clusterIdentifier"])
    scaling = found.inputs["serverlessv2ScalingConfiguration"]
    if scaling["minCapacity"]:
        yield "aurora-acu-hours", HOURS * scaling["minCapacity"]
        return
    calls = sum(
        HOURS * 60 / minutes(rule.inputs["scheduleExpression"])
        for rule in graph.of_type(_RULE)
        if owner(rule) == owner(found)
    )
    awake = min(HOURS, calls * scaling["secondsUntilAutoPause"] / 3600)
    yield "aurora-acu-hours", awake * table.habit("awake-acu")


def database_secret(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """The secret that RDS keeps for the database's administrator."""
    if resource.inputs.get("manageMasterUserPassword"):
        yield "secret", 1.0


def proxy(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """A proxy is charged for the capacity behind it, with a least."""
    least = [
        graph.referred(CLUSTER, "name", each.inputs["clusterIdentifier"])
        for each in graph.of_type("aws:rds/clusterInstance:ClusterInstance")
    ]
    capacity = sum(each.inputs["serverlessv2ScalingConfiguration"]["minCapacity"] for each in least)
    yield "rds-proxy-acu-hours", HOURS * max(capacity, table.habit("proxy-acu-min"))


def provisioned(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """Instances of a function that are kept ready."""
    function = graph.referred(FUNCTION, "name", resource.inputs["functionName"])
    memory = function.inputs["memorySize"] / 1024
    ready = resource.inputs["provisionedConcurrentExecutions"]
    yield "lambda-arm64-provisioned-gb-seconds", SECONDS * ready * memory


def scheduled(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """A function that a clock calls, for as long as such a call was measured to take."""
    rule = graph.referred(_RULE, "name", resource.inputs["rule"])
    called = next(
        (
            found
            for found in graph.of_type(FUNCTION)
            if f":function:{found.outputs['name']}:" in resource.inputs["arn"]
        ),
        None,
    )
    if called and rule.inputs.get("scheduleExpression"):
        calls = HOURS * 60 / minutes(rule.inputs["scheduleExpression"])
        yield from invocations(called, calls / _MILLION, graph.units.clocked(called.name))


def invocations(function: Resource, millions: float, milliseconds: float) -> Quantities:
    """Millions of calls of a function, and the memory that they hold for so long each."""
    chip = function.inputs.get("architectures") or ["x86_64"]
    kind = "arm64" if chip == ["arm64"] else "x86"
    seconds = millions * _MILLION * milliseconds / 1000
    yield "lambda-requests", millions
    yield f"lambda-{kind}-gb-seconds", seconds * function.inputs["memorySize"] / 1024


def web_acl(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """The list, and each of its rules or managed groups."""
    yield "web-acl", 1.0
    yield "web-acl-rule", float(len(resource.inputs["rules"]))


def client(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """A client of a user pool that machines sign in with."""
    if "client_credentials" in (resource.inputs.get("allowedOauthFlows") or []):
        yield "m2m-client", 1.0


def trigger(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """Lambda asks a queue without messages again and again."""
    if ":sqs:" in resource.inputs["eventSourceArn"]:
        polls = SECONDS / table.habit("poll-seconds") * table.habit("pollers")
        yield "sqs-requests", polls / _MILLION


def canary(resource: Resource, graph: Graph, table: Table) -> Quantities:
    """A synthetic check, by how often it runs."""
    yield "canary-runs", HOURS * 60 / minutes(resource.inputs["schedule"]["expression"])


def minutes(expression: str) -> float:
    """The minutes between two calls of `rate(5 minutes)`; raises PriceError for anything else."""
    value, _, unit = expression.removeprefix("rate(").removesuffix(")").partition(" ")
    if not expression.startswith("rate(") or unit not in _MINUTES:
        raise PriceError(
            f"schedule {expression!r}: only rate(…) can be priced; say how often it is"
        )
    return float(value) * _MINUTES[unit]


RULES: Mapping[str, Rule] = {
    "aws:synthetics/canary:Canary": canary,
    "aws:appautoscaling/policy:Policy": tracking,
    "aws:cloudwatch/eventTarget:EventTarget": scheduled,
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _one("composite-alarm"),
    "aws:cloudwatch/dashboard:Dashboard": _one("dashboard"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": alarm,
    "aws:cognito/userPoolClient:UserPoolClient": client,
    "aws:ec2/vpcEndpoint:VpcEndpoint": endpoint,
    "aws:ecs/cluster:Cluster": cluster,
    "aws:ecs/service:Service": containers,
    "aws:kms/key:Key": _one("kms-key"),
    "aws:lambda/eventSourceMapping:EventSourceMapping": trigger,
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": provisioned,
    "aws:lb/loadBalancer:LoadBalancer": _hours("alb-hours"),
    CLUSTER: database_secret,
    "aws:rds/clusterInstance:ClusterInstance": database,
    "aws:rds/proxy:Proxy": proxy,
    "aws:secretsmanager/secret:Secret": _one("secret"),
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": _one("hosted-zone"),
    "aws:vpclattice/service:Service": _hours("lattice-hours"),
    "aws:wafv2/webAcl:WebAcl": web_acl,
    "awsx:ec2:Vpc": vpc,
}
