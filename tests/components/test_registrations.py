"""What a stack registers: how many of each type, under which names and parents."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

import components
from tests.components.conftest import STACKS
from tests.support.harness import Built

COUNTS: dict[str, dict[str, int | dict[str, int]]] = yaml.safe_load(
    (Path(__file__).parent / "counts.yaml").read_text()
)
ROOTS = set(COUNTS)


def expected(part: str, stack: str) -> dict[str, int]:
    """How many resources of each type a part registers in a stack, none left out."""
    counts = {
        token: count if isinstance(count, int) else count[stack]
        for token, count in COUNTS[part].items()
    }
    return {token: count for token, count in sorted(counts.items()) if count}


PARTS = [(stack, part) for stack in STACKS for part in sorted(COUNTS) if expected(part, stack)]


@pytest.mark.parametrize(("stack", "part"), PARTS)
def test_a_part_of_a_stack_registers_exactly_these_resources(
    stacks: Mapping[str, Built], stack: str, part: str
) -> None:
    assert stacks[stack].under(part).counts() == expected(part, stack)


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_stands_outside_the_parts(stacks: Mapping[str, Built], stack: str) -> None:
    top = {
        resource.name for resource in stacks[stack] if "pulumi:pulumi:Stack::" in resource.parent
    }

    assert top == {part for part in COUNTS if expected(part, stack)}


def test_every_resource_of_aws_belongs_to_a_component_of_ours(shop: Built) -> None:
    owners = {shop.at(resource.parent).type.split(":")[0] for resource in shop if resource.custom}

    assert owners == {"storefront"}


def test_a_child_is_named_after_its_parent(shop: Built) -> None:
    children = [resource for resource in shop if resource.name not in ROOTS]
    misnamed = [
        (resource.name, shop.at(resource.parent).name)
        for resource in children
        if not resource.name.startswith(f"{shop.at(resource.parent).name}-")
    ]

    assert misnamed == []


def test_logical_names_are_kebab_role_paths_without_the_stage(shop: Built) -> None:
    names = [resource.name for resource in shop]

    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []
    assert [name for name in names if re.search(r"\b(dev|prod|local)\b", name)] == []


def test_no_two_resources_of_a_type_share_a_name(shop: Built) -> None:
    kinds = [(resource.type, resource.name) for resource in shop]

    assert len(set(kinds)) == len(kinds)


def test_a_type_token_names_the_layer_and_the_class(shop: Built) -> None:
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(components.__path__, "components.")
    ]
    layers = {"blocks": "components.blocks.", "service": "components.", "edge": "components.edge"}
    layers["operations"] = "components.operations"
    for token in {resource.type for resource in shop if resource.type.startswith("storefront:")}:
        _, layer, name = token.split(":")
        homes = [
            module.__name__
            for module in modules
            if getattr(getattr(module, name, None), "__module__", "") == module.__name__
        ]
        assert len(homes) == 1, token
        assert homes[0].startswith(layers[layer]), token


def test_the_sdk_warns_of_nothing(shop: Built) -> None:
    assert shop.warnings == ()
