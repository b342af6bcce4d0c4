"""Provider functions: what a program asks the AWS provider without creating anything."""

from __future__ import annotations

import hashlib
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
    return {**args, **function(cloud, args)}


def _caller_identity(cloud: Cloud, _: Properties) -> Properties:
    arn = f"arn:aws:iam::{cloud.account_id}:root"
    return {
        "accountId": cloud.account_id,
        "arn": arn,
        "userId": cloud.account_id,
        "id": cloud.account_id,
    }


def _region(cloud: Cloud, _: Properties) -> Properties:
    return {
        "id": cloud.region,
        "name": cloud.region,
        "region": cloud.region,
        "description": f"{cloud.region} on this machine",
        "endpoint": f"ec2.{cloud.region}.amazonaws.com",
    }


def _partition(_: Cloud, __: Properties) -> Properties:
    return {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def _availability_zones(cloud: Cloud, _: Properties) -> Properties:
    letters = "abc"
    return {
        "id": cloud.region,
        "region": cloud.region,
        "names": [f"{cloud.region}{letter}" for letter in letters],
        "zoneIds": [f"{cloud.region}-az{index}" for index, _ in enumerate(letters, 1)],
        "groupNames": [cloud.region],
    }


def _managed_prefix_list(cloud: Cloud, args: Properties) -> Properties:
    """AWS keeps its own lists; the embedded one has none, so that each gets an id by its name."""
    id = f"pl-{hashlib.sha256(args['name'].encode()).hexdigest()[:17]}"
    return {
        "id": id,
        "arn": f"arn:aws:ec2:{cloud.region}:aws:prefix-list/{id}",
        "addressFamily": "IPv4",
        "entries": [],
        "maxEntries": 0,
        "ownerId": "AWS",
        "tags": {},
        "version": 0,
    }


_FUNCTIONS: dict[str, Callable[[Cloud, Properties], Properties]] = {
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": _managed_prefix_list,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _availability_zones,
}
