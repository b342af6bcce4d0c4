"""What resources cost a month, against sums done by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tools.cost import prices
from tools.cost.estimate import by_resource, estimate
from tools.cost.prices import PriceError
from tools.cost.rules import minutes
from tools.cost.units import Units

TABLE = prices.load()
NOTHING = Units(
    orders=1,
    custom_metrics=0,
    worker_polls_per_second=0.05,
    amounts={},
    milliseconds={"sweep/scheduled": 100.0},
)
CLUSTER = "aws:rds/cluster:Cluster"
INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
SERVERLESS = {"minCapacity": 1, "maxCapacity": 4}


@dataclass(frozen=True)
class Registered:
    """What a rule reads of a resource."""

    type: str
    inputs: dict[str, Any] = field(default_factory=dict)
    name: str = "part"
    outputs: dict[str, Any] = field(default_factory=dict)

    @property
    def urn(self) -> str:
        """Its identity."""
        return f"{self.type}::{self.name}"


def monthly(*resources: Registered, region: str = "us-east-1") -> float:
    """US dollars of a stack of these."""
    return round(estimate("test", region, resources, TABLE, NOTHING).fixed_usd, 4)


def cluster(**scaling: float) -> Registered:
    """A serverless database of payments."""
    inputs = {"serverlessv2ScalingConfiguration": scaling, "tags": {"service": "payments"}}
    return Registered(CLUSTER, inputs, "ledger", {"name": "ledger"})


@pytest.mark.parametrize(
    ("type", "inputs", "dollars"),
    [
        ("aws:kms/key:Key", {}, 1.0),
        ("aws:secretsmanager/secret:Secret", {}, 0.4),
        ("aws:lb/loadBalancer:LoadBalancer", {}, 16.425),
        ("aws:vpclattice/service:Service", {}, 18.25),
        ("aws:cloudwatch/dashboard:Dashboard", {}, 3.0),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", {"period": 60}, 0.1),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", {"period": 10}, 0.3),
        ("aws:wafv2/webAcl:WebAcl", {"rules": [{}, {}, {}, {}]}, 9.0),
        (
            "aws:ec2/vpcEndpoint:VpcEndpoint",
            {"vpcEndpointType": "Interface", "subnetIds": ["a", "b", "c"]},
            21.9,
        ),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpcEndpointType": "Gateway"}, 0.0),
        (
            "awsx:ec2:Vpc",
            {"numberOfAvailabilityZones": 3, "natGateways": {"strategy": "OnePerAz"}},
            109.5,
        ),
        (
            "awsx:ec2:Vpc",
            {"numberOfAvailabilityZones": 3, "natGateways": {"strategy": "Single"}},
            36.5,
        ),
        (
            "awsx:ec2:Vpc",
            {"numberOfAvailabilityZones": 2, "natGateways": {"strategy": "None"}},
            0.0,
        ),
        ("aws:cognito/userPoolClient:UserPoolClient", {"allowedOauthFlows": ["code"]}, 0.0),
        (
            "aws:cognito/userPoolClient:UserPoolClient",
            {"allowedOauthFlows": ["client_credentials"]},
            6.0,
        ),
    ],
)
def test_a_resource_costs_what_the_sum_by_hand_says(
    type: str, inputs: dict[str, Any], dollars: float
) -> None:
    assert monthly(Registered(type, inputs)) == dollars


def test_an_alarm_costs_as_many_metrics_as_it_looks_at_and_a_band_two_more() -> None:
    metric = {"metric": {"period": 60}}
    band = {"expression": "ANOMALY_DETECTION_BAND(m1, 2)"}

    assert monthly(
        Registered(
            "aws:cloudwatch/metricAlarm:MetricAlarm", {"metricQueries": [metric, metric, {}]}
        )
    ) == pytest.approx(0.2)
    assert monthly(
        Registered("aws:cloudwatch/metricAlarm:MetricAlarm", {"metricQueries": [metric, band]})
    ) == pytest.approx(0.3)


def test_a_service_costs_its_tasks_by_the_hour_and_its_empty_polls() -> None:
    task = Registered(
        "aws:ecs/taskDefinition:TaskDefinition",
        {
            "cpu": "512",
            "memory": "1024",
            "runtimePlatform": {"cpuArchitecture": "ARM64"},
            "containerDefinitions": '[{"environment": [{"name": "STOCK_QUEUE_URL"}]}]',
        },
        outputs={"arn": "task"},
    )
    service = Registered("aws:ecs/service:Service", {"taskDefinition": "task", "desiredCount": 2})

    # 2 x 730 h x (0.5 x 0.03238 + 1 x 0.00356) = 28.835; 2 x 131,400 polls x 0.40/M = 0.10512
    assert monthly(task, service) == pytest.approx(28.9401)


def test_a_database_that_never_pauses_costs_its_least_capacity() -> None:
    instance = Registered(INSTANCE, {"clusterIdentifier": "ledger"})

    assert monthly(cluster(minCapacity=1), instance, instance) == 175.2


def test_a_database_that_pauses_is_awake_after_each_scheduled_call() -> None:
    instance = Registered(INSTANCE, {"clusterIdentifier": "ledger"})
    daily = Registered(
        "aws:cloudwatch/eventRule:EventRule",
        {"scheduleExpression": "rate(1440 minutes)", "tags": {"service": "payments"}},
    )
    paused = cluster(minCapacity=0, secondsUntilAutoPause=300)

    # 730 h are 30.4167 days, each 300 s awake at 0.5 ACU: 1.267 ACU-hours x 0.12
    assert monthly(paused, instance, daily) == pytest.approx(0.1521)
    every_minute = Registered(
        daily.type, {"scheduleExpression": "rate(1 minute)", "tags": {"service": "payments"}}
    )
    assert monthly(paused, instance, every_minute) == pytest.approx(43.8)


def test_a_proxy_is_charged_for_eight_units_at_least() -> None:
    instance = Registered(INSTANCE, {"clusterIdentifier": "ledger"})
    proxy = Registered("aws:rds/proxy:Proxy")

    small = monthly(cluster(minCapacity=1), instance, proxy)
    large = monthly(cluster(minCapacity=16), instance, proxy)

    assert small == pytest.approx(87.6 + 87.6)  # 730 x 8 x 0.015, and 730 x 1 x 0.12
    assert large == pytest.approx(175.2 + 1401.6)  # 730 x 16 x 0.015, and 730 x 16 x 0.12


def test_instances_kept_ready_cost_their_memory_by_the_second() -> None:
    function = Registered(
        "aws:lambda/function:Function", {"memorySize": 512}, outputs={"name": "http"}
    )
    ready = Registered(
        "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
        {"functionName": "http", "provisionedConcurrentExecutions": 2},
    )

    # 2,628,000 s x 2 x 0.5 GB x 0.0000033334
    assert monthly(function, ready) == pytest.approx(8.7602)


def test_a_function_that_a_clock_calls_costs_its_calls() -> None:
    function = Registered(
        "aws:lambda/function:Function",
        {"memorySize": 512, "architectures": ["arm64"]},
        "sweep",
        {"name": "shop-sweep"},
    )
    rule = Registered(
        "aws:cloudwatch/eventRule:EventRule",
        {"scheduleExpression": "rate(1 minute)"},
        outputs={"name": "clock"},
    )
    target = Registered(
        "aws:cloudwatch/eventTarget:EventTarget",
        {"rule": "clock", "arn": "arn:aws:lambda:eu-west-1:1:function:shop-sweep:live"},
    )

    # 43,800 calls: 0.00876; 43,800 x 0.1 s x 0.5 GB x 0.0000133334: 0.0292
    assert monthly(function, rule, target) == pytest.approx(0.038, abs=0.0001)


def test_a_type_without_a_price_is_an_error_that_names_it_and_the_remedy() -> None:
    with pytest.raises(PriceError, match=r"aws:gold/bar:Bar \(vault\) has no price.*types.toml"):
        monthly(Registered("aws:gold/bar:Bar", name="vault"), Registered("aws:kms/key:Key"))


def test_a_price_of_the_stacks_own_region_goes_before_the_list_price() -> None:
    near = prices.replaced(TABLE, "kms-key", region="eu-west-1", usd=2.0)

    def key(region: str) -> float:
        return estimate("t", region, [Registered("aws:kms/key:Key")], near, NOTHING).fixed_usd

    assert (key("eu-west-1"), key("us-west-2")) == (2.0, 1.0)


def test_costs_are_found_by_resource() -> None:
    key, role = Registered("aws:kms/key:Key"), Registered("aws:iam/role:Role")

    found = by_resource(estimate("t", "us-east-1", [key, role], TABLE, NOTHING).fixed)

    assert {urn: usd for urn, usd in found.items() if urn} == {key.urn: 1.0}


def test_a_schedule_that_nobody_can_count_is_refused() -> None:
    assert [minutes(f"rate({every})") for every in ("1 minute", "5 minutes", "2 hours")] == [
        *(1, 5, 120),
    ]
    with pytest.raises(PriceError, match="only rate"):
        minutes("cron(0 2 * * ? *)")
