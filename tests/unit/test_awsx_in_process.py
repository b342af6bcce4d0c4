"""In process, each child gets what the children before it have become."""

from __future__ import annotations

from local.awsx import plan as awsx
from local.awsx.in_process import make, urns
from local.awsx.plan import Child, Key
from local.resources import Created, Properties
from tests.support.vpc import NAME, planned

_COMPONENT = f"urn:pulumi:local::storefront::{awsx.COMPONENT}::{NAME}"


def _urn(parent: str, type: str, name: str) -> str:
    return f"{parent}/{type}::{name}"


def test_a_reference_is_the_output_it_names_and_not_always_the_id() -> None:
    inputs: dict[Key, Properties] = {}

    def create(child: Child, given: Properties) -> Created:
        inputs[child.key] = given
        return Created(f"id-{child.key.name}", {"allocationId": "eipalloc-1"})

    make(planned(), create)

    gateway = inputs[Key(awsx.NAT_GATEWAY, f"{NAME}-1")]
    assert gateway["allocationId"] == "eipalloc-1"
    assert gateway["subnetId"] == f"id-{NAME}-public-1"


def test_a_whole_child_is_answered_as_a_reference_to_its_urn() -> None:
    made = make(planned(), lambda child, given: Created("made", {"allocationId": "eipalloc-1"}))

    outputs = made.outputs(urns(made.plan, _COMPONENT, _urn))

    vpc = f"{_COMPONENT}/{awsx.VPC}::{NAME}"
    address = outputs["eips"][0]
    assert (outputs["vpc"]["urn"], outputs["vpc"]["id"]) == (vpc, "made")
    assert address["urn"] == f"{vpc}/{awsx.SUBNET}::{NAME}-public-1/{awsx.EIP}::{NAME}-1"
    assert outputs["privateSubnetIds"] == ["made", "made"]
