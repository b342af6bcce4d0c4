"""Every step that a pipeline can take, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from components.delivery.plan import Step

_TESTING = ("tests", "engine", "service")
_VERBS = (
    ("preview", "look"),
    ("deploy", "deploy"),
    ("migrate", "deploy"),
    ("release", "deploy"),
    ("smoke", "look"),
    ("drift", "look"),
)
"""What is done to an environment, and the role that does it."""


def untrusted_steps() -> tuple[Step, ...]:
    """What a pull request's own code runs in."""
    return tuple(
        Step(
            name=f"request-{buildspec}",
            buildspec=buildspec,
            trust="untrusted",
            reports=buildspec in _TESTING,
        )
        for buildspec in ("check", "tests", "engine", "review")
    )


def common_steps() -> tuple[Step, ...]:
    """What is done once for a commit, whatever the environment."""
    return (
        Step(name="check", buildspec="check"),
        *(Step(name=name, buildspec=name, reports=True) for name in _TESTING),
        Step(name="package", buildspec="package"),
        Step(name="image", buildspec="image", abilities=("push-image",)),
        Step(name="report", buildspec="report"),
        Step(name="tag", buildspec="tag", abilities=("write-repository",)),
        Step(name="watch", buildspec="watch", abilities=("watch",)),
    )


def stage_steps(stage: str) -> tuple[Step, ...]:
    """What is done to one environment."""
    return tuple(
        Step(
            name=f"{stage}-{verb}",
            buildspec=verb,
            environment={"STACK": stage},
            stage=stage,
            access=access,
        )
        for verb, access in _VERBS
    )


def all_steps(stages: Sequence[str], *, comments: bool) -> Mapping[str, Step]:
    """Every step for some environments; one comments where there is a token for it."""
    comment = (
        Step(name="comment", buildspec="comment", trust="untrusted", abilities=("comment",)),
    )
    found = (
        *untrusted_steps(),
        *(comment if comments else ()),
        *common_steps(),
        *(step for stage in stages for step in stage_steps(stage)),
    )
    return {step.name: step for step in found}
