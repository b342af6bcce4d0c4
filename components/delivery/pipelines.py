"""The pipelines, as values: what happens to a pull request, to main, to one service, at night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from components.delivery.plan import BASE, SOURCE, Action, Pipeline, Stage, Trigger

SERVICES: Mapping[str, str] = {
    "orders": "lambdas/orders/**",
    "payments": "lambdas/payments/**",
    "notifications": "lambdas/notifications/**",
    "inventory": "containers/inventory/**",
}
"""The folder whose changes concern one service alone."""
PACKAGES = "packages"
IMAGE = "image"
PLAN = "plan"
"""What a person approves: what `up` would do to the last stage."""
REPORT = "report"
REQUEST = "#{Source.PullRequestId}"
COMMIT = "#{Source.CommitId}"


def all_pipelines(stages: Sequence[str], *, comments: bool) -> tuple[Pipeline, ...]:
    """Every pipeline, through `stages` in order; the last is the one that a person approves.

    Pull requests are commented where there is a token for it.
    """
    return (
        request_pipeline(comments=comments),
        main_pipeline(stages),
        *(service_pipeline(service, stages) for service in SERVICES),
        drift_pipeline(stages),
        watch_pipeline(),
    )


def request_pipeline(*, comments: bool) -> Pipeline:
    """A pull request: judged by its own code, which nobody has reviewed yet."""
    code = (SOURCE,)
    judged = Stage(
        name="Judge",
        actions=[
            Action(name="Check", step="request-check", reads=code),
            Action(name="Tests", step="request-tests", reads=code),
            Action(name="Engine", step="request-engine", reads=code),
        ],
    )
    reviewed = Stage(
        name="Review",
        actions=[
            Action(name="Report", step="request-review", reads=(SOURCE, BASE), writes=(REPORT,)),
        ],
    )
    comment = Stage(
        name="Comment",
        actions=[
            Action(
                name="Comment",
                step="comment",
                reads=(BASE, REPORT),
                environment={"PULL_REQUEST": REQUEST},
            )
        ],
    )
    return Pipeline(
        name="request",
        purpose="Judges a pull request by code that nobody has reviewed",
        trigger=Trigger(event="pull_request", excludes=("docs/**",)),
        trust="untrusted",
        mode="PARALLEL",
        stages=[judged, reviewed, *([comment] if comments else [])],
    )


def main_pipeline(stages: Sequence[str]) -> Pipeline:
    """A commit on main, to the last stage."""
    tested = Stage(
        name="Test",
        failure="retry",
        actions=[
            Action(name=name, step=name.lower(), reads=(SOURCE,))
            for name in ("Check", "Tests", "Engine")
        ],
    )
    return Pipeline(
        name="main",
        purpose="Brings a commit to the last stage, where a person agrees",
        trigger=Trigger(event="push", excludes=("docs/**", *SERVICES.values())),
        stages=[tested, *_delivered(stages)],
    )


def service_pipeline(service: str, stages: Sequence[str]) -> Pipeline:
    """A commit that changes one service's folder and nothing else."""
    alone = Stage(
        name="Test",
        failure="retry",
        actions=[
            Action(name="Check", step="check", reads=(SOURCE,)),
            Action(
                name="Service", step="service", reads=(SOURCE,), environment={"SERVICE": service}
            ),
        ],
    )
    return Pipeline(
        name=service,
        purpose=f"Brings a change of {service} alone to the last stage",
        trigger=Trigger(event="push", includes=(SERVICES[service],)),
        stages=[alone, *_delivered(stages, service)],
    )


def drift_pipeline(stages: Sequence[str]) -> Pipeline:
    """What differs between AWS and the state, every night."""
    looked = [
        Action(name=stage.title(), step=f"{stage}-drift", reads=(SOURCE,)) for stage in stages
    ]
    return Pipeline(
        name="drift",
        purpose="Compares every stage with its state",
        schedule="nightly",
        runbook="drift",
        stages=[Stage(name="Compare", actions=looked)],
    )


def watch_pipeline() -> Pipeline:
    """Whether the other pipelines move, every hour."""
    return Pipeline(
        name="watch",
        purpose="Finds pipelines that stand still",
        schedule="hourly",
        runbook="pipeline-stuck",
        stages=[Stage(name="Watch", actions=[Action(name="Watch", step="watch", reads=(SOURCE,))])],
    )


def _delivered(stages: Sequence[str], service: str = "") -> list[Stage]:
    """From packages to the tag; `service` alone is released, or all."""
    *earlier, last = stages
    approval = Stage(name="Approve", actions=[Action(name="Approve")])
    tag = Stage(name="Tag", actions=[Action(name="Tag", step="tag", reads=(SOURCE,))])
    delivered = []
    for stage in earlier:
        delivered += [_previewed(stage), _deployed(stage, service)]
    return [
        _packaged(),
        *delivered,
        _proposed(last),
        approval,
        _previewed(last, approved=PLAN),
        _deployed(last, service),
        tag,
    ]


def _packaged() -> Stage:
    return Stage(
        name="Package",
        failure="retry",
        actions=[
            Action(name="Packages", step="package", reads=(SOURCE,), writes=(PACKAGES,)),
            Action(name="Image", step="image", reads=(SOURCE,), writes=(IMAGE,)),
        ],
    )


def _previewed(stage: str, approved: str = "") -> Stage:
    """What `up` would do, judged by the policies; where something was approved it must be that."""
    compared: Sequence[str] = (approved,) if approved else ()
    return Stage(
        name=f"{stage.title()}Preview",
        failure="fail" if approved else "retry",
        actions=[
            Action(
                name="Preview",
                step=f"{stage}-preview",
                reads=(SOURCE, PACKAGES, IMAGE, *compared),
            )
        ],
    )


def _proposed(stage: str) -> Stage:
    """What a person is asked about: the plan of prod and the report."""
    return Stage(
        name="Propose",
        failure="retry",
        actions=[
            Action(
                name="Plan",
                step=f"{stage}-preview",
                reads=(SOURCE, PACKAGES, IMAGE),
                writes=(PLAN,),
            ),
            Action(name="Report", step="report", reads=(SOURCE,), writes=(REPORT,)),
        ],
    )


def _deployed(stage: str, service: str) -> Stage:
    """`up` moves no traffic; the release does, once the schema fits both versions."""
    told = {"SERVICE": service} if service else {}
    return Stage(
        name=stage.title(),
        failure="rollback",
        actions=[
            Action(name="Up", step=f"{stage}-deploy", reads=(SOURCE, PACKAGES, IMAGE), order=1),
            Action(name="Migrate", step=f"{stage}-migrate", reads=(SOURCE,), order=2),
            Action(
                name="Release",
                step=f"{stage}-release",
                reads=(SOURCE,),
                order=3,
                environment=told,
            ),
            Action(name="Smoke", step=f"{stage}-smoke", reads=(SOURCE,), order=4),
        ],
    )
