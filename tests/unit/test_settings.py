"""The stack files are read whole, checked value by value and against each other, and are alike."""

from __future__ import annotations

import dataclasses
from typing import Annotated, get_origin, get_type_hints

import pytest

import settings
from payments import database
from settings import Settings, SettingsError
from settings.payments import RESUME_SECONDS
from tests.support.configuration import only_in_one, selected, stack_config, unread, unset
from tests.unit.settings_boundaries import BOUNDARIES

DOMAIN = {
    "edge__zone_id": "Z0123456789",
    "edge__origin_certificate_arn": "arn:aws:acm:us-east-1:1:certificate/a",
    "edge__origin_truststore_uri": "s3://trust/authorities.pem",
}
"""What a domain needs."""
STACKS = ("dev", "prod", "local")


def load(stack: str = "dev", /, **changes: str | None) -> Settings:
    """The settings of a stack file, with `namespace__key` set anew or, if None, left out."""
    config = {**stack_config(stack)}
    for name, value in changes.items():
        config.pop(key_of(name), None)
        if value is not None:
            config[key_of(name)] = value
    with selected(config, stack):
        return settings.load()


def key_of(name: str) -> str:
    return name.replace("__", ":", 1)


def refused(stack: str = "dev", /, **changes: str | None) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load(stack, **changes)
    return error.value.problems


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_file_loads(stack: str) -> None:
    assert load(stack).aws.region == stack_config(stack)["aws:region"]


def test_values_arrive_with_the_type_of_their_field() -> None:
    loaded = load()

    assert loaded.orders.deadline_seconds == 600
    assert loaded.orders.availability_timeout_seconds == 0.5
    assert loaded.orders.table_deletion_protected is False
    assert loaded.platform.package_python == "3.13"


def test_a_configured_zero_survives() -> None:
    assert load(payments__database_capacity_min_acu="0").payments.database_capacity_min_acu == 0


def test_a_configured_false_survives() -> None:
    loaded = load("prod", orders__table_deletion_protected="false")

    assert loaded.orders.table_deletion_protected is False


def test_settings_cannot_be_changed_after_they_are_read() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        load().orders.deadline_seconds = 1  # type: ignore[misc] # that is what is tested


@pytest.mark.parametrize(("key", "value"), [(k, v) for k, c in BOUNDARIES.items() for v in c[0]])
def test_a_value_on_the_boundary_is_accepted(key: str, value: str) -> None:
    load(**{key.replace(":", "__"): value})


@pytest.mark.parametrize(("key", "value"), [(k, v) for k, c in BOUNDARIES.items() for v in c[1]])
def test_a_value_past_the_boundary_is_refused_with_key_value_rule_and_remedy(
    key: str, value: str
) -> None:
    about = [problem for problem in refused(**{key.replace(":", "__"): value}) if key in problem]

    assert about[0].startswith(f"{key} = ")
    assert value in about[0]
    assert ": must be " in about[0]
    assert about[0].endswith(f"; set it: pulumi config set {key} VALUE")


def test_every_rule_has_its_boundaries_tested() -> None:
    ruled = {
        f"{namespace}:{name}"
        for namespace, model in get_type_hints(Settings).items()
        for name, hint in get_type_hints(model, include_extras=True).items()
        if get_origin(hint) is Annotated
    }

    assert ruled == set(BOUNDARIES)


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("orders:deadline_seconds", "soon", "must be a whole number"),
        ("orders:deadline_seconds", "600.5", "must be a whole number"),
        ("orders:availability_timeout_seconds", "fast", "must be a number"),
        ("orders:table_deletion_protected", "yes", "must be true or false"),
    ],
)
def test_a_value_of_another_type_is_refused(key: str, value: str, rule: str) -> None:
    assert refused(**{key.replace(":", "__"): value}) == [
        f"{key} = {value!r}: {rule}; set it: pulumi config set {key} VALUE"
    ]


@pytest.mark.parametrize("key", sorted(settings.keys()))
def test_a_missing_key_is_named_with_rule_and_remedy(key: str) -> None:
    (problem,) = refused(**{key.replace(":", "__"): None})

    assert problem.startswith(f"{key} is missing: must be ")
    assert problem.endswith(f"; set it: pulumi config set {key} VALUE")


def test_all_problems_are_reported_at_once() -> None:
    problems = refused(
        aws__region="moon",
        relay__grace_seconds=None,
        orders__deadline_seconds="soon",
        payments__database_capacity_min_acu="4",
        api__throttle_burst="1",
    )

    assert [problem.split()[0] for problem in problems] == [
        "aws:region",
        "relay:grace_seconds",
        "orders:deadline_seconds",
        "api:throttle_burst",
        "payments:database_capacity_min_acu",
    ]


def test_the_message_counts_the_problems_and_names_the_file() -> None:
    with pytest.raises(SettingsError) as several:
        load("prod", aws__region="moon", relay__grace_seconds="1")
    with pytest.raises(SettingsError) as one:
        load("local", aws__region="moon")

    assert str(several.value).startswith("Pulumi.prod.yaml has 2 problems:\n  - aws:region")
    assert str(one.value).startswith("Pulumi.local.yaml has 1 problem:\n  - aws:region")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"inventory__reservation_ttl_seconds": "600", "orders__deadline_seconds": "600"},
            "inventory:reservation_ttl_seconds = 600: must be longer than "
            "orders:deadline_seconds = 600, or stock is given back while its order can still be "
            "confirmed; raise it",
        ),
        (
            {
                "payments__provider": "stripe",
                "payments__stripe_secret_arn": "",
                "payments__webhook_secret_arn": "arn:aws:secretsmanager:eu-west-1:1:secret:webhook",
                "network__nat_strategy": "Single",
            },
            "payments:stripe_secret_arn = '': payments:provider = 'stripe' needs the secret that "
            "holds Stripe's API key; store it in Secrets Manager and set its ARN",
        ),
        (
            {
                "payments__provider": "stripe",
                "payments__stripe_secret_arn": "arn:aws:secretsmanager:eu-west-1:1:secret:stripe",
                "payments__webhook_secret_arn": "",
                "network__nat_strategy": "Single",
            },
            "payments:webhook_secret_arn = '': payments:provider = 'stripe' needs the secret that "
            "holds its webhook endpoint's signing secret; store it in Secrets Manager and set its "
            "ARN",
        ),
        (
            {
                "payments__database_capacity_min_acu": "2.5",
                "payments__database_capacity_max_acu": "2",
            },
            "payments:database_capacity_min_acu = 2.5: must not exceed "
            "payments:database_capacity_max_acu = 2; lower it",
        ),
        (
            {"payments__events_concurrency_max": "19"},
            "payments:database_connections_max = 20: must be at least 21: one for each of "
            "payments:events_concurrency_max = 19 and 2 for readers and the sweep; raise it, or "
            "set payments:database_proxied",
        ),
        (
            {"payments__database_connections_max": "325"},
            "payments:database_connections_max = 325: must be at most 324 with "
            "payments:database_capacity_max_acu = 2, or the server refuses what the role is "
            "promised; lower it, or raise the capacity",
        ),
        (
            {
                "payments__database_connections_max": "1801",
                "payments__database_capacity_max_acu": "256",
            },
            "payments:database_connections_max = 1801: must be at most 1800 with "
            "payments:database_capacity_max_acu = 256, or the server refuses what the role is "
            "promised; lower it, or raise the capacity",
        ),
        (
            {"orders__table_capacity_min_units": "11"},
            "orders:table_capacity_min_units = 11: must not exceed "
            "orders:table_capacity_max_units = 10; lower it",
        ),
        (
            {"backups__weekly_cold_after_days": "30", "backups__weekly_days": "119"},
            "backups:weekly_days = 119: must be at least 120 with "
            "backups:weekly_cold_after_days = 30, since cold storage keeps for 90 days; raise "
            "it, or set the latter to 0",
        ),
        (
            {"backups__locked": "true", "backups__enabled": "false"},
            "backups:locked = True: there is no vault to lock while backups:enabled = False; set "
            "the latter to true, or the former to false",
        ),
        (
            {"payments__database_proxied": "true"},
            "payments:database_proxied = True: a proxy holds connections, so that with "
            "payments:database_capacity_min_acu = 0 the database never pauses; set the capacity "
            "to 0.5 or more, or leave out the proxy",
        ),
        (
            {"payments__database_engine_version": "16.2"},
            "payments:database_engine_version = '16.2': must be 16.3 or later with "
            "payments:database_capacity_min_acu = 0; raise it, or set the capacity to 0.5 or more",
        ),
        (
            {"payments__sweep_interval_minutes": "1439"},
            "payments:sweep_interval_minutes = 1439: must be 1440 with "
            "payments:database_capacity_min_acu = 0, or the sweep keeps the database awake (each "
            "event sweeps too); raise it, or set the capacity to 0.5 or more",
        ),
        (
            {"payments__http_timeout_seconds": "24"},
            "payments:http_timeout_seconds = 24: must be at least 25 with "
            "payments:database_capacity_min_acu = 0, or the function ends before a paused "
            "database has resumed; raise it",
        ),
        (
            {"payments__events_timeout_seconds": "64"},
            "payments:events_timeout_seconds = 64: must be at least 65 with "
            "payments:database_capacity_min_acu = 0, or the function ends before a paused "
            "database has resumed; raise it",
        ),
        (
            {
                "payments__events_timeout_seconds": "44",
                "payments__database_capacity_min_acu": "0.5",
            },
            "payments:events_timeout_seconds = 44: must be at least 45, or a slow provider "
            "outlives the function; raise it",
        ),
        (
            {"payments__charge_stale_seconds": "70", "payments__events_timeout_seconds": "70"},
            "payments:charge_stale_seconds = 70: must be longer than "
            "payments:events_timeout_seconds = 70, or a charge is called stale while it is being "
            "made; raise it",
        ),
        (
            {"orders__availability_timeout_seconds": "5", "orders__http_timeout_seconds": "10"},
            "orders:availability_timeout_seconds = 5: two attempts must fit in "
            "orders:http_timeout_seconds = 10; lower it",
        ),
        (
            {"edge__domain_name": "shop.example", "edge__cdn_enabled": "false", **DOMAIN},
            "edge:domain_name = 'shop.example': is CloudFront's, and edge:cdn_enabled = False; "
            "enable it, or leave the domain empty",
        ),
        (
            {"keys__customer_managed": "false", "keys__logs_encrypted": "false"},
            "edge:cdn_enabled = True: CloudFront reads pages under a customer managed key, and "
            "keys:customer_managed = False; enable it, or disable the CDN",
        ),
        *(
            (
                {"edge__domain_name": "shop.example", **DOMAIN, key: ""},
                f"{key.replace('__', ':')} = '': edge:domain_name = 'shop.example' needs it; set "
                "it as docs/edge.md says, or leave the domain empty",
            )
            for key in DOMAIN
        ),
        *(
            (
                {key: value},
                f"{key.replace('__', ':')} = {value!r}: has no use while edge:domain_name = ''; "
                "set the domain, or leave both empty",
            )
            for key, value in DOMAIN.items()
        ),
        (
            {"api__throttle_rate": "101", "api__throttle_burst": "50"},
            "api:throttle_burst = 50: must be at least half of api:throttle_rate = 101, or "
            "steady traffic is refused; raise it",
        ),
        (
            {"inventory__task_cpu_units": "256", "inventory__task_memory_mb": "4096"},
            "inventory:task_memory_mb = 4096: must be one of 512, 1024, 2048 with "
            "inventory:task_cpu_units = 256; change one of the two",
        ),
        (
            {"orders__http_snap_start": "true", "orders__http_concurrency_provisioned": "1"},
            "orders:http_snap_start = True: not with orders:http_concurrency_provisioned = 1, AWS "
            "has one or the other; set the former to false or the latter to 0",
        ),
        (
            {
                "payments__http_concurrency_provisioned": "6",
                "payments__http_concurrency_reserved": "5",
            },
            "payments:http_concurrency_provisioned = 6: must not exceed "
            "payments:http_concurrency_reserved = 5; lower it, or raise the latter",
        ),
        (
            {
                "notifications__events_concurrency_max": "6",
                "notifications__events_concurrency_reserved": "5",
            },
            "notifications:events_concurrency_reserved = 5: must be at least "
            "notifications:events_concurrency_max = 6, or messages are received only to be "
            "throttled; raise it, or set it to -1",
        ),
        (
            {"inventory__worker_tasks_max_count": "3", "inventory__worker_tasks_count": "4"},
            "inventory:worker_tasks_max_count = 3: must be at least inventory:worker_tasks_count = "
            "4; raise it",
        ),
        (
            {"inventory__platform": "eks", "inventory__spot_percent": "50"},
            "inventory:spot_percent = 50: must be 0 with inventory:platform = 'eks', whose nodes "
            "are on demand; set it to 0",
        ),
        (
            {"inventory__spot_percent": "1", "inventory__on_demand_base_count": "0"},
            "inventory:on_demand_base_count = 0: must be at least 1 with inventory:spot_percent = "
            "1, or the service ends when AWS takes its spot capacity back; raise it",
        ),
        (
            {"keys__customer_managed": "false", "edge__cdn_enabled": "false"},
            "keys:logs_encrypted = True: must be false where keys:customer_managed = False, since "
            "there is no key to encrypt logs with; change one of the two",
        ),
        (
            {"orders__table_deletion_protected": "true"},
            "keys:deletion_protected = False: must be true where a table or the ledger is "
            "protected, since data without its key is lost; set it to true",
        ),
        (
            {"platform__package_python": "host"},
            "platform:package_python = 'host': must be host exactly when "
            "platform:package_architecture = 'arm64' is; set both to host, or neither",
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused(
    changes: dict[str, str], expected: str
) -> None:
    assert refused(**changes) == [expected]


@pytest.mark.parametrize(
    "changes",
    [
        {"inventory__reservation_ttl_seconds": "601", "orders__deadline_seconds": "600"},
        {
            "payments__provider": "stripe",
            "payments__stripe_secret_arn": "arn:aws:secretsmanager:eu-west-1:1:secret:stripe",
            "payments__webhook_secret_arn": "arn:aws:secretsmanager:eu-west-1:1:secret:webhook",
            "network__nat_strategy": "Single",
        },
        {"payments__database_capacity_min_acu": "2", "payments__database_capacity_max_acu": "2"},
        {"payments__charge_stale_seconds": "71", "payments__events_timeout_seconds": "70"},
        {"payments__events_concurrency_max": "18"},
        {"orders__table_capacity_min_units": "10"},
        {"backups__weekly_cold_after_days": "30", "backups__weekly_days": "120"},
        {"backups__locked": "true", "backups__enabled": "true"},
        {
            "payments__events_concurrency_max": "19",
            "payments__database_proxied": "true",
            "payments__database_capacity_min_acu": "0.5",
        },
        {
            "payments__sweep_interval_minutes": "1",
            "payments__http_timeout_seconds": "10",
            "payments__events_timeout_seconds": "45",
            "payments__database_engine_version": "16.0",
            "payments__database_capacity_min_acu": "0.5",
        },
        {"orders__availability_timeout_seconds": "4.9", "orders__http_timeout_seconds": "10"},
        {"api__throttle_rate": "100", "api__throttle_burst": "50"},
        {"inventory__task_cpu_units": "4096", "inventory__task_memory_mb": "30720"},
        {"platform__package_python": "host", "platform__package_architecture": "host"},
        {"inventory__spot_percent": "0", "inventory__on_demand_base_count": "0"},
        {"inventory__platform": "eks", "inventory__spot_percent": "0"},
        {
            "keys__customer_managed": "false",
            "keys__logs_encrypted": "false",
            "edge__cdn_enabled": "false",
        },
        {"orders__table_deletion_protected": "true", "keys__deletion_protected": "true"},
        {"orders__http_snap_start": "true", "orders__http_concurrency_provisioned": "0"},
        {"orders__http_concurrency_provisioned": "5", "orders__http_concurrency_reserved": "5"},
        {"orders__events_concurrency_max": "5", "orders__events_concurrency_reserved": "5"},
    ],
)
def test_values_that_just_agree_are_accepted(changes: dict[str, str]) -> None:
    load(**changes)


def test_the_settings_wait_for_a_paused_database_as_long_as_payments_code_does() -> None:
    assert RESUME_SECONDS == database.CONNECT_TIMEOUT_SECONDS


@pytest.mark.parametrize("stack", STACKS)
def test_every_key_of_a_stack_file_is_read(stack: str) -> None:
    assert unread(stack_config(stack), list(settings.keys())) == set()


@pytest.mark.parametrize("stack", STACKS)
def test_every_key_that_is_read_is_in_the_stack_file(stack: str) -> None:
    assert unset(stack_config(stack), list(settings.keys())) == set()


def test_dev_and_prod_have_the_same_keys() -> None:
    assert only_in_one(stack_config("dev"), stack_config("prod")) == set()


def test_a_planted_key_that_nothing_reads_is_found() -> None:
    planted = {**stack_config("dev"), "order:deadline_seconds": "600"}

    assert unread(planted, list(settings.keys())) == {"order:deadline_seconds"}


def test_a_key_taken_out_of_a_stack_file_is_found() -> None:
    pruned = stack_config("prod")
    del pruned["orders:deadline_seconds"]

    assert unset(pruned, list(settings.keys())) == {"orders:deadline_seconds"}


def test_a_key_that_only_dev_or_only_prod_has_is_found() -> None:
    dev = {**stack_config("dev"), "api:planted_in_dev": "1"}
    prod = {**stack_config("prod"), "api:planted_in_prod": "1"}

    assert only_in_one(dev, prod) == {"api:planted_in_dev", "api:planted_in_prod"}
