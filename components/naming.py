"""Physical names and tags: pure, and the only place that makes either."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

LIMITS: Mapping[str, int] = {
    "alarm": 255,
    "anomaly_monitor": 1024,
    "anomaly_subscription": 1024,
    "api": 128,
    "authorizer": 128,
    "bucket_prefix": 36,
    "build": 255,
    "connection": 32,
    "backup_plan": 50,
    "backup_selection": 50,
    "backup_vault": 50,
    "budget": 100,
    "cluster": 255,
    "dashboard": 255,
    "database": 63,
    "database_parameters": 255,
    "database_proxy": 63,
    "database_subnets": 255,
    "function": 64,
    "distribution": 128,
    "key_alias": 250,
    "kubernetes_cluster": 100,
    "load_balancer": 32,
    "log_group": 512,
    "log_delivery": 60,
    "mesh_listener": 63,
    "mesh_rule": 63,
    "mesh_service": 40,
    "mesh_target_group": 128,
    "notification_rule": 64,
    "origin_access_control": 64,
    "pipeline": 100,
    "policy": 128,
    "queue": 80,
    "response_headers_policy": 128,
    "role": 64,
    "rule": 64,
    "saved_query": 255,
    "scaling_policy": 256,
    "secret": 512,
    "security_group": 255,
    "service_network": 63,
    "table": 255,
    "target_group": 32,
    "task_family": 255,
    "task_service": 255,
    "topic": 256,
    "user_pool": 128,
    "user_pool_client": 128,
    "user_pool_domain": 63,
    "vpc_link": 128,
    "web_acl": 128,
}
"""Longest name AWS accepts, in characters, by kind (AWS service quotas)."""

_DIGEST = 6
_WORDS = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class UnknownKindError(KeyError):
    """A name was asked for a kind whose limit is not known."""


class UnusableNameError(ValueError):
    """A project, environment or service cannot stand in every kind of name."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Where a resource belongs: names and tags follow from it."""

    project: str
    environment: str
    cost_center: str
    service: str

    def __post_init__(self) -> None:
        """Raises UnusableNameError for what some AWS service refuses: capitals, dots, `_`, `--`."""
        for part in ("project", "environment", "service"):
            value = getattr(self, part)
            if not _WORDS.fullmatch(value):
                raise UnusableNameError(
                    f"{part} = {value!r}: must be lower-case letters and digits in words joined "
                    f"by single hyphens, first a letter, as load balancers and databases ask; "
                    f"rename it"
                )

    def physical(self, kind: str, role: str = "") -> str:
        """`<project>-<environment>-<service>[-<role>]`, shortened to the limit of `kind`.

        A shortened name ends in a digest of the whole one, so two names never meet.
        Raises UnknownKindError for a kind that is not in `LIMITS`.
        """
        if kind not in LIMITS:
            raise UnknownKindError(f"{kind!r} has no known name limit; add it to LIMITS")
        parts = (self.project, self.environment, self.service, role)
        return shorten("-".join(part for part in parts if part), LIMITS[kind])

    def pattern(self, kind: str) -> str:
        """What every `physical` name of `kind` in the environment matches, whichever service's.

        Raises UnknownKindError for a kind that is not in `LIMITS`.
        """
        if kind not in LIMITS:
            raise UnknownKindError(f"{kind!r} has no known name limit; add it to LIMITS")
        prefix = f"{self.project}-{self.environment}-"
        kept = LIMITS[kind] - _DIGEST - 1
        return f"{prefix if len(prefix) <= kept else prefix[:kept].rstrip('-')}*"

    @property
    def private_domain(self) -> str:
        """The domain that only the environment's own network resolves."""
        return f"{self.environment}.{self.project}.internal"

    @property
    def tags(self) -> dict[str, str]:
        """The tags that every resource carries."""
        return {
            "project": self.project,
            "environment": self.environment,
            "service": self.service,
            "cost-center": self.cost_center,
            "managed-by": "pulumi",
        }

    def at(self, environment: str, service: str) -> Scope:
        """Another environment of the project."""
        return Scope(
            project=self.project,
            environment=environment,
            cost_center=self.cost_center,
            service=service,
        )

    def of(self, service: str) -> Scope:
        """The same environment, for another service."""
        return self.at(self.environment, service)


def shorten(name: str, limit: int) -> str:
    """`name` where it fits in `limit` characters, else its start and a digest of the whole."""
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST]
    return f"{name[: limit - _DIGEST - 1].rstrip('-')}-{digest}"


def account_of(arn: str) -> str:
    """The account id in an ARN."""
    return arn.split(":")[4]


def partition_of(arn: str) -> str:
    """The partition in an ARN: `aws`, `aws-cn`, `aws-us-gov`."""
    return arn.split(":")[1]


def prefix_of(arn: str, service: str) -> str:
    """How ARNs of `service` begin in the partition, region and account of `arn`."""
    _, partition, _, region, account = arn.split(":")[:5]
    return f"arn:{partition}:{service}:{region}:{account}"


def image_repository(project: str, service: str) -> str:
    """The name of the ECR repository that holds a service's images, for all environments."""
    return f"{project}/{service}"


def image_repository_arn(image: str) -> str:
    """The ECR repository of `<account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:<digest>`.

    An image that is not in ECR has no repository to be granted: the ARN then names none.
    """
    registry, _, rest = image.partition("/")
    labels = registry.split(".")
    if len(labels) < 4 or labels[1:3] != ["dkr", "ecr"]:
        return f"arn:aws:ecr:*:*:repository/{image.partition('@')[0]}"
    return f"arn:aws:ecr:{labels[3]}:{labels[0]}:repository/{rest.partition('@')[0]}"
