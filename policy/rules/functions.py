"""Functions and logs: current, traced, alone with their role, and without secrets in the open."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from pulumi_policy.proxy import UnknownValueError

from policy.rule import ALWAYS, CRITICAL, DOCS, HIGH, IN_PROD, LOW, MEDIUM, Case, rule
from policy.rules.statements import is_source
from policy.rules.types import FUNCTION, INTEGRATION, LOG_GROUP, PERMISSION, ROLE
from policy.unknowns import not_judged

_GUIDE = f"{DOCS}lambda/latest/dg/"
_TIMEOUT_DEFAULT = 3
_INTEGRATION_DEFAULT_MS = 30_000
RUNTIME_ENDS = {
    "nodejs18.x": "2025-09-01",
    "nodejs20.x": "2026-04-30",
    "nodejs22.x": "2027-04-30",
    "nodejs24.x": "2028-04-30",
    "python3.9": "2025-12-15",
    "python3.10": "2026-10-31",
    "python3.11": "2027-06-30",
    "python3.12": "2028-10-31",
    "python3.13": "2029-06-30",
    "python3.14": "2029-06-30",
}
"""The day on which AWS deprecates a runtime, as its documentation said in November 2026."""
SECRET_NAME = re.compile(r"(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|CREDENTIAL)")
SECRET_VALUE = re.compile(r"(AKIA|ASIA)[A-Z0-9]{16}|sk_live_|-----BEGIN|://[^/:@\s]+:[^/@\s]+@")
_NAMES_WHERE = re.compile(r"_(ARN|NAME|ID|URL|PATH|SECONDS|MINUTES)$")


@rule(
    FUNCTION,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Move to a runtime that AWS supports, and test with it.",
    reference=f"{_GUIDE}lambda-runtimes.html",
    today="",
)
def function_runtime_supported(case: Case) -> Iterator[str]:
    """A function's runtime still gets security updates (`today` may name another day)."""
    if case.props.text("packageType") == "Image":
        return
    runtime = case.props.text("runtime")
    end = RUNTIME_ENDS.get(runtime or "")
    if end is None:
        yield f"runtime is {runtime}, must be one of {', '.join(RUNTIME_ENDS)}"
    elif end <= (case.settings["today"] or datetime.date.today().isoformat()):
        yield f"runtime is {runtime}, deprecated since {end}"


@rule(
    FUNCTION,
    severity=LOW,
    levels=IN_PROD,
    remedy="Set architectures to arm64, and build the packages for it.",
    reference=f"{_GUIDE}foundation-arch.html",
)
def function_arm64(case: Case) -> Iterator[str]:
    """A function runs on Graviton, which does the same for a fifth less."""
    architectures = case.props.texts("architectures")
    if architectures != ["arm64"]:
        yield f"architectures is {architectures}"


@rule(
    INTEGRATION,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Shorten the function's timeout to what its caller waits for.",
    reference=f"{DOCS}apigateway/latest/developerguide/http-api-quotas.html",
    whole_stack=True,
)
def function_timeout_within_caller(case: Case) -> Iterator[str]:
    """A function does not work on for a caller that has long been told of a timeout."""
    for function in case.stack.sources(case.resource, "integrationUri", FUNCTION):
        waits = case.props.number("timeoutMilliseconds")
        limit = (_INTEGRATION_DEFAULT_MS if waits is None else waits) / 1000
        set_to = function.props.number("timeout")
        timeout = _TIMEOUT_DEFAULT if set_to is None else set_to
        if timeout > limit:
            yield f"{function.name} may take {timeout:.0f} s, its caller waits {limit:.0f} s"
    if ":lambda:" in case.stack.unresolved(case.resource, "integrationUri"):
        raise not_judged("integrationUri")


@rule(
    FUNCTION,
    severity=LOW,
    levels=IN_PROD,
    remedy="Set tracingConfig.mode to Active.",
    reference=f"{_GUIDE}services-xray.html",
)
def function_tracing(case: Case) -> Iterator[str]:
    """A slow request can be followed through its functions."""
    mode = case.props.text("tracingConfig.mode")
    if mode != "Active":
        yield f"tracingConfig.mode is {mode}"


@rule(
    LOG_GROUP,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Set retentionInDays; 0 keeps logs for ever.",
    reference=f"{DOCS}AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
)
def log_retention(case: Case) -> Iterator[str]:
    """Logs are kept for a time that somebody chose."""
    days = case.props.number("retentionInDays")
    if days is None or days < 1:
        yield f"retentionInDays is {days}"


@rule(
    FUNCTION,
    severity=CRITICAL,
    levels=ALWAYS,
    remedy="Keep the value in Secrets Manager, and pass its ARN.",
    reference=f"{_GUIDE}configuration-envvars.html",
)
def function_no_secrets(case: Case) -> Iterator[str]:
    """No secret stands in an environment variable, where every reader of the function sees it."""
    variables = case.props.part("environment.variables")
    unknown: UnknownValueError | None = None
    for name in variables.names():
        try:
            value = variables.text_named(name) or ""
        except UnknownValueError as error:
            unknown = error
            continue
        if looks_secret(name, value):
            yield f"the variable {name} looks like a secret"
    if unknown:
        raise unknown


@rule(
    FUNCTION,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Give each function a role of its own.",
    reference=f"{_GUIDE}lambda-intro-execution-role.html",
    whole_stack=True,
)
def function_own_role(case: Case) -> Iterator[str]:
    """No function may do what only another one needs."""
    for role in case.stack.sources(case.resource, "role", ROLE):
        others = [
            user.name
            for user in case.stack.users(role, "role", FUNCTION)
            if user.urn != case.resource.urn
        ]
        if others:
            yield f"{role.name} is also the role of {', '.join(others)}"


@rule(
    PERMISSION,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Set sourceArn to the caller's ARN, or sourceAccount to its account.",
    reference=f"{_GUIDE}access-control-resource-based.html",
)
def function_permission_source(case: Case) -> Iterator[str]:
    """A service invokes a function for our resources alone; nobody is `*`."""
    principal = case.props.text("principal")
    if not principal or principal == "*":
        yield f"principal is {principal}"
    elif principal.endswith(".amazonaws.com"):
        named = [case.props.text(name) or "" for name in ("sourceArn", "sourceAccount")]
        if not any(map(is_source, named)):
            yield f"{principal} may invoke the function for anybody: its source is {named}"


def looks_secret(name: str, value: str) -> bool:
    """Whether a variable's name or value is that of a secret, and not of where one is kept."""
    if SECRET_VALUE.search(value):
        return True
    named = SECRET_NAME.search(name.upper()) and not _NAMES_WHERE.search(name.upper())
    return bool(named and value and not value.startswith("arn:"))
