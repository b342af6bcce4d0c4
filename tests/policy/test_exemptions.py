"""Who is exempt is counted, and no exemption outlives its reason."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from policy import exemptions
from policy.exemptions import Exemption, ExemptionError, Exemptions
from tests.policy.fixtures import UNKNOWN
from tests.policy.resources import queue, registered
from tools.policy import analysis, process

_ENTRY = """
[[exemption]]
rule = "{rule}"
resource = "{resource}"
reason = "tested"
owner = "tests"
expires = {expires}
"""
_LATER, _PAST = "2999-12-31", "2020-01-01"


def test_an_exempt_violation_is_counted_and_an_unneeded_or_expired_exemption_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "exemptions.toml"
    entries = [
        ("queue-encrypted", "plain", _LATER),
        ("queue-alarm", "plain", _LATER),
        ("queue-encrypted", "old", _PAST),
        ("queue-encrypted", "orders", _LATER),
        ("no-such-rule", "plain", _LATER),
    ]
    file.write_text("".join(_ENTRY.format(rule=r, resource=n, expires=e) for r, n, e in entries))
    monkeypatch.setenv(exemptions.FILE_VARIABLE, str(file))
    plain, old = (queue(name, sqsManagedSseEnabled=False) for name in ("plain", "old"))

    with process.running("prod") as pack:
        verdict = analysis.judge(pack, [plain, old, queue()])

    assert {(one.rule, one.resource) for one in verdict.exempt} == {
        ("queue-encrypted", plain.urn),
        ("queue-alarm", plain.urn),
    }
    encrypted = [one.resource for one in verdict.violations if one.rule == "queue-encrypted"]
    assert encrypted == [old.urn]
    unneeded = [one.message for one in verdict.violations if one.rule == "exemptions-are-needed"]
    assert [line.partition(": ")[2].partition(". ")[0] for line in unneeded] == [
        "queue-encrypted of old (owner tests): expired on 2020-01-01",
        "queue-encrypted of orders (owner tests): nothing breaks the rule any more",
        "no-such-rule of plain (owner tests): there is no such rule",
    ]


def test_what_is_exempt_is_counted_beside_what_nobody_can_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "exemptions.toml"
    file.write_text(_ENTRY.format(rule="queue-dead-letters", resource="plain", expires=_LATER))
    monkeypatch.setenv(exemptions.FILE_VARIABLE, str(file))
    source = registered("aws:ssm/parameter:Parameter", "source", {})
    later = replace(
        queue("later", redrivePolicy=UNKNOWN), depends_on={"redrivePolicy": [source.urn]}
    )
    asked = [queue("plain"), later, queue("never")]

    with process.running("prod") as pack:
        verdict = analysis.judge(pack, [*asked, source])

    rule = "queue-dead-letters"
    kinds = (verdict.exempt, verdict.not_evaluated, verdict.violations)
    assert [[one.resource for one in kind if one.rule == rule] for kind in kinds] == [
        [found.urn] for found in asked
    ]


def test_an_exemption_holds_to_the_end_of_its_last_day() -> None:
    day = datetime.date(2027, 1, 31)
    entry = Exemption(rule="a", resource="b", reason="c", owner="d", expires=day)

    assert Exemptions([entry], today=day).covering("a", "b") == entry
    assert Exemptions([entry], today=day + datetime.timedelta(days=1)).covering("a", "b") is None


def test_an_exemption_is_not_unneeded_while_nobody_can_know() -> None:
    entry = Exemption(
        rule="a", resource="b", reason="c", owner="d", expires=datetime.date(2999, 1, 1)
    )
    found = Exemptions([entry])

    found.undecided("a", "b")

    assert found.problems(["a"]) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[[exemption]]\nrule = "a"', "resource is None"),
        (_ENTRY.format(rule="a", resource="b", expires='"soon"'), "expires is 'soon'"),
        (_ENTRY.format(rule="", resource="b", expires=_LATER), "rule is ''"),
        (_ENTRY.format(rule="a", resource="b", expires=_LATER) + "until = 1", "unknown until"),
        ("[[", "exemptions.toml"),
    ],
)
def test_an_exemption_that_lacks_something_stops_the_pack(
    text: str, named: str, tmp_path: Path
) -> None:
    file = tmp_path / "exemptions.toml"
    file.write_text(text)

    with pytest.raises(ExemptionError, match=r"exemptions\.toml") as refused:
        exemptions.load(file)
    assert named in str(refused.value)
