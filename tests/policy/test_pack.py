"""The pack as a process: configuration, repairs, the command, and the folder taken elsewhere."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2

from policy import exemptions, stacks
from tests.policy.fixtures import UNKNOWN
from tests.policy.levels import LEVELS
from tests.policy.resources import queue, registered
from tools.policy import __main__ as command
from tools.policy import analysis, configuration, process, recording
from tools.policy.configuration import ConfigurationError
from tools.policy.recording import Registration
from tools.policy.report import as_json, as_markdown, as_table, level, report


def said(pack: Any, *registrations: Registration) -> set[tuple[str, str]]:
    """Rule and resource of every violation."""
    found = analysis.judge(pack, registrations).violations
    return {(one.rule, one.resource.rpartition("::")[2]) for one in found}


def test_levels_are_those_that_were_reviewed(packs: dict[str, Any]) -> None:
    described = zip(*(analysis.described(packs[stack]) for stack in ("dev", "prod")), strict=True)

    assert {dev.name: (level(dev), level(prod)) for dev, prod in described} == {
        **LEVELS,
        "exemptions-are-needed": ("mandatory", "mandatory"),
        "not-evaluated": ("advisory", "advisory"),
    }


def test_every_rule_says_what_to_do_and_where_to_read_about_it(packs: dict[str, Any]) -> None:
    for rule in analysis.described(packs["prod"]):
        assert rule.description.endswith((".", ")."))
        assert rule.remediation_steps.endswith(".")
        assert rule.url.startswith("https://docs.aws.amazon.com/") or rule.tags[0] == "pack"
        assert rule.severity


def test_a_pack_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(exemptions.FILE_VARIABLE, str(tmp_path / "none.toml"))

    with pytest.raises(process.PackError, match=r"none\.toml"), process.running("prod"):
        pass


@pytest.mark.parametrize(
    ("configured", "named"),
    [
        ({"queue-encryptd": "advisory"}, "queue-encryptd: no such rule"),
        ({"queue-encrypted": "strict"}, "level 'strict'"),
        ({"queue-max-receives": {"lest": 3}}, "unknown lest; it knows least, most"),
        ({"queue-encrypted": {"factor": 3}}, "it knows nothing"),
        ({"queue-encrypted": 3}, "must be a level or an object"),
    ],
)
def test_unknown_configuration_is_refused(
    configured: dict[str, Any], named: str, packs: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        configuration.request(configured, analysis.described(packs["prod"]))
    assert named in str(refused.value)


def test_the_pack_refuses_the_configuration_of_a_rule_that_does_not_exist() -> None:
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    request.policyConfig["queue-encryptd"].enforcementLevel = analyzer_pb2.DISABLED

    with (
        process.running("prod") as pack,
        pytest.raises(grpc.RpcError, match="queue-encryptd, which no rule is called"),
    ):
        pack.Configure(request)


@pytest.mark.parametrize(
    ("resource", "arguments", "status", "says"),
    [
        ({}, [], 0, "0 violated (0 mandatory)"),
        ({"sqsManagedSseEnabled": False}, [], 1, "queue-encrypted"),
        ({"sqsManagedSseEnabled": False}, ["--config", "{}.json"], 2, "no such rule"),
    ],
)
def test_the_command_exits_as_the_pack_decides(
    resource: dict[str, Any],
    arguments: list[str],
    status: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    alarm = replace(
        registered(
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            "a",
            {"alarmActions": ["b"], "metricName": "ApproximateNumberOfMessagesVisible"},
        ),
        depends_on={"dimensions": [queue().urn]},
    )
    target = replace(
        registered(
            "aws:cloudwatch/eventTarget:EventTarget", "t", {"deadLetterConfig": {"arn": "q"}}
        ),
        depends_on={"deadLetterConfig": [queue().urn]},
    )
    (tmp_path / "a.json").write_text('{"queue-encryptd": "disabled"}')
    (tmp_path / "exemptions.toml").write_text("")
    monkeypatch.setenv(exemptions.FILE_VARIABLE, str(tmp_path / "exemptions.toml"))
    monkeypatch.setattr(recording, "record", lambda stack: [queue(**resource), alarm, target])
    given = [argument.format(tmp_path / "a") for argument in arguments]
    monkeypatch.setattr("sys.argv", ["policy", "--stack", "prod", *given])

    assert command.main() == status
    assert says in "".join(capsys.readouterr())


def test_types_that_no_rule_is_about_are_counted_and_named(packs: dict[str, Any]) -> None:
    found = [registered("aws:glue/job:Job", name, {}) for name in ("nightly", "weekly")] + [
        queue(),
        registered("storefront:blocks:Queue", "orders", {}),
    ]

    rules = analysis.described(packs["prod"])
    made = report("prod", rules, found, analysis.judge(packs["prod"], found))

    assert made.unjudged == {"aws:glue/job:Job": 2}
    assert "prod: no rule is about 2 resources of 1 types" in as_table([made])
    assert "prod: no rule is about 2 resources of 1 types" in as_markdown([made])
    assert json.loads(as_json([made]))["prod"]["unjudged"] == made.unjudged


@pytest.mark.parametrize("stack", ["review-7", "local"])
def test_the_stacks_that_are_judged_as_dev_are_listed_in_a_file(
    stack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "stacks.toml"
    listed.write_text('as_dev = ["review-7"]')
    monkeypatch.setenv(stacks.FILE_VARIABLE, str(listed))
    with process.running(stack) as pack:
        (rule,) = (one for one in analysis.described(pack) if one.name == "database-backups")

    advisory = rule.enforcementLevel == analyzer_pb2.ADVISORY
    assert advisory == (stack == "review-7")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "as_dev is None, must be a list"),
        ('as_dev = "dev"', "as_dev is 'dev', must be a list"),
        ("as_dev = [1]", "as_dev is [1], must be a list"),
        ("as_dev = []\nas_prod = []", "unknown as_prod; remove it"),
        ("as_dev =", "Invalid value"),
    ],
)
def test_a_file_of_stacks_that_says_something_else_stops_the_pack(
    text: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stacks.toml").write_text(text)
    monkeypatch.setenv(stacks.FILE_VARIABLE, str(tmp_path / "stacks.toml"))

    with pytest.raises(process.PackError, match=re.escape(says)), process.running("dev"):
        pass


def test_what_cannot_be_judged_is_counted_in_one_line(packs: dict[str, Any]) -> None:
    asked = [queue(name, sqsManagedSseEnabled=UNKNOWN) for name in ("first", "second")]

    seen = [analysis.judge(packs["prod"], asked) for _ in range(2)]
    known = analysis.judge(packs["prod"], [queue()])

    for verdict in seen:
        waiting = [(one.rule, one.resource) for one in verdict.not_evaluated]
        assert waiting == [("queue-encrypted", found.urn) for found in asked]
        (line,) = [one for one in verdict.violations if one.rule == "not-evaluated"]
        assert "2 checks wait for values that nobody knows yet: queue-encrypted 2." in line.message
        assert not line.mandatory
    assert "not-evaluated" not in {one.rule for one in known.violations}


def test_a_setting_that_the_engine_lets_through_is_a_violation() -> None:
    with process.running("prod") as pack:
        request = configuration.request({}, analysis.described(pack))
        request.policyConfig["queue-encrypted"].properties.update({"keys": 1})
        pack.Configure(request)

        assert ("queue-encrypted", "orders") in said(pack, queue())


def test_a_stack_configures_levels_for_all_rules_and_for_one() -> None:
    with process.running("prod") as pack:
        rules = analysis.described(pack)
        pack.Configure(configuration.request({"all": "disabled", "queue-alarm": "advisory"}, rules))
        verdict = analysis.judge(pack, [queue(sqsManagedSseEnabled=False)])

    assert {(one.rule, one.mandatory) for one in verdict.violations} == {("queue-alarm", False)}


@pytest.mark.parametrize(
    ("rule", "given", "repaired"),
    [
        ("log-retention", {"name": "a"}, {"name": "a", "retentionInDays": 90}),
        (
            "log-retention",
            {"kmsKeyId": UNKNOWN},
            {"kmsKeyId": UNKNOWN, "retentionInDays": 90},
        ),
        ("log-retention", {"retentionInDays": 7}, None),
        (
            "required-tags",
            {"tags": {"service": "a", "environment": "mine"}},
            {
                "tags": {
                    "service": "a",
                    "environment": "mine",
                    "project": "shop",
                    "managed-by": "pulumi",
                }
            },
        ),
    ],
)
def test_what_is_safe_to_put_right_is_put_right_where_a_stack_asks(
    rule: str, given: dict[str, Any], repaired: dict[str, Any] | None
) -> None:
    group = registered("aws:cloudwatch/logGroup:LogGroup", "logs", given)
    request = analyzer_pb2.AnalyzeRequest(
        type=group.type, name=group.name, urn=group.urn, properties=group.input_struct
    )
    with process.running("prod") as pack:
        assert not pack.Remediate(request).remediations
        pack.Configure(configuration.request({rule: "remediate"}, analysis.described(pack)))
        answers = pack.Remediate(request).remediations

    assert [json_format.MessageToDict(answer.properties) for answer in answers] == (
        [repaired] if repaired else []
    )
