"""CloudFront: the only way to the API, and to pages in a bucket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import MathSpec, Metric
from components.blocks.pages import Pages
from components.naming import Scope

_CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
_CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
_ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-38738e2966ac"
"""AWS's own policies, the same ids in every account; API Gateway refuses a foreign Host."""
_EVERY_METHOD = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
_READING = ["GET", "HEAD"]
_TWO_YEARS = 63_072_000
_CONTENT_SECURITY = (
    "default-src 'none'; img-src 'self'; script-src 'self'; style-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; connect-src 'self' "
)
_API, _PAGES = "api", "pages"
_REQUESTS_MIN = 20
"""In one minute: fewer say nothing about a share."""


@dataclass(frozen=True, kw_only=True)
class ApiOrigin:
    """Where requests for the API go, and how CloudFront proves there that it is CloudFront."""

    host: pulumi.Input[str]
    """host name that answers over TLS"""
    paths: Sequence[str]
    """path patterns of the API; everything else is a page"""
    header_name: str
    """header that carries the secret"""
    header_value: pulumi.Output[str]
    """the secret"""
    client_certificate_arn: str | None = None
    """certificate in ACM of us-east-1 that CloudFront presents"""


@dataclass(frozen=True, kw_only=True)
class Alias:
    """A domain of our own, and the certificate in us-east-1 that covers it."""

    domain_name: str
    certificate_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class CdnArgs:
    """Arguments of `Cdn`."""

    scope: Scope
    """names and tags"""
    api: ApiOrigin
    """what answers the API's paths"""
    pages: Pages
    """what answers all others"""
    web_acl_arn: pulumi.Input[str]
    """what looks at each request first"""
    socket_url: pulumi.Input[str]
    """the WebSocket API, which pages may connect to beside their own origin"""
    price_class: str
    """which edge locations serve: PriceClass_100, PriceClass_200 or PriceClass_All"""
    failing_alarm_percent: float
    """share of requests answered 5xx that raises an alarm"""
    alias: Alias | None = None
    """without one, CloudFront's own domain, whose lowest TLS version is not ours to choose"""


class Cdn(pulumi.ComponentResource):
    """Caches pages and nothing of the API; sets the security headers of every answer."""

    arn: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: CdnArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Cdn", name, {}, opts)
        self._name = name
        self._args = args
        self._headers = self._create_headers()
        self.distribution = self._create_distribution()
        self.arn = self.distribution.arn
        args.pages.serve(self.arn)
        host = args.alias.domain_name if args.alias else self.distribution.domain_name
        self.url = pulumi.Output.concat("https://", host)
        self.register_outputs({"url": self.url})

    def alarms(self) -> tuple[MathSpec, ...]:
        """Customers see failures, whether the API answers so or CloudFront cannot reach it."""
        return (
            MathSpec(
                role="failing",
                description="CloudFront answers too many requests with 5xx (%).",
                runbook="edge-failing",
                metrics={
                    "total0": self._metric("Requests", "Sum"),
                    "rate": self._metric("5xxErrorRate", "Average"),
                },
                expressions={"failing": f"IF(total0 >= {_REQUESTS_MIN}, rate, 0)"},
                threshold=self._args.failing_alarm_percent,
                period=60,
                periods=5,
                datapoints=3,
            ),
        )

    def _metric(self, name: str, statistic: str) -> Metric:
        return Metric(
            namespace="AWS/CloudFront",
            name=name,
            dimensions={"DistributionId": self.distribution.id, "Region": "Global"},
            statistic=statistic,
        )

    def _create_headers(self) -> aws.cloudfront.ResponseHeadersPolicy:
        return aws.cloudfront.ResponseHeadersPolicy(
            f"{self._name}-headers",
            name=self._args.scope.physical("response_headers_policy"),
            comment="Security headers of every answer",
            security_headers_config={
                "strict_transport_security": {
                    "access_control_max_age_sec": _TWO_YEARS,
                    "include_subdomains": True,
                    "override": True,
                },
                "content_type_options": {"override": True},
                "frame_options": {"frame_option": "DENY", "override": True},
                "referrer_policy": {"referrer_policy": "no-referrer", "override": True},
                "content_security_policy": {
                    "content_security_policy": pulumi.Output.concat(
                        _CONTENT_SECURITY, self._args.socket_url
                    ),
                    "override": True,
                },
            },
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_distribution(self) -> aws.cloudfront.Distribution:
        args = self._args
        return aws.cloudfront.Distribution(
            f"{self._name}-distribution",
            comment=args.scope.physical("distribution"),
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            price_class=args.price_class,
            web_acl_id=args.web_acl_arn,
            default_root_object="index.html",
            aliases=[args.alias.domain_name] if args.alias else None,
            origins=[self._api_origin(), self._pages_origin()],
            default_cache_behavior={
                "target_origin_id": _PAGES,
                "viewer_protocol_policy": "redirect-to-https",
                "allowed_methods": _READING,
                "cached_methods": _READING,
                "cache_policy_id": _CACHING_OPTIMIZED,
                "response_headers_policy_id": self._headers.id,
                "compress": True,
            },
            ordered_cache_behaviors=[self._api_behavior(path) for path in args.api.paths],
            restrictions={"geo_restriction": {"restriction_type": "none"}},
            viewer_certificate=self._certificate(),
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["origins"]),
        )

    def _api_origin(self) -> aws.cloudfront.DistributionOriginArgsDict:
        api = self._args.api
        custom: aws.cloudfront.DistributionOriginCustomOriginConfigArgsDict = {
            "http_port": 80,
            "https_port": 443,
            "origin_protocol_policy": "https-only",
            "origin_ssl_protocols": ["TLSv1.2"],
        }
        if api.client_certificate_arn:
            custom["origin_mtls_config"] = {"client_certificate_arn": api.client_certificate_arn}
        return {
            "origin_id": _API,
            "domain_name": api.host,
            "custom_headers": [{"name": api.header_name, "value": api.header_value}],
            "custom_origin_config": custom,
        }

    def _pages_origin(self) -> aws.cloudfront.DistributionOriginArgsDict:
        return {
            "origin_id": _PAGES,
            "domain_name": self._args.pages.domain,
            "origin_access_control_id": self._args.pages.access_control_id,
        }

    def _api_behavior(self, path: str) -> aws.cloudfront.DistributionOrderedCacheBehaviorArgsDict:
        return {
            "path_pattern": path,
            "target_origin_id": _API,
            "viewer_protocol_policy": "https-only",
            "allowed_methods": _EVERY_METHOD,
            "cached_methods": _READING,
            "cache_policy_id": _CACHING_DISABLED,
            "origin_request_policy_id": _ALL_VIEWER_EXCEPT_HOST,
            "response_headers_policy_id": self._headers.id,
            "compress": True,
        }

    def _certificate(self) -> aws.cloudfront.DistributionViewerCertificateArgsDict:
        alias = self._args.alias
        if alias is None:
            return {"cloudfront_default_certificate": True}
        return {
            "acm_certificate_arn": alias.certificate_arn,
            "ssl_support_method": "sni-only",
            "minimum_protocol_version": "TLSv1.2_2021",
        }
