"""One fault notifies once: each alarm reaches the topic on exactly one way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

import pytest

from components.blocks.saved_queries import QUERIES
from tests.support import harness
from tests.support.configuration import ROOT
from tests.support.harness import Built, Resource
from tests.support.relations import ALARM, COMPOSITE, SERVICES

STACKS = ("dev", "prod", "local")
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
QUERY = "aws:cloudwatch/queryDefinition:QueryDefinition"
OBSERVABILITY = ROOT / "docs/observability.md"


def ways(built: Built, alarm: Resource) -> Iterator[tuple[str, ...]]:
    """Every way from an alarm to the alarms topic: the alarms on it, the first one included."""
    if alarm.inputs["alarmActions"]:
        yield (alarm.name,)
    own = alarm.inputs.get("alarmName", alarm.inputs.get("name"))
    for composite in built.of_type(COMPOSITE):
        if own in children(composite):
            for further in ways(built, composite):
                yield (alarm.name, *further)


def children(composite: Resource) -> list[str]:
    """The names of the alarms in a composite's rule."""
    return re.findall(r'ALARM\("([^"]+)"\)', composite.inputs["alarmRule"])


@pytest.mark.parametrize("stack", STACKS)
def test_every_alarm_reaches_the_topic_on_exactly_one_way(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built = stacks[stack]

    found = {alarm.name: list(ways(built, alarm)) for alarm in built.of_type(ALARM)}

    assert {name: ways for name, ways in found.items() if len(ways) != 1} == {}


def test_a_composite_alarm_names_alarms_of_the_stack_alone(stacks: Mapping[str, Built]) -> None:
    prod = stacks["prod"]
    names = {alarm.inputs["name"] for alarm in prod.of_type(ALARM)}
    names |= {alarm.inputs["alarmName"] for alarm in prod.of_type(COMPOSITE)}

    for composite in prod.of_type(COMPOSITE):
        named = children(composite)
        assert named, composite.name
        assert set(named) <= names, composite.name
        assert len(named) == len(set(named)), composite.name
        assert len(named) <= 100, "CloudWatch's limit"
        assert len(composite.inputs["alarmRule"]) <= 10_240, "CloudWatch's limit"


@pytest.mark.parametrize("service", SERVICES)
def test_the_alarms_of_a_service_notify_together(stacks: Mapping[str, Built], service: str) -> None:
    prod = stacks["prod"]
    own = {
        alarm.inputs["name"]
        for alarm in prod.under(service).of_type(ALARM)
        if not alarm.name.endswith(("-dead-letters", "-relay-failures"))
    }

    assert set(children(prod.named(f"operations-{service}-unwell"))) == own


@pytest.mark.parametrize("service", SERVICES)
def test_what_stays_after_its_cause_notifies_only_when_the_service_is_well(
    stacks: Mapping[str, Built], service: str
) -> None:
    prod = stacks["prod"]
    leftovers = prod.named(f"operations-{service}-leftovers")

    assert all(name.endswith(("-dead-letters", "-relay-failures")) for name in children(leftovers))
    suppressor = leftovers.inputs["actionsSuppressor"]
    assert suppressor["alarm"] == prod.named(f"operations-{service}-unwell").outputs["arn"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_broken_promise_notifies_only_when_no_service_is_unwell(
    stacks: Mapping[str, Built], service: str
) -> None:
    prod = stacks["prod"]
    shop = prod.named("operations-shop-unwell")

    suppressor = prod.named(f"operations-{service}-slo").inputs["actionsSuppressor"]
    assert suppressor["alarm"] == shop.outputs["arn"]
    assert shop.inputs["alarmActions"] == []
    unwell = {prod.named(f"operations-{each}-unwell").inputs["alarmName"] for each in SERVICES}
    assert set(children(shop)) == unwell


@pytest.mark.parametrize("service", SERVICES)
def test_a_budget_burns_when_the_long_and_the_short_window_say_so(
    stacks: Mapping[str, Built], service: str
) -> None:
    rule = stacks["prod"].named(f"operations-{service}-slo").inputs["alarmRule"]
    pairs = re.findall(r'\(ALARM\("([^"]+)-long"\) AND ALARM\("([^"]+)-short"\)\)', rule)
    promises = {"availability", "latency", *(["confirmation"] if service == "orders" else [])}

    assert [long for long, _ in pairs] == [short for _, short in pairs]
    assert {long.split("-slo-")[1] for long, _ in pairs} == {
        f"{promise}-{window}" for promise in promises for window in ("fast", "slow", "creeping")
    }


def test_every_metric_of_an_alarm_with_maths_has_its_period(stacks: Mapping[str, Built]) -> None:
    for alarm in stacks["prod"].of_type(ALARM):
        queries = alarm.inputs.get("metricQueries", [])
        assert len({q["metric"]["period"] for q in queries if "metric" in q}) <= 1, alarm.name
        returned = [query["id"] for query in queries if query.get("returnData")]
        assert returned in ([], ["burn"], ["failing"], ["happened", "band"]), alarm.name


def test_fewer_confirmed_orders_than_the_band_notify(ready_packages: None) -> None:
    built = harness.build_stack("prod", observability__anomaly_band_width="2.5")
    alarm = built.named("operations-orders-business-anomaly")

    assert alarm.inputs["comparisonOperator"] == "LessThanLowerThreshold"
    assert alarm.inputs["thresholdMetricId"] == "band"
    assert {query["id"]: query.get("expression") for query in alarm.inputs["metricQueries"]} == {
        "counted": None,
        "happened": "FILL(counted, 0)",
        "band": "ANOMALY_DETECTION_BAND(happened, 2.5)",
    }
    assert alarm.inputs["name"] in children(built.named("operations-orders-slo"))


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_dashboard_shows_all_its_alarms_and_what_each_watches(
    stacks: Mapping[str, Built], service: str
) -> None:
    prod = stacks["prod"]
    alarms = prod.under(service).of_type(ALARM)
    body = json.loads(prod.named(f"operations-{service}-dashboard").inputs["dashboardBody"])

    status, *metrics = body["widgets"]
    assert set(status["properties"]["alarms"]) == {alarm.outputs["arn"] for alarm in alarms}
    shown = [widget["properties"]["metrics"][0][:2] for widget in metrics]
    watched = [[alarm.inputs["namespace"], alarm.inputs["metricName"]] for alarm in alarms]
    assert sorted(shown) == sorted(watched)
    places = {(widget["x"], widget["y"]) for widget in body["widgets"]}
    assert len(places) == len(body["widgets"])
    assert all(widget["x"] + widget["width"] <= 24 for widget in body["widgets"])


def test_without_composites_each_alarm_tells_for_itself(dev: Built) -> None:
    assert dev.of_type(COMPOSITE) == []
    assert all(alarm.inputs["alarmActions"] for alarm in dev.of_type(ALARM))


def test_the_saved_queries_look_into_every_group_that_code_writes_to(
    stacks: Mapping[str, Built],
) -> None:
    for stack in ("dev", "prod"):
        built = stacks[stack]
        groups = {group.inputs["name"] for group in built.of_type(LOG_GROUP)}
        written = {name for name in groups if name.startswith(("/aws/lambda/", "/ecs/"))}
        queries = built.of_type(QUERY)
        assert len(written) <= 50, "CloudWatch's limit"
        assert {query.name for query in queries} == {
            f"operations-{query.role}-query" for query in QUERIES
        }
        for query in queries:
            assert set(query.inputs["logGroupNames"]) == written, query.name


def test_every_saved_query_is_in_the_docs() -> None:
    told = re.findall(r"^\| `([a-z-]+)` \|", OBSERVABILITY.read_text("utf-8"), re.MULTILINE)
    assert told == [query.role for query in QUERIES]
