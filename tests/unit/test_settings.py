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
from tests.unit.settings_contradictions import AGREEMENTS, CONTRADICTIONS

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


@pytest.mark.parametrize(("changes", "expected"), CONTRADICTIONS)
def test_values_that_contradict_each_other_are_refused(
    changes: dict[str, str], expected: str
) -> None:
    assert refused(**changes) == [expected]


@pytest.mark.parametrize("changes", AGREEMENTS)
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
