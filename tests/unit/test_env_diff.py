"""What differs between dev and prod is explained: on given settings and resources."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tools.env_diff import reasons
from tools.env_diff.__main__ import main
from tools.env_diff.effects import NOTHING, Effect, Measured, Stack, Usd
from tools.env_diff.exchange import Exchange, exchange
from tools.env_diff.explained import Comparison, compare
from tools.env_diff.properties import Resource, changes, nameless
from tools.env_diff.reasons import Reason, ReasonError
from tools.env_diff.report import as_json, as_lines

TABLE = "aws:dynamodb/table:Table"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
STACKS = {
    "dev": {"orders:table_protected": "false", "orders:alarm_ms": "2000", "aws:region": "eu"},
    "prod": {"orders:table_protected": "true", "orders:alarm_ms": "1000", "aws:region": "eu"},
}
PROTECTION = Reason(
    why="prod's data is the customers'",
    settings=("orders:table_protected",),
    resources=(TABLE,),
)
ALARMS = Reason(why="prod promises more", settings=("orders:alarm_ms",), resources=(ALARM,))


def table(**properties: Any) -> dict[str, Resource]:
    """One table."""
    return {"orders": Resource(type=TABLE, name="orders", properties=properties)}


def alarm(**properties: Any) -> dict[str, Resource]:
    """One alarm."""
    return {"late": Resource(type=ALARM, name="late", properties=properties)}


def stack(name: str, resources: Mapping[str, Resource], costs: Mapping[str, Usd]) -> Stack:
    """What an environment registers."""
    return Stack(name=name, resources=resources, costs=costs)


DEV = stack("dev", table(protected=False), {})
PROD = stack(
    "prod",
    {**table(protected=True), **alarm(threshold=1000)},
    {"late": Usd(month=0.1, million=0.0)},
)
OF_TABLE = Effect(
    exchange=Exchange(keys=PROTECTION.settings, changed_in="prod"),
    changed=frozenset({("orders", ("protected",))}),
    costs={},
)
OF_ALARM = Effect(
    exchange=Exchange(
        keys=ALARMS.settings, changed_in="dev", companions=("orders:table_protected",)
    ),
    changed=frozenset({("late", ())}),
    costs={"late": Usd(month=0.1, million=0.0)},
)


def compared(
    *effects: tuple[Reason, Effect], dev: Stack = DEV, prod: Stack = PROD, renamed: Stack = PROD
) -> Comparison:
    """What is made of these effects."""
    return compare(
        STACKS,
        [(reason, effect.exchange) for reason, effect in effects],
        Measured(dev=dev, prod=prod, renamed=renamed, effects=[effect for _, effect in effects]),
    )


def test_what_a_setting_makes_differ_is_told_with_its_reason_and_cost() -> None:
    found = compared((PROTECTION, OF_TABLE), (ALARMS, OF_ALARM))
    assert found.problems == []
    assert as_lines(found).splitlines() == [
        "orders:table_protected: dev false, prod true: prod's data is the customers'; "
        "costs nothing",
        f"orders:table_protected: 1 {TABLE}: protected false → true; orders",
        "orders:alarm_ms: dev 2000, prod 1000: prod promises more; $+0.10 a month, changed with "
        "orders:table_protected, measured in dev",
        f"orders:alarm_ms: 1 {ALARM}: only in prod; $+0.10 a month; late",
        "2 settings and 2 resources differ; prod costs $+0.10 a month more than dev, and $+0.10 a "
        "month by the lines above: what settings cost by meeting each other is in the former alone",
    ]
    told = json.loads(as_json(found))
    assert told["usd"] == {"month": 0.1, "million_orders": 0.0}
    assert told["differences"][0]["settings"] == {
        "orders:table_protected": {"dev": "false", "prod": "true"}
    }
    assert told["differences"][0]["resources"][0]["properties"] == {
        "protected": {"dev": False, "prod": True}
    }


def test_a_setting_without_a_reason_is_named_with_both_values_and_where_to_write_it() -> None:
    assert list(reasons.unreasoned(STACKS, [PROTECTION])) == [
        "orders:alarm_ms: dev has '2000', prod has '1000', and nothing says why: add it to the "
        "settings of a [[reason]] in tools/env_diff/reasons.toml, or make the values equal"
    ]


def test_the_command_fails_without_a_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = reasons.load()
    monkeypatch.setattr(sys, "argv", ["env_diff"])
    monkeypatch.setattr(reasons, "load", lambda: known[1:])
    assert main() == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("env-diff: platform:cost_center: dev has 'shop-dev', prod has")


def test_a_reason_of_what_does_not_differ_is_stale() -> None:
    stale = Reason(why="once", settings=("aws:region",), resources=())
    assert list(reasons.unreasoned(STACKS, [PROTECTION, ALARMS, stale])) == [
        "aws:region: is 'eu' in dev and prod, and tools/env_diff/reasons.toml says why it differs: "
        "remove it there"
    ]


def test_a_setting_has_one_reason() -> None:
    assert list(reasons.unreasoned(STACKS, [PROTECTION, ALARMS, ALARMS])) == [
        "orders:alarm_ms: 2 reasons in tools/env_diff/reasons.toml say why it differs: keep one"
    ]


def test_a_resource_that_no_setting_makes_differ_is_a_problem() -> None:
    (problem,) = compared((PROTECTION, OF_TABLE)).problems
    assert problem.startswith(
        f"{ALARM} late: dev has None, prod has 'present', and no setting alone makes the difference"
    )
    dev = stack("dev", {**table(protected=False, name="a"), **alarm(threshold=1000)}, {})
    prod = stack("prod", {**table(protected=True, name="b"), **alarm(threshold=1000)}, {})
    (problem,) = compared((PROTECTION, OF_TABLE), dev=dev, prod=prod, renamed=prod).problems
    assert problem.startswith(f"{TABLE} orders name: dev has 'a', prod has 'b'")


def test_a_resource_that_asks_for_the_name_of_its_environment_is_a_problem() -> None:
    renamed = stack("dev", {**table(protected=True), **alarm(threshold=3000)}, {})
    (problem,) = compared((PROTECTION, OF_TABLE), (ALARMS, OF_ALARM), renamed=renamed).problems
    assert problem == (
        f"{ALARM} late threshold: with the same settings it is 3000 in an environment named dev "
        f"and 1000 in prod: what differs must be a setting"
    )


def test_a_kind_of_resource_that_the_reason_does_not_foresee_is_a_problem() -> None:
    blind = Reason(why="why", settings=ALARMS.settings, resources=("aws:sqs/*",))
    problems = compared((PROTECTION, OF_TABLE), (blind, OF_ALARM)).problems
    assert [problem.split(" because")[0] for problem in problems] == [
        f"orders:alarm_ms: {ALARM} differs",
        "orders:alarm_ms: no aws:sqs/* differs",
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('why = " "\nsettings = ["a:b"]\nresources = []', "entry 1 must say why"),
        ('why = "x"\nsettings = []\nresources = []', "entry 1 must say why, and of which"),
        ('why = "x"\nsettings = ["a:b"]', "entry 1: .*'resources'"),
        (
            'why = "x"\nsettings = ["a:b"]\nresources = []\nchanged_in = "test"',
            "changed_in = 'test': must be dev or prod",
        ),
    ],
)
def test_an_entry_that_is_no_reason_is_refused(tmp_path: Path, entry: str, message: str) -> None:
    file = tmp_path / "reasons.toml"
    file.write_text(f"[[reason]]\n{entry}\n")
    with pytest.raises(ReasonError, match=message):
        reasons.load(file)


def contradicting(*rules: tuple[dict[str, str], str]) -> Any:
    """What says that these values together are a problem."""

    def problems(configured: Mapping[str, str]) -> list[str]:
        return [said for values, said in rules if values.items() <= dict(configured).items()]

    return problems


PAUSING = {
    "dev": {"db:least": "0", "db:proxied": "false", "db:sweep": "1440"},
    "prod": {"db:least": "1", "db:proxied": "true", "db:sweep": "1"},
}
NO_PROXY = ({"db:least": "0", "db:proxied": "true"}, "db:proxied = True: not with db:least = 0")
NO_SWEEP = ({"db:least": "0", "db:sweep": "1"}, "db:sweep = 1: not with db:least = 0")
PROXY = ({"db:least": "1", "db:proxied": "false"}, "db:proxied = False: not with db:least = 1")


def test_a_setting_is_changed_where_the_others_allow_it() -> None:
    def found(*rules: tuple[dict[str, str], str]) -> Exchange:
        return exchange(["db:least"], PAUSING, contradicting(*rules))

    assert found() == Exchange(keys=("db:least",), changed_in="prod")
    assert found(NO_PROXY) == Exchange(keys=("db:least",), changed_in="dev")
    assert found(NO_PROXY, PROXY).companions == ("db:proxied",)
    assert found(NO_PROXY, NO_SWEEP, PROXY).companions == ("db:proxied", "db:sweep")
    assert found(NO_PROXY, PROXY).changed(PAUSING) == {"db:least": "0", "db:proxied": "false"}
    with pytest.raises(ValueError, match="db:least cannot be changed in prod or dev: never"):
        found(({}, "never"))


def test_names_of_environments_are_left_out_and_what_contains_them_is_kept() -> None:
    assert nameless("storefront-prod-orders") == nameless("storefront-dev-orders")
    assert nameless("dev.storefront.internal") == nameless("prod.storefront.internal")
    assert nameless({"environment": "dev"}) == nameless({"environment": "prod"})
    assert nameless("shop-prod") == "shop-prod"
    assert nameless("devices of producers") == "devices of producers"


def test_policies_are_compared_as_data() -> None:
    def role(*actions: str) -> dict[str, Resource]:
        policy = json.dumps({"Statement": [{"Action": list(actions), "Resource": "*"}]})
        properties = nameless({"policy": policy})
        return {"role": Resource(type="aws:iam/role:Role", name="role", properties=properties)}

    assert changes(role("a", "b"), role("a", "c")) == {
        ("role", ("policy", "Statement", "0", "Action", "1")): ("b", "c")
    }


def test_secrets_are_never_shown() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "x"}
    assert nameless({"password": secret}) == {"password": "(secret)"}


def test_costs_add_up() -> None:
    usd = Usd(month=2.0, million=1.0)
    assert usd - usd == NOTHING
    assert (usd + usd).month == 4
