"""What the tools account decides: one frozen dataclass for each configuration namespace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from settings.model import AwsSettings, RetentionDays
from settings.reading import read
from settings.rules import Contradiction, between, matching, one_of

STAGES = ("dev", "prod")
"""The environments that are delivered to, in order; the last needs a person's word."""
AccountId = Annotated[str, matching(r"\d{12}", "an account's twelve digits")]
RoleName = Annotated[str, matching(r"[\w+=,.@-]{1,64}", "the name of a role")]
_SCHEDULE = r"cron\([^()]+\)|rate\(\d+ (minutes?|hours?|days?)\)"
Schedule = Annotated[str, matching(_SCHEDULE, "EventBridge's cron(...) or rate(...)")]
_TOKEN = r"|arn:aws[a-z-]*:secretsmanager:\S+"  # noqa: S105 - a pattern
_IMAGE = r"[a-z0-9][\w./:@-]{1,254}"


@dataclass(frozen=True, kw_only=True)
class DeliverySettings:
    """What all of it shares."""

    project: Annotated[str, matching(r"[a-z][a-z0-9-]{1,30}", "the shop's Pulumi project")]
    cost_center: Annotated[str, matching(r"[a-z0-9-]{1,64}", "1 to 64 of a-z, 0-9 and -")]
    alarm_email: Annotated[str, matching(r"|[^@\s]+@[^@\s]+\.[^@\s]+", "an address or empty")]
    log_retention_days: RetentionDays
    deletion_protected: bool


@dataclass(frozen=True, kw_only=True)
class KeysSettings:
    """The keys of states, secrets, artifacts and images."""

    rotation_days: Annotated[int, between(90, 2560)]
    deletion_window_days: Annotated[int, between(7, 30)]


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """The repository that is delivered."""

    repository: Annotated[str, matching(r"[\w.-]+/[\w.-]+", "<owner>/<name>")]
    branch: Annotated[str, matching(r"[\w./-]{1,255}", "a branch")]
    comment_token_arn: Annotated[str, matching(_TOKEN, "the ARN of a secret, or empty")]


@dataclass(frozen=True, kw_only=True)
class ArtifactsSettings:
    """How long what builds leave is kept."""

    expire_days: Annotated[int, between(7, 3650)]
    noncurrent_days: Annotated[int, between(7, 3650)]
    images_kept: Annotated[int, between(10, 1000)]


@dataclass(frozen=True, kw_only=True)
class BuildsSettings:
    """The machine that steps run on."""

    image: Annotated[str, matching(_IMAGE, "an image")]
    compute: Annotated[
        str, one_of("BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE")
    ]
    timeout_minutes: Annotated[int, between(5, 2160)]
    queued_minutes: Annotated[int, between(5, 480)]


@dataclass(frozen=True, kw_only=True)
class PipelinesSettings:
    """How long pipelines wait, and when those start that nobody starts."""

    approval_minutes: Annotated[int, between(5, 86_400)]
    stuck_minutes: Annotated[int, between(5, 100_000)]
    drift_schedule: Schedule
    watch_schedule: Schedule


@dataclass(frozen=True, kw_only=True)
class StageSettings:
    """An account that is delivered to, and the role that makes the delivery's roles there."""

    account_id: AccountId
    admin_role: RoleName


@dataclass(frozen=True, kw_only=True)
class ToolsSettings:
    """One section per namespace."""

    aws: AwsSettings
    delivery: DeliverySettings
    keys: KeysSettings
    source: SourceSettings
    artifacts: ArtifactsSettings
    builds: BuildsSettings
    pipelines: PipelinesSettings
    dev: StageSettings
    prod: StageSettings


def _stage_contradictions(dev: StageSettings, prod: StageSettings) -> Iterator[str]:
    if dev.account_id == prod.account_id:
        yield (
            f"prod:account_id = {prod.account_id!r}: must not be dev's, or dev's roles reach "
            f"prod; give prod an account of its own"
        )


def _pipelines_contradictions(
    pipelines: PipelinesSettings, builds: BuildsSettings
) -> Iterator[str]:
    longest = pipelines.approval_minutes + builds.timeout_minutes
    if pipelines.stuck_minutes < longest:
        yield (
            f"pipelines:stuck_minutes = {pipelines.stuck_minutes}: must be at least {longest}, "
            f"an approval and a build, or a pipeline that waits for a person counts as stuck; "
            f"raise it"
        )


CONTRADICTIONS: tuple[Contradiction, ...] = (
    (_stage_contradictions, ("dev", "prod")),
    (_pipelines_contradictions, ("pipelines", "builds")),
)


def load() -> ToolsSettings:
    """Read the selected stack's configuration; raises SettingsError with every problem."""
    return read(ToolsSettings, CONTRADICTIONS)
