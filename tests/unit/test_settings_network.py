"""What the network's settings must agree with: each other, the payment provider, the tasks."""

from __future__ import annotations

import pytest

from tests.unit.test_settings import load, refused

STRIPE = {
    "payments__provider": "stripe",
    "payments__stripe_secret_arn": "arn:aws:secretsmanager:eu-west-1:1:secret:stripe",
    "payments__webhook_secret_arn": "arn:aws:secretsmanager:eu-west-1:1:secret:webhook",
}
NARROW = {"network__cidr_block": "10.20.0.0/22", "inventory__api_tasks_max_count": "40"}
NO_NAT = (
    "network:aws_apis_through = 'nat': network:nat_strategy = 'None' makes no NAT gateway; set the "
    "latter to Single or OnePerAz, or the former to endpoints or ipv6"
)
TOO_MANY_ZONES = (
    "network:endpoint_zones_count = 3: must not exceed network:zones_count = 2; lower it"
)
NO_WAY_OUT = (
    "payments:provider = 'stripe': Stripe is reached over IPv4 alone, and network:nat_strategy = "
    "'None' leaves no way out; set the latter to Single or OnePerAz"
)
TOO_MANY_TASKS = (
    "inventory:api_tasks_max_count = 40 and inventory:worker_tasks_max_count = 6: a deployment "
    "runs 92 tasks, and network:cidr_block = '10.20.0.0/22' has addresses for 91 while one of its "
    "2 zones is lost; run fewer tasks, or set a wider block in a new environment"
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"network__aws_apis_through": "nat"}, NO_NAT),
        ({"network__endpoint_zones_count": "3"}, TOO_MANY_ZONES),
        (STRIPE, NO_WAY_OUT),
        ({**NARROW, "inventory__worker_tasks_max_count": "6"}, TOO_MANY_TASKS),
    ],
)
def test_a_network_that_cannot_work_is_refused(changes: dict[str, str], expected: str) -> None:
    assert refused(**changes) == [expected]


def test_everything_that_cannot_work_is_told_at_once() -> None:
    problems = refused(
        **STRIPE,
        **NARROW,
        inventory__worker_tasks_max_count="6",
        network__aws_apis_through="nat",
        network__endpoint_zones_count="3",
    )

    assert problems == [NO_NAT, TOO_MANY_ZONES, NO_WAY_OUT, TOO_MANY_TASKS]


@pytest.mark.parametrize(
    "changes",
    [
        {"network__aws_apis_through": "nat", "network__nat_strategy": "Single"},
        {"network__endpoint_zones_count": "3", "network__zones_count": "3"},
        {**STRIPE, "network__nat_strategy": "Single"},
        {**NARROW, "inventory__worker_tasks_max_count": "5"},
    ],
)
def test_a_network_that_just_works_is_accepted(changes: dict[str, str]) -> None:
    load(**changes)
