"""Containers: unprivileged, unchanging, and rolled back when they do not start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policy.reading import Reader, WrongTypeError
from policy.rule import ALWAYS, CRITICAL, DOCS, HIGH, IN_PROD, MEDIUM, Case, rule
from policy.rules.functions import looks_secret
from policy.rules.types import SERVICE, TASK

_GUIDE = f"{DOCS}AmazonECS/latest/developerguide/"
_SECURITY = f"{_GUIDE}security-tasks-containers.html"
_ROOT = re.compile(r"root|[+-]?0+|")
_BY_DIGEST = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")


@rule(
    TASK,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Set user to the number of a user without rights.",
    reference=_SECURITY,
)
def container_non_root(case: Case) -> Iterator[str]:
    """Who breaks out of the process is not root."""
    for container in _containers(case):
        user = container.text("user")
        if not user or _ROOT.fullmatch(user.partition(":")[0]):
            yield f"user of container {container.text('name')} is {user}"


@rule(
    TASK,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Set readonlyRootFilesystem to true, and mount what must be written.",
    reference=_SECURITY,
)
def container_read_only(case: Case) -> Iterator[str]:
    """Nobody leaves anything behind in a container."""
    for container in _containers(case):
        if not container.flag("readonlyRootFilesystem"):
            yield f"readonlyRootFilesystem of container {container.text('name')} is not true"


@rule(
    TASK,
    severity=CRITICAL,
    levels=ALWAYS,
    remedy="Remove privileged and the added capabilities.",
    reference=_SECURITY,
)
def container_unprivileged(case: Case) -> Iterator[str]:
    """A container has no rights over its host."""
    for container in _containers(case):
        name = container.text("name")
        if container.flag("privileged"):
            yield f"container {name} is privileged"
        if added := container.texts("linuxParameters.capabilities.add"):
            yield f"container {name} adds the capabilities {', '.join(added)}"


@rule(
    TASK,
    severity=MEDIUM,
    levels=IN_PROD,
    remedy="Name the image by digest: repository@sha256:...",
    reference=f"{_GUIDE}container-considerations.html",
)
def container_image_digest(case: Case) -> Iterator[str]:
    """What was tested is what runs: nobody can move a digest to another image."""
    for container in _containers(case):
        image = container.text("image") or ""
        if not _BY_DIGEST.fullmatch(image):
            yield f"image of container {container.text('name')} is {image!r}"


@rule(
    TASK,
    severity=CRITICAL,
    levels=ALWAYS,
    remedy="Pass it through secrets, with the ARN of a secret as valueFrom.",
    reference=f"{_GUIDE}specifying-sensitive-data.html",
)
def container_no_secrets(case: Case) -> Iterator[str]:
    """No secret stands in a task definition, where every reader of the service sees it."""
    for container in _containers(case):
        for variable in container.parts("environment"):
            name = variable.text("name") or ""
            if looks_secret(name, variable.text("value") or ""):
                yield f"the variable {name} looks like a secret"


@rule(
    SERVICE,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Set deploymentCircuitBreaker.enable and .rollback to true, or alarms that roll back.",
    reference=f"{_GUIDE}deployment-circuit-breaker.html",
)
def service_circuit_breaker(case: Case) -> Iterator[str]:
    """A release that does not start is rolled back, not tried for ever."""
    for holder in ("deploymentCircuitBreaker", "alarms"):
        part = case.props.part(holder)
        if part.flag("enable") and part.flag("rollback"):
            return
    yield "neither deploymentCircuitBreaker nor alarms roll a failed deployment back"


@rule(
    SERVICE,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Set networkConfiguration.assignPublicIp to false, and use private subnets.",
    reference=f"{_GUIDE}security-network.html",
)
def service_no_public_address(case: Case) -> Iterator[str]:
    """A task cannot be reached from the internet past the load balancer."""
    if case.props.flag("networkConfiguration.assignPublicIp"):
        yield "networkConfiguration.assignPublicIp is True"


def _containers(case: Case) -> list[Reader]:
    found = case.props.documents("containerDefinitions")
    if not found:
        raise WrongTypeError("containerDefinitions is empty")
    return found
