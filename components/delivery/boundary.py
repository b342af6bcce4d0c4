"""What a role of the delivery may do at the very most: in the tools account, and in others."""

from __future__ import annotations

from collections.abc import Sequence

from components.blocks.grants import Statement
from components.delivery.registry import PUSH
from components.naming import Scope, image_repository

_OWN_ACCOUNT = {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
_BUILDS = ("codebuild:BatchGetBuilds", "codebuild:StartBuild")
_REPORTS = (
    "codebuild:BatchPutCodeCoverages",
    "codebuild:BatchPutTestCases",
    "codebuild:CreateReport",
    "codebuild:CreateReportGroup",
    "codebuild:UpdateReport",
)
_NEVER = Statement(
    sid="Never",
    effect="Deny",
    actions=(
        "codeconnections:DeleteConnection",
        "codepipeline:PutApprovalResult",
        "codepipeline:UpdatePipeline",
        "iam:*",
        "kms:CreateGrant",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "organizations:*",
        "s3:DeleteBucket*",
        "s3:PutBucket*",
    ),
    resources=("*",),
)
"""A build changes no pipeline, approves nothing and takes no lock away."""


def tools_boundary(
    scope: Scope, region: str, role_arns: Sequence[str], token_arn: str
) -> tuple[Statement, ...]:
    """Of everything in the tools account; `role_arns` are those it takes in other accounts."""
    names = scope.pattern("role")
    here = f"arn:*:{{}}:{region}:*:"
    return (
        _own("Builds", _BUILDS, here.format("codebuild") + f"project/{names}"),
        _own("Reports", _REPORTS, here.format("codebuild") + f"report-group/{names}"),
        _own("Logs", _LOGS, here.format("logs") + f"log-group:/*/{names}"),
        _own(
            "Executions",
            ("codepipeline:ListPipelineExecutions", "codepipeline:StartPipelineExecution"),
            here.format("codepipeline") + names,
        ),
        _own(
            "Objects",
            ("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"),
            f"arn:*:s3:::{scope.pattern('bucket_prefix')}/*",
        ),
        Statement(
            sid="Keys",
            actions=("kms:Decrypt", "kms:GenerateDataKey"),
            resources=(f"arn:*:kms:{region}:*:key/*",),
            conditions={
                **_OWN_ACCOUNT,
                "ForAnyValue:StringLike": {
                    "kms:ResourceAliases": f"alias/{scope.pattern('key_alias')}"
                },
            },
        ),
        _own("Images", PUSH, here.format("ecr") + f"repository/{_repositories(scope)}"),
        _own("Repository", ("codeconnections:UseConnection",), here.format("*") + "connection/*"),
        Statement(sid="Environments", actions=("sts:AssumeRole",), resources=tuple(role_arns)),
        Statement(sid="Registry", actions=("ecr:GetAuthorizationToken",), resources=("*",)),
        *_token(token_arn),
        _NEVER,
    )


_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")


def _repositories(scope: Scope) -> str:
    return image_repository(scope.project, "*")


def _token(arn: str) -> tuple[Statement, ...]:
    read = ("secretsmanager:GetSecretValue",)
    return (Statement(sid="Token", actions=read, resources=(arn,)),) if arn else ()


def _own(sid: str, actions: tuple[str, ...], resource: str) -> Statement:
    return Statement(sid=sid, actions=actions, resources=(resource,), conditions=_OWN_ACCOUNT)
