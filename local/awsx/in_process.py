"""Makes a plan's children one after another, and answers as the engine would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime import rpc

from local.awsx.plan import Child, Ipv6Subnet, Key, Plan, Reference, resolve
from local.resources import Created, Properties

Create = Callable[[Child, Properties], Created]
"""Makes a child from its inputs, in which every reference is resolved."""
MakeUrn = Callable[[str, str, str], str]
"""The URN of a resource by its parent's URN, its type and its name."""


@dataclass(frozen=True)
class Made:
    """A plan whose children exist."""

    plan: Plan
    children: Mapping[Key, Created]

    def known(self, item: Reference) -> Any:
        """The output that `item` stands for; the id, where it stands for a whole child."""
        if isinstance(item, Key):
            return self.children[item].id
        if isinstance(item, Ipv6Subnet):
            return item.of(self.known(item.block))
        made = self.children[item.child]
        return made.id if item.output == "id" else made.outputs[item.output]

    def outputs(self, urns: Mapping[Key, str]) -> Properties:
        """The component's outputs on the wire: a whole child is a reference to its URN."""

        def written(item: Reference) -> Any:
            if not isinstance(item, Key):
                return self.known(item)
            mark = {rpc._special_sig_key: rpc._special_resource_sig}
            return {**mark, "urn": urns[item], "id": self.known(item)}

        outputs: Properties = resolve(self.plan.outputs, written)
        return outputs


def make(plan: Plan, create: Create) -> Made:
    """Create the children in the plan's order."""
    children: dict[Key, Created] = {}
    made = Made(plan, children)
    for child in plan.children:
        children[child.key] = create(child, resolve(child.inputs, made.known))
    return made


def urns(plan: Plan, component: str, make_urn: MakeUrn) -> dict[Key, str]:
    """The URN of each child below the URN of the component."""
    found: dict[Key, str] = {}
    for child in plan.children:
        parent = component if child.parent is None else found[child.parent]
        found[child.key] = make_urn(parent, child.key.type, child.key.name)
    return found
