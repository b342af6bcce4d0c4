"""What the CloudWatch agent of an EKS cluster does: pods' metrics and logs."""

from __future__ import annotations

from components.blocks.grants import Statement


def agent_statements(region: str) -> tuple[Statement, ...]:
    """A narrower `CloudWatchAgentServerPolicy`: its log groups, and metrics, which name none."""
    return (
        Statement(
            sid="PodLogs",
            actions=(
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ),
            resources=(f"arn:*:logs:{region}:*:log-group:/aws/containerinsights/*",),
        ),
        Statement(
            sid="PodMetrics",
            actions=("cloudwatch:PutMetricData", "ec2:DescribeTags", "ec2:DescribeVolumes"),
            resources=("*",),
        ),
    )
