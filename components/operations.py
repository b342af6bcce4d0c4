"""What is made of the services' alarms and metrics: messages, objectives, dashboards, queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import Alarm, MathSpec, create_alarms
from components.blocks.dashboard import create_dashboard
from components.blocks.paging import CompositeArgs, all_of, any_of, create_composite, firing
from components.blocks.saved_queries import create_saved_queries
from components.blocks.slo import (
    AVAILABILITY,
    CONFIRMATION,
    LATENCY,
    Objective,
    Subject,
    burn_alarms,
)
from components.platform import Platform
from settings import ObservabilitySettings


@dataclass(frozen=True, kw_only=True)
class OperationsArgs:
    """Arguments of `Operations`."""

    platform: Platform
    """who is told of alarms"""
    settings: ObservabilitySettings
    """the environment's values"""
    subjects: Sequence[Subject]
    """the services"""


class Operations(pulumi.ComponentResource):
    """One message for one fault.

    A service's alarms notify together: while one fires, the others of that service are its
    consequences. Dead letters and the like stay after their cause is gone, so they notify by
    themselves, but not while the service is unwell. Burning objectives and missing orders notify
    where nothing of the whole shop's own is unwell: then nobody knows yet.
    """

    def __init__(
        self, name: str, args: OperationsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:operations:Operations", name, {}, opts)
        self._name = name
        self._args = args
        if args.platform.alarms_composed:
            unwell = [self._create_messages(subject) for subject in args.subjects]
            shop = self._create_shop(unwell)
            for subject in args.subjects:
                self._create_symptoms(subject, shop)
        if args.settings.dashboards_enabled:
            self._create_dashboards()
        if args.settings.queries_saved:
            self._create_queries()
        self.register_outputs({})

    def _create_dashboards(self) -> None:
        for subject in self._args.subjects:
            create_dashboard(
                self,
                f"{self._name}-{subject.scope.service}",
                subject.scope,
                self._args.platform.region,
                subject.alarms,
            )

    def _create_queries(self) -> None:
        create_saved_queries(
            self,
            self._name,
            self._args.platform.scope.of("shop"),
            [group for subject in self._args.subjects for group in subject.log_groups],
        )

    def _create_messages(self, subject: Subject) -> aws.cloudwatch.CompositeAlarm:
        lasting = [alarm for alarm in subject.alarms if alarm.spec.lasting]
        passing = [alarm for alarm in subject.alarms if not alarm.spec.lasting]
        told = self._args.platform.alarms.arn
        unwell = create_composite(
            self,
            f"{self._name}-{subject.scope.service}",
            CompositeArgs(
                scope=subject.scope,
                role="unwell",
                description=f"{subject.scope.service} is unwell.",
                runbook="service-unwell",
                rule=_any_firing(passing),
                topic_arn=told,
            ),
        )
        create_composite(
            self,
            f"{self._name}-{subject.scope.service}",
            CompositeArgs(
                scope=subject.scope,
                role="leftovers",
                description=f"{subject.scope.service} has work that failed for good.",
                runbook="leftovers",
                rule=_any_firing(lasting),
                topic_arn=told,
                suppressor=unwell,
            ),
        )
        return unwell

    def _create_shop(
        self, unwell: Sequence[aws.cloudwatch.CompositeAlarm]
    ) -> aws.cloudwatch.CompositeAlarm:
        return create_composite(
            self,
            f"{self._name}-shop",
            CompositeArgs(
                scope=self._args.platform.scope.of("shop"),
                role="unwell",
                description="A service is unwell, which keeps symptoms silent.",
                runbook="service-unwell",
                rule=any_of(*(firing(alarm.alarm_name) for alarm in unwell)),
            ),
        )

    def _create_symptoms(self, subject: Subject, shop: aws.cloudwatch.CompositeAlarm) -> None:
        rules = [*self._create_burns(subject), *self._create_anomaly(subject)]
        if not rules:
            return
        create_composite(
            self,
            f"{self._name}-{subject.scope.service}",
            CompositeArgs(
                scope=subject.scope,
                role="slo",
                description=f"{subject.scope.service} breaks its promise.",
                runbook="slo-burn",
                rule=any_of(*rules),
                topic_arn=self._args.platform.alarms.arn,
                suppressor=shop,
            ),
        )

    def _create_burns(self, subject: Subject) -> list[pulumi.Output[str]]:
        settings = self._args.settings
        if not settings.slo_enabled:
            return []
        percents = {
            AVAILABILITY: settings.availability_objective_percent,
            LATENCY: settings.latency_objective_percent,
            CONFIRMATION: settings.confirmation_objective_percent,
        }
        return [
            all_of(*(firing(alarm.resource.name) for alarm in self._create(subject, pair)))
            for indicator in subject.indicators
            for pair in burn_alarms(
                Objective(
                    indicator=indicator,
                    percent=percents[indicator.role],
                    events_min=settings.slo_events_min,
                )
            )
        ]

    def _create_anomaly(self, subject: Subject) -> list[pulumi.Output[str]]:
        settings, expected = self._args.settings, subject.expected
        if expected is None or not settings.anomaly_enabled:
            return []
        spec = MathSpec(
            role="business-anomaly",
            description=f"{expected.name} falls below what is usual at this time.",
            runbook="business-anomaly",
            metrics={"counted": expected},
            expressions={"happened": "FILL(counted, 0)"},
            band=settings.anomaly_band_width,
            period=300,
            periods=3,
            datapoints=3,
        )
        return [firing(alarm.resource.name) for alarm in self._create(subject, [spec])]

    def _create(self, subject: Subject, specs: Sequence[MathSpec]) -> list[Alarm]:
        name = f"{self._name}-{subject.scope.service}"
        return create_alarms(self, name, subject.scope, specs, None)


def _any_firing(alarms: Sequence[Alarm]) -> pulumi.Output[str]:
    return any_of(*(firing(alarm.resource.name) for alarm in alarms))


def create_operations(
    platform: Platform, settings: ObservabilitySettings, subjects: Sequence[Subject]
) -> None:
    """The operations of an environment that has any."""
    wanted = (
        platform.alarms_composed,
        settings.dashboards_enabled,
        settings.queries_saved,
    )
    if any(wanted):
        args = OperationsArgs(platform=platform, settings=settings, subjects=subjects)
        Operations("operations", args)
