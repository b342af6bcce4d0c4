"""Physical names and tags are pure functions of project, environment, service and role."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import naming
from components.naming import LIMITS, Scope, UnknownKindError, UnusableNameError

WORDS = st.from_regex(r"[a-z][a-z0-9]{0,30}(-[a-z0-9]{1,30}){0,3}", fullmatch=True)


def scope(service: str = "orders", environment: str = "dev") -> Scope:
    return Scope(
        project="storefront", environment=environment, cost_center="shop-dev", service=service
    )


def test_a_name_reads_project_environment_service_role() -> None:
    assert scope().physical("function", "http") == "storefront-dev-orders-http"


def test_a_name_without_a_role_ends_with_the_service() -> None:
    assert scope().physical("table") == "storefront-dev-orders"


@pytest.mark.parametrize(("kind", "limit"), sorted(LIMITS.items()))
def test_a_name_as_long_as_its_limit_stays_whole(kind: str, limit: int) -> None:
    prefix = "storefront-dev-orders-"
    role = "r" * (limit - len(prefix))

    assert scope().physical(kind, role) == prefix + role


@pytest.mark.parametrize(("kind", "limit"), sorted(LIMITS.items()))
def test_a_name_one_longer_than_its_limit_is_cut_to_it_and_ends_in_a_digest(
    kind: str, limit: int
) -> None:
    prefix = "storefront-dev-orders-"
    name = scope().physical(kind, "r" * (limit - len(prefix) + 1))

    assert len(name) == limit
    assert re.fullmatch(rf"{prefix}r*-[0-9a-f]{{6}}", name)


def test_a_cut_never_leaves_two_hyphens_before_the_digest() -> None:
    assert re.fullmatch(r"abcdefgh-[0-9a-f]{6}", naming.shorten("abcdefgh-ijklmnop", 16))


@given(st.sampled_from(sorted(LIMITS)), WORDS, WORDS, st.one_of(st.just(""), WORDS))
def test_no_name_exceeds_its_limit_or_leaves_the_common_alphabet(
    kind: str, environment: str, service: str, role: str
) -> None:
    name = scope(service, environment).physical(kind, role)

    assert len(name) <= LIMITS[kind]
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)


@given(st.sets(WORDS, min_size=2, max_size=20), st.sampled_from(["load_balancer", "function"]))
def test_names_that_begin_alike_stay_apart_when_they_are_cut(roles: set[str], kind: str) -> None:
    long = [scope().physical(kind, "the-same-long-beginning-of-all-the-names-" + r) for r in roles]

    assert len(set(long)) == len(roles)


@given(WORDS, st.integers(min_value=16, max_value=64))
def test_the_same_name_is_cut_the_same_way_each_time(name: str, limit: int) -> None:
    assert naming.shorten(name, limit) == naming.shorten(name, limit)


def test_a_kind_without_a_known_limit_is_refused_by_name() -> None:
    with pytest.raises(UnknownKindError, match="'balloon' has no known name limit; add it to"):
        scope().physical("balloon")


@pytest.mark.parametrize(
    "environment", ["Dev", "dev_1", "dev.eu", "dev--eu", "-dev", "dev-", "1dev", ""]
)
def test_an_environment_that_some_service_refuses_is_named_with_rule_and_remedy(
    environment: str,
) -> None:
    with pytest.raises(UnusableNameError) as refused:
        scope(environment=environment)

    message = str(refused.value)
    assert message.startswith(f"environment = {environment!r}: must be lower-case letters")
    assert message.endswith("; rename it")


def test_every_tag_is_there_and_tells_whose_the_resource_is() -> None:
    assert scope().tags == {
        "project": "storefront",
        "environment": "dev",
        "service": "orders",
        "cost-center": "shop-dev",
        "managed-by": "pulumi",
    }


def test_another_services_scope_differs_in_the_service_alone() -> None:
    assert scope("orders").of("payments") == scope("payments")


def test_the_private_domain_names_environment_and_project() -> None:
    assert scope().private_domain == "dev.storefront.internal"


def test_account_and_partition_are_read_from_an_arn() -> None:
    arn = "arn:aws-us-gov:rds:us-gov-west-1:123456789012:cluster:storefront"

    assert naming.account_of(arn) == "123456789012"
    assert naming.partition_of(arn) == "aws-us-gov"


def test_an_image_in_a_registry_of_aws_has_the_arn_of_its_repository() -> None:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/storefront/inventory@sha256:" + "0" * 64

    assert (
        naming.image_repository_arn(image)
        == "arn:aws:ecr:eu-west-1:123456789012:repository/storefront/inventory"
    )


@pytest.mark.parametrize("registry", ["local", "ghcr.io", "a.b.c.d"])
def test_an_image_elsewhere_has_no_repository_in_an_account(registry: str) -> None:
    image = f"{registry}/inventory@sha256:" + "0" * 64

    assert naming.image_repository_arn(image) == f"arn:aws:ecr:*:*:repository/{registry}/inventory"
