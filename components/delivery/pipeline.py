"""A pipeline as CodePipeline V2: its role, stages, notifications and alarm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import AlarmSpec, create_alarms
from components.blocks.grants import Statement
from components.blocks.roles import Role, RoleArgs, create_role
from components.delivery.build import Build
from components.delivery.foundation import Foundation
from components.delivery.plan import BASE, SOURCE, Action, Pipeline, Stage, Trigger
from components.naming import Scope

_EVENTS = tuple(
    f"codepipeline-pipeline-{event}"
    for event in (
        "manual-approval-needed",
        "pipeline-execution-failed",
        "stage-execution-failed",
    )
)
_BUILDS = ("codebuild:BatchGetBuilds", "codebuild:StartBuild")
_ARTIFACTS = ("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject")


@dataclass(frozen=True, kw_only=True)
class DeliveredArgs:
    """Arguments of `Delivered`."""

    scope: Scope
    """names and tags"""
    plan: Pipeline
    """what it does"""
    builds: Mapping[str, Build]
    """every step's project, by the step's name"""
    foundation: Foundation
    repository: str
    """`<owner>/<name>` of the repository"""
    branch: str
    """the branch that is delivered"""
    approval_minutes: int
    """until an approval that nobody gives is refused"""


class Delivered(pulumi.ComponentResource):
    """The stages of a plan, after its source."""

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: DeliveredArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:delivery:Delivered", name, {}, opts)
        self._name = name
        self._args = args
        self._role = self._create_role()
        self.pipeline = self._create_pipeline()
        self.arn = self.pipeline.arn
        self._create_notifications()
        self._create_alarm()
        self.register_outputs({"arn": self.arn})

    def _create_role(self) -> Role:
        args = self._args
        foundation, trust = args.foundation, args.plan.trust
        projects = tuple(args.builds[step].arn for step in args.plan.steps)
        objects = pulumi.Output.concat(foundation.artifacts(trust).arn, "/*")
        statements = [
            Statement(sid="Builds", actions=_BUILDS, resources=projects),
            Statement(sid="Artifacts", actions=_ARTIFACTS, resources=(objects,)),
            Statement(
                sid="ArtifactsKey",
                actions=("kms:Decrypt", "kms:GenerateDataKey"),
                resources=(foundation.key(trust).arn,),
            ),
            Statement(
                sid="Source",
                actions=("codeconnections:UseConnection",),
                resources=(foundation.connection.arn,),
            ),
        ]
        return create_role(
            self,
            self._name,
            RoleArgs(
                scope=args.scope,
                role=f"pipeline-{args.plan.name}",
                taken_by="codepipeline.amazonaws.com",
                boundary=foundation.boundary,
                statements=statements,
            ),
        )

    def _create_pipeline(self) -> aws.codepipeline.Pipeline:
        args, plan = self._args, self._args.plan
        trigger = [self._trigger(plan.trigger)] if plan.trigger else None
        return aws.codepipeline.Pipeline(
            f"{self._name}-pipeline",
            name=args.scope.physical("pipeline", plan.name),
            pipeline_type="V2",
            execution_mode=plan.mode,
            role_arn=self._role.arn,
            artifact_stores=[
                {
                    "type": "S3",
                    "location": args.foundation.artifacts(plan.trust).name,
                    "encryption_key": {
                        "type": "KMS",
                        "id": args.foundation.key(plan.trust).arn,
                    },
                }
            ],
            triggers=trigger,
            stages=[self._source(), *(self._stage(stage) for stage in plan.stages)],
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._role.policy]),
        )

    def _trigger(self, trigger: Trigger) -> aws.codepipeline.PipelineTriggerArgsDict:
        paths: aws.codepipeline.PipelineTriggerGitConfigurationPushFilePathsArgsDict = {}
        if trigger.includes:
            paths["includes"] = list(trigger.includes)
        if trigger.excludes:
            paths["excludes"] = list(trigger.excludes)
        branches = [self._args.branch]
        watched: aws.codepipeline.PipelineTriggerGitConfigurationArgsDict = {
            "source_action_name": "Source"
        }
        if trigger.event == "push":
            watched["pushes"] = [{"branches": {"includes": branches}, "file_paths": paths}]
        else:
            watched["pull_requests"] = [
                {
                    "events": ["OPEN", "UPDATED"],
                    "branches": {"includes": branches},
                    "file_paths": {"excludes": list(trigger.excludes)},
                }
            ]
        return {"provider_type": "CodeStarSourceConnection", "git_configuration": watched}

    def _source(self) -> aws.codepipeline.PipelineStageArgsDict:
        """The commit; with its history only for those whose code is trusted."""
        trusted = self._args.plan.trust == "trusted"
        actions = [
            self._fetched("Source", SOURCE, "CODEBUILD_CLONE_REF" if trusted else "CODE_ZIP")
        ]
        if not trusted:
            actions.append(self._fetched("Base", BASE, "CODE_ZIP"))
        return {"name": "Source", "actions": actions}

    def _fetched(
        self, name: str, artifact: str, form: str
    ) -> aws.codepipeline.PipelineStageActionArgsDict:
        return {
            "name": name,
            "namespace": name,
            "category": "Source",
            "owner": "AWS",
            "provider": "CodeStarSourceConnection",
            "version": "1",
            "output_artifacts": [artifact],
            "configuration": {
                "ConnectionArn": self._args.foundation.connection.arn,
                "FullRepositoryId": self._args.repository,
                "BranchName": self._args.branch,
                "OutputArtifactFormat": form,
                "DetectChanges": "false",
            },
        }

    def _stage(self, stage: Stage) -> aws.codepipeline.PipelineStageArgsDict:
        on_failure: dict[str, aws.codepipeline.PipelineStageOnFailureArgsDict] = {
            "retry": {
                "result": "RETRY",
                "retry_configuration": {"retry_mode": "FAILED_ACTIONS"},
            },
            "rollback": {"result": "ROLLBACK"},
        }
        made: aws.codepipeline.PipelineStageArgsDict = {
            "name": stage.name,
            "actions": [self._action(action) for action in stage.actions],
        }
        if stage.failure in on_failure:
            made["on_failure"] = on_failure[stage.failure]
        return made

    def _action(self, action: Action) -> aws.codepipeline.PipelineStageActionArgsDict:
        if action.step is None:
            return self._approval(action)
        return {
            "name": action.name,
            "category": "Build",
            "owner": "AWS",
            "provider": "CodeBuild",
            "version": "1",
            "run_order": action.order,
            "input_artifacts": list(action.reads),
            "output_artifacts": list(action.writes),
            "configuration": self._configuration(action, action.step),
        }

    def _configuration(self, action: Action, step: str) -> dict[str, str]:
        told = [
            {"name": name, "value": value, "type": "PLAINTEXT"}
            for name, value in sorted(action.environment.items())
        ]
        project = {"ProjectName": self._args.builds[step].project_name}
        primary = {"PrimarySource": action.reads[0]} if len(action.reads) > 1 else {}
        environment = {"EnvironmentVariables": json.dumps(told)} if told else {}
        return project | primary | environment

    def _approval(self, action: Action) -> aws.codepipeline.PipelineStageActionArgsDict:
        return {
            "name": action.name,
            "category": "Approval",
            "owner": "AWS",
            "provider": "Manual",
            "version": "1",
            "run_order": action.order,
            "timeout_in_minutes": self._args.approval_minutes,
            "configuration": {
                "CustomData": "The plan and the report are artifacts of the stage before."
            },
        }

    def _create_notifications(self) -> None:
        aws.codestarnotifications.NotificationRule(
            f"{self._name}-notifications",
            name=self._args.scope.physical("notification_rule", self._args.plan.name),
            detail_type="FULL",
            event_type_ids=list(_EVENTS),
            resource=self.arn,
            targets=[{"type": "SNS", "address": self._args.foundation.alarms.arn}],
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_alarm(self) -> None:
        """A pull request that fails is its author's business alone."""
        if self._args.plan.trust == "untrusted":
            return
        red = AlarmSpec(
            role=f"{self._args.plan.name}-red",
            description=f"An execution of the pipeline {self._args.plan.name} has failed.",
            runbook=self._args.plan.runbook,
            namespace="AWS/CodePipeline",
            metric="FailedPipelineExecutions",
            dimensions={"PipelineName": self.pipeline.name},
            statistic="Sum",
            threshold=0,
            period=300,
        )
        topic = self._args.foundation.alarms.arn
        create_alarms(self, self._name, self._args.scope, [red], topic)
