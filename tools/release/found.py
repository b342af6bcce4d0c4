"""What is in service and what is published, asked of AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

ALIAS = "live"
"""What every function is called by."""
_DESCRIBED_MAX = 10
"""Services that one DescribeServices call takes."""

Clients = Callable[[str], Any]
"""The boto3 client of a service, by its name."""


@dataclass(frozen=True, kw_only=True)
class FunctionVersions:
    """A function: the version its alias names, and those that are published, oldest first."""

    name: str
    serving: int
    shifting: bool
    """whether the alias has weights: a rollout is under way"""
    published: tuple[int, ...]

    @property
    def newest(self) -> int:
        """What a release brings into service."""
        return self.published[-1]

    @property
    def previous(self) -> int | None:
        """What a release is taken back to by hand; None: nothing older is left."""
        older = [version for version in self.published if version < self.serving]
        return older[-1] if older else None


@dataclass(frozen=True, kw_only=True)
class ServiceRevisions:
    """A container service: its task definition, and those of its family, oldest first."""

    cluster: str
    name: str
    serving: str
    registered: tuple[str, ...]

    @property
    def newest(self) -> str:
        """What a release brings into service."""
        return self.registered[-1]

    @property
    def previous(self) -> str | None:
        """What a release is taken back to by hand; None: nothing older is left."""
        older = [arn for arn in self.registered if revision(arn) < revision(self.serving)]
        return older[-1] if older else None


def functions(clients: Clients, prefix: str) -> Iterator[FunctionVersions]:
    """Every function whose name begins with `prefix` and that is called by its alias."""
    client = clients("lambda")
    for page in client.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            name = function["FunctionName"]
            if name.startswith(prefix) and (alias := _alias(client, name)):
                yield FunctionVersions(
                    name=name,
                    serving=int(alias["FunctionVersion"]),
                    shifting=bool(_weights(alias)),
                    published=tuple(sorted(_published(client, name))),
                )


def services(clients: Clients, prefix: str) -> Iterator[ServiceRevisions]:
    """Every active container service whose name begins with `prefix`."""
    client = clients("ecs")
    for clusters in client.get_paginator("list_clusters").paginate():
        for cluster in clusters["clusterArns"]:
            pages = client.get_paginator("list_services").paginate(cluster=cluster)
            arns = [arn for page in pages for arn in page["serviceArns"]]
            for start in range(0, len(arns), _DESCRIBED_MAX):
                some = arns[start : start + _DESCRIBED_MAX]
                for found in client.describe_services(cluster=cluster, services=some)["services"]:
                    if found["serviceName"].startswith(prefix) and found["status"] == "ACTIVE":
                        yield _revisions(client, cluster, found)


def revision(arn: str) -> int:
    """The number at the end of a task definition's ARN."""
    return int(arn.rpartition(":")[2])


def _revisions(client: Any, cluster: str, found: dict[str, Any]) -> ServiceRevisions:
    serving = found["taskDefinition"]
    family = serving.rpartition("/")[2].rpartition(":")[0]
    pages = client.get_paginator("list_task_definitions").paginate(familyPrefix=family)
    arns = (arn for page in pages for arn in page["taskDefinitionArns"])
    own = [arn for arn in arns if arn.rpartition("/")[2].rpartition(":")[0] == family]
    return ServiceRevisions(
        cluster=cluster,
        name=found["serviceName"],
        serving=serving,
        registered=tuple(sorted(own, key=revision)),
    )


def _alias(client: Any, function: str) -> dict[str, Any] | None:
    for page in client.get_paginator("list_aliases").paginate(FunctionName=function):
        for alias in page["Aliases"]:
            if alias["Name"] == ALIAS:
                return dict(alias)
    return None


def _weights(alias: dict[str, Any]) -> dict[str, float]:
    return alias.get("RoutingConfig", {}).get("AdditionalVersionWeights") or {}


def _published(client: Any, function: str) -> Iterator[int]:
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    for page in pages:
        yield from (int(each["Version"]) for each in page["Versions"] if each["Version"].isdigit())
