"""Resources with which nothing is wrong but what a test says."""

from __future__ import annotations

from typing import Any

from tools.policy.recording import Registration


def queue(name: str = "orders", **props: Any) -> Registration:
    """A queue that nothing else is wrong with."""
    tags = dict.fromkeys(("project", "environment", "service", "cost-center", "managed-by"), "a")
    inputs = {"sqsManagedSseEnabled": True, "tags": tags, **props}
    return registered("aws:sqs/queue:Queue", name, inputs)


def registered(token: str, name: str, inputs: dict[str, Any]) -> Registration:
    """A resource with these inputs, that stems from no other."""
    urn = f"urn:pulumi:prod::shop::{token}::{name}"
    return Registration(
        type=token, name=name, urn=urn, parent="", inputs=inputs, outputs=inputs, depends_on={}
    )
