"""The SDK imported by class is the SDK: every name is what the whole package would give."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("cloudwatch", "dynamodb", "ec2", "ecs", "iam", "lambda_", "rds", "s3", "vpc")
BY_CLASS = "from local.sdk import import_by_class\nimport_by_class()\n"
HELPERS = """
import importlib, json, sys
import pulumi_aws

def identity(value):
    return [str(getattr(value, "__module__", None)), getattr(value, "__qualname__", repr(value))]

def modules(service):
    prefix = f"pulumi_aws.{service}."
    return sorted(name.removeprefix(prefix) for name in sys.modules if name.startswith(prefix))
"""


def run(code: str, *arguments: str) -> Any:
    """What `code` prints as JSON, in an interpreter of its own."""
    ran = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def whole() -> dict[str, dict[str, list[str]]]:
    """By service, what each public name of the whole package is."""
    code = f"""{HELPERS}
found = {{}}
for service in {SERVICES!r}:
    package = getattr(pulumi_aws, service)
    hasattr(package, "any name loads it")
    names = [name for name in dir(package) if not name.startswith("_") and name != "typing"]
    found[service] = {{name: identity(getattr(package, name)) for name in names}}
print(json.dumps(found))
"""
    return dict(run(code))


def _loads_the_whole(name: str) -> bool:
    """Asked last: after it there is nothing left to find."""
    return "Result" in name or name.endswith("InitArgs")


@pytest.mark.parametrize("reverse", [False, True])
def test_every_name_is_what_the_whole_package_calls_so(
    whole: dict[str, dict[str, list[str]]], reverse: bool
) -> None:
    names = {
        service: sorted(sorted(whole[service], reverse=reverse), key=_loads_the_whole)
        for service in SERVICES
    }
    code = f"""{BY_CLASS}{HELPERS}
names = json.loads(sys.argv[1])
print(json.dumps({{
    service: {{name: identity(getattr(getattr(pulumi_aws, service), name)) for name in asked}}
    for service, asked in names.items()
}}))
"""
    assert run(code, json.dumps(names)) == whole


def test_a_class_loads_its_own_module_and_the_nested_types() -> None:
    code = f"{BY_CLASS}{HELPERS}pulumi_aws.ec2.SecurityGroup\nprint(json.dumps(modules('ec2')))"

    assert run(code) == ["_enums", "_inputs", "outputs", "security_group"]


def test_a_function_that_gives_an_output_is_found_beside_the_plain_one() -> None:
    code = f"""{BY_CLASS}{HELPERS}
pulumi_aws.ec2.get_managed_prefix_list_output
print(json.dumps(modules('ec2')))
"""
    assert run(code) == ["_enums", "_inputs", "get_managed_prefix_list", "outputs"]


@pytest.mark.parametrize("name", ["ManagedPrefixListEntryInitArgs", "AwaitableGetAmiResult"])
def test_a_name_in_no_module_called_like_it_loads_the_whole_package(name: str) -> None:
    code = f"""{BY_CLASS}{HELPERS}
pulumi_aws.ec2.{name}
print(json.dumps(len(modules('ec2'))))
"""
    assert run(code) > 100


def test_a_name_that_nobody_defines_is_an_attribute_error() -> None:
    code = f"""{BY_CLASS}{HELPERS}
try:
    pulumi_aws.sqs.Queues
except AttributeError as error:
    print(json.dumps(str(error)))
"""
    assert run(code) == "module 'pulumi_aws.sqs' has no attribute 'Queues'"


def test_a_star_imports_everything() -> None:
    code = f"""{BY_CLASS}{HELPERS}
before = set(globals())
from pulumi_aws.sqs import *
print(json.dumps(sorted({{*globals()}} - before)))
"""
    assert run(code) == run(code.removeprefix(BY_CLASS))


def test_the_configuration_is_left_as_it_is() -> None:
    code = f"{BY_CLASS}{HELPERS}print(json.dumps(type(pulumi_aws.config).__name__))"

    assert run(code) == run(code.removeprefix(BY_CLASS))


def test_asking_for_it_twice_changes_nothing() -> None:
    code = f"""{BY_CLASS}{BY_CLASS}
import json, sys
from local.sdk import _Finder
print(json.dumps(sum(isinstance(finder, _Finder) for finder in sys.meta_path)))
"""
    assert run(code) == 1
