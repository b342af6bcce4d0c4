"""A step as a CodeBuild project, with a role that may do exactly what its commands call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.grants import WRITE_LOGS, Grant, Statement
from components.blocks.roles import Role, RoleArgs, create_role
from components.delivery.foundation import Foundation
from components.delivery.plan import Step
from components.naming import Scope

BUILDSPECS = "delivery/buildspecs"
_REPORTS = (
    "codebuild:BatchPutCodeCoverages",
    "codebuild:BatchPutTestCases",
    "codebuild:CreateReport",
    "codebuild:CreateReportGroup",
    "codebuild:UpdateReport",
)
_ARTIFACTS = ("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject")
_PULL = "GitPull"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What every step runs on."""

    image: str
    """image with Python, make, git and Docker's client"""
    compute: str
    """CodeBuild's name of the size"""
    timeout_minutes: int
    """until a build is ended"""
    queued_minutes: int
    """until a build that finds no machine is given up"""


@dataclass(frozen=True, kw_only=True)
class BuildArgs:
    """Arguments of `Build`."""

    scope: Scope
    """names and tags"""
    step: Step
    """what it does"""
    foundation: Foundation
    machine: Machine
    repository: str
    """`<owner>/<name>` of the repository"""
    takes: str | None = None
    """ARN of the role of another account that its commands take"""
    grants: Sequence[Grant] = ()
    """what it does in the tools account itself"""


class Build(pulumi.ComponentResource):
    """Its commands are the buildspec's; what they are told is its environment."""

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: BuildArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:delivery:Build", name, {}, opts)
        self._name = name
        self._args = args
        self.role_name = args.scope.physical("role", args.step.name)
        self._role = self._create_role()
        self.project = self._create_project()
        self.arn = self.project.arn
        self.register_outputs({"arn": self.arn})

    @property
    def step(self) -> Step:
        """What it does."""
        return self._args.step

    @property
    def project_name(self) -> str:
        """The project's physical name."""
        return self._args.scope.physical("build", self._args.step.name)

    def _create_role(self) -> Role:
        args = self._args
        return create_role(
            self,
            self._name,
            RoleArgs(
                scope=args.scope,
                role=args.step.name,
                taken_by="codebuild.amazonaws.com",
                boundary=args.foundation.boundary,
                statements=[
                    *self._own(),
                    *self._source(),
                    *self._elsewhere(),
                    *(entry for grant in args.grants for entry in grant.statements),
                ],
            ),
        )

    def _own(self) -> tuple[Statement, ...]:
        """What CodeBuild itself does as the role: logs, artifacts, reports."""
        foundation, trust = self._args.foundation, self._args.step.trust
        bucket = foundation.artifacts(trust)
        streams = pulumi.Output.concat(
            foundation.logs(trust).arn, f":log-stream:{self.project_name}/*"
        )
        groups = foundation.boundary.own_arn("codebuild", f"report-group/{self.project_name}-*")
        reports = Statement(sid="Reports", actions=_REPORTS, resources=(groups,))
        return (
            WRITE_LOGS.on(streams),
            Statement(
                sid="Artifacts",
                actions=_ARTIFACTS,
                resources=(pulumi.Output.concat(bucket.arn, "/*"),),
            ),
            Statement(
                sid="ArtifactsKey",
                actions=("kms:Decrypt", "kms:GenerateDataKey"),
                resources=(foundation.key(trust).arn,),
            ),
            *((reports,) if self._args.step.reports else ()),
        )

    def _source(self) -> tuple[Statement, ...]:
        """A trusted step clones the repository, with its history; an untrusted one is given files.

        The connection would let it read all that the connection reads.
        """
        if self._args.step.trust == "untrusted":
            return ()
        conditions = {
            "StringEquals": {
                "codeconnections:FullRepositoryId": self._args.repository,
                "codeconnections:ProviderAction": _PULL,
            }
        }
        clone = Statement(
            sid="Clone",
            actions=("codeconnections:UseConnection",),
            resources=(self._args.foundation.connection.arn,),
            conditions=conditions,
        )
        return (clone,)

    def _elsewhere(self) -> tuple[Statement, ...]:
        """The role of the environment that it works in."""
        if self._args.takes is None:
            return ()
        return (Statement(sid="Take", actions=("sts:AssumeRole",), resources=(self._args.takes,)),)

    def _create_project(self) -> aws.codebuild.Project:
        args, step, machine = self._args, self._args.step, self._args.machine
        foundation = args.foundation
        return aws.codebuild.Project(
            f"{self._name}-project",
            name=self.project_name,
            description=f"make, as {BUILDSPECS}/{step.buildspec}.yml says",
            service_role=self._role.arn,
            artifacts={"type": "CODEPIPELINE"},
            source={"type": "CODEPIPELINE", "buildspec": f"{BUILDSPECS}/{step.buildspec}.yml"},
            environment={
                "type": "ARM_CONTAINER",
                "image": machine.image,
                "compute_type": machine.compute,
                "privileged_mode": "push-image" in step.abilities,
                "environment_variables": [
                    {"name": name, "value": value}
                    for name, value in sorted(self._environment().items())
                ],
            },
            logs_config={
                "cloudwatch_logs": {
                    "status": "ENABLED",
                    "group_name": foundation.logs(step.trust).name,
                    "stream_name": self.project_name,
                }
            },
            encryption_key=foundation.key(step.trust).arn,
            build_timeout=machine.timeout_minutes,
            queued_timeout=machine.queued_minutes,
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._role.policy]),
        )

    def _environment(self) -> dict[str, pulumi.Input[str]]:
        """What the step's commands are told by the account, beside what the plan tells them."""
        args = self._args
        told: dict[str, pulumi.Input[str]] = {**args.step.environment}
        if args.takes and args.step.stage:
            told["DELIVERY_ROLE"] = args.takes
            told["PULUMI_BACKEND_URL"] = args.foundation.backend(args.step.stage)
        return told | {name: v for grant in args.grants for name, v in grant.environment.items()}
