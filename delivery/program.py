"""The composition root of the tools account: what builds the shop, and delivers it."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.blocks.grants import Grant, Statement
from components.blocks.guests import role_arn
from components.delivery.access import Access, AccessArgs, account_provider
from components.delivery.build import Build, BuildArgs, Machine
from components.delivery.foundation import Foundation, FoundationArgs
from components.delivery.pipeline import Delivered, DeliveredArgs
from components.delivery.pipelines import all_pipelines
from components.delivery.plan import Step
from components.delivery.registry import Registry, RegistryArgs
from components.delivery.schedule import TimedStart, TimedStartArgs
from components.delivery.steps import all_steps
from components.naming import Scope
from delivery.settings import STAGES, StageSettings, ToolsSettings, load


def deliver() -> None:
    """Register everything of the tools account, and the delivery's roles in the others."""
    config = load()
    scope = Scope(
        project=config.delivery.project,
        environment=pulumi.get_stack(),
        cost_center=config.delivery.cost_center,
        service="delivery",
    )
    stages = {stage: getattr(config, stage) for stage in STAGES}
    foundation = _create_foundation(scope, config, stages)
    images = _create_registry(scope, config, foundation, stages)
    builds = _create_builds(scope, config, foundation, images)
    for stage, settings in stages.items():
        _create_access(scope, config, foundation, builds, stage, settings)
    _create_pipelines(scope, config, foundation, builds)
    pulumi.export("state_bucket", foundation.state.name)
    pulumi.export("image_repository", images.url)
    pulumi.export("connection_arn", foundation.connection.arn)
    for stage in STAGES:
        pulumi.export(f"{stage}_backend", foundation.backend(stage))


def _create_foundation(
    scope: Scope, config: ToolsSettings, stages: Mapping[str, StageSettings]
) -> Foundation:
    return Foundation(
        "foundation",
        FoundationArgs(
            scope=scope,
            region=config.aws.region,
            accounts={stage: settings.account_id for stage, settings in stages.items()},
            comment_token_arn=config.source.comment_token_arn,
            alarm_email=config.delivery.alarm_email,
            log_retention_days=config.delivery.log_retention_days,
            artifacts_expire_days=config.artifacts.expire_days,
            noncurrent_days=config.artifacts.noncurrent_days,
            key_rotation_days=config.keys.rotation_days,
            key_deletion_days=config.keys.deletion_window_days,
            deletion_protected=config.delivery.deletion_protected,
        ),
    )


def _create_registry(
    scope: Scope,
    config: ToolsSettings,
    foundation: Foundation,
    stages: Mapping[str, StageSettings],
) -> Registry:
    return Registry(
        "images",
        RegistryArgs(
            scope=scope,
            service="inventory",
            key=foundation.key("trusted"),
            accounts=[settings.account_id for settings in stages.values()],
            images_kept=config.artifacts.images_kept,
            deletion_protected=config.delivery.deletion_protected,
        ),
    )


def _create_builds(
    scope: Scope, config: ToolsSettings, foundation: Foundation, images: Registry
) -> dict[str, Build]:
    """Every step's project, by the step's name."""
    machine = Machine(**vars(config.builds))
    token = config.source.comment_token_arn
    grants = {
        "push-image": images.grant_push(),
        "write-repository": foundation.grant_push(config.source.repository),
        "comment": _grant_comment(token, config.source.repository),
        "watch": foundation.grant_watch(config.pipelines.stuck_minutes),
    }
    return {
        name: Build(
            f"step-{name}",
            BuildArgs(
                scope=scope,
                step=step,
                foundation=foundation,
                machine=machine,
                repository=config.source.repository,
                takes=_taken(scope, config, step),
                grants=[grants[ability] for ability in step.abilities],
            ),
        )
        for name, step in all_steps(STAGES, comments=bool(token)).items()
    }


def _grant_comment(token_arn: str, repository: str) -> Grant:
    """Read the token by which pull requests are commented."""
    read = Statement(
        sid="Token", actions=("secretsmanager:GetSecretValue",), resources=(token_arn,)
    )
    return Grant(
        statements=(read,), environment={"COMMENT_TOKEN": token_arn, "REPOSITORY": repository}
    )


def _taken(scope: Scope, config: ToolsSettings, step: Step) -> str | None:
    """The role that a step takes in its environment's account; its name is known beforehand."""
    if step.stage is None or step.access is None:
        return None
    account = getattr(config, step.stage).account_id
    name = scope.at(step.stage, "delivery").physical("role", step.access)
    return role_arn(account, name)


def _create_access(
    scope: Scope,
    config: ToolsSettings,
    foundation: Foundation,
    builds: Mapping[str, Build],
    stage: str,
    settings: StageSettings,
) -> None:
    callers: dict[str, list[str]] = {"look": [], "deploy": []}
    for build in builds.values():
        if build.step.stage == stage and build.step.access:
            callers[build.step.access].append(build.role_name)
    provider = account_provider(
        f"{stage}-account", settings.account_id, settings.admin_role, config.aws.region
    )
    Access(
        f"{stage}-access",
        AccessArgs(
            scope=scope.at(stage, "delivery"),
            account_id=settings.account_id,
            region=config.aws.region,
            foundation=foundation,
            callers=callers,
        ),
        pulumi.ResourceOptions(provider=provider),
    )


def _create_pipelines(
    scope: Scope, config: ToolsSettings, foundation: Foundation, builds: Mapping[str, Build]
) -> None:
    when = {
        "nightly": config.pipelines.drift_schedule,
        "hourly": config.pipelines.watch_schedule,
    }
    for plan in all_pipelines(STAGES, comments=bool(config.source.comment_token_arn)):
        pipeline = Delivered(
            f"pipeline-{plan.name}",
            DeliveredArgs(
                scope=scope,
                plan=plan,
                builds=builds,
                foundation=foundation,
                repository=config.source.repository,
                branch=config.source.branch,
                approval_minutes=config.pipelines.approval_minutes,
            ),
        )
        if plan.schedule:
            _schedule(scope, foundation, plan.name, when[plan.schedule], pipeline)


def _schedule(
    scope: Scope, foundation: Foundation, role: str, expression: str, pipeline: Delivered
) -> None:
    TimedStart(
        f"schedule-{role}",
        TimedStartArgs(
            scope=scope,
            role=role,
            boundary=foundation.boundary,
            expression=expression,
            pipeline_arn=pipeline.arn,
        ),
    )
