"""Provider functions: what a program asks the AWS provider without creating anything."""

from __future__ import annotations

from collections.abc import Callable

from local.resources.base import Cloud, Properties, UnhandledTypeError


def invoke(cloud: Cloud, token: str, args: Properties) -> Properties:
    """The answer of a provider function; raises `UnhandledTypeError` for an unknown one."""
    try:
        function = _FUNCTIONS[token]
    except KeyError:
        raise UnhandledTypeError(
            f"no answer for provider function {token!r}: the local run does not know it. "
            "Add it to local/resources/functions.py."
        ) from None
    return {**args, **function(cloud)}


def _caller_identity(cloud: Cloud) -> Properties:
    arn = f"arn:aws:iam::{cloud.account_id}:root"
    return {
        "accountId": cloud.account_id,
        "arn": arn,
        "userId": cloud.account_id,
        "id": cloud.account_id,
    }


def _region(cloud: Cloud) -> Properties:
    return {
        "id": cloud.region,
        "name": cloud.region,
        "region": cloud.region,
        "description": f"{cloud.region} on this machine",
        "endpoint": f"ec2.{cloud.region}.amazonaws.com",
    }


def _partition(_: Cloud) -> Properties:
    return {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def _availability_zones(cloud: Cloud) -> Properties:
    letters = "abc"
    return {
        "id": cloud.region,
        "region": cloud.region,
        "names": [f"{cloud.region}{letter}" for letter in letters],
        "zoneIds": [f"{cloud.region}-az{index}" for index, _ in enumerate(letters, 1)],
        "groupNames": [cloud.region],
    }


_FUNCTIONS: dict[str, Callable[[Cloud], Properties]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _availability_zones,
}
