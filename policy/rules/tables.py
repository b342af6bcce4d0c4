"""Tables: encrypted, recoverable, hard to delete, and free of what has expired."""

from __future__ import annotations

from collections.abc import Iterator

from policy.rule import ALWAYS, DOCS, HIGH, IN_PROD, MEDIUM, Case, rule
from policy.rules.types import TABLE

_GUIDE = f"{DOCS}amazondynamodb/latest/developerguide/"


@rule(
    TABLE,
    severity=MEDIUM,
    levels=IN_PROD,
    remedy="Set serverSideEncryption.enabled to true and kmsKeyArn to a key of your own.",
    reference=f"{_GUIDE}encryption.usagenotes.html",
)
def table_customer_key(case: Case) -> Iterator[str]:
    """A table is encrypted by a key whose use the owner decides and sees."""
    encryption = case.props.part("serverSideEncryption")
    if not encryption.flag("enabled"):
        yield f"serverSideEncryption.enabled is {encryption.flag('enabled')}"
    elif not encryption.text("kmsKeyArn"):
        yield f"serverSideEncryption.kmsKeyArn is {encryption.text('kmsKeyArn')}"


@rule(
    TABLE,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Set pointInTimeRecovery.enabled to true.",
    reference=f"{_GUIDE}PointInTimeRecovery.html",
)
def table_point_in_time_recovery(case: Case) -> Iterator[str]:
    """A table can be restored to any second of the last 35 days."""
    enabled = case.props.flag("pointInTimeRecovery.enabled")
    if not enabled:
        yield f"pointInTimeRecovery.enabled is {enabled}"


@rule(
    TABLE,
    severity=HIGH,
    levels=IN_PROD,
    remedy="Set deletionProtectionEnabled to true.",
    reference=f"{_GUIDE}WorkingWithTables.Basics.html",
)
def table_deletion_protection(case: Case) -> Iterator[str]:
    """A table with data of customers cannot be deleted by mistake."""
    enabled = case.props.flag("deletionProtectionEnabled")
    if not enabled:
        yield f"deletionProtectionEnabled is {enabled}"


@rule(
    TABLE,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Set ttl.enabled to true and ttl.attributeName to the attribute with the expiry.",
    reference=f"{_GUIDE}TTL.html",
    names=("",),
)
def table_expiry(case: Case) -> Iterator[str]:
    """Tables of idempotency keys, connections and the like (`names` they contain) expire items."""
    if not any(name in case.resource.name for name in case.settings["names"]):
        return
    if not case.props.flag("ttl.enabled"):
        yield f"ttl.enabled is {case.props.flag('ttl.enabled')}"
    elif not case.props.text("ttl.attributeName"):
        yield f"ttl.attributeName is {case.props.text('ttl.attributeName')}"
