"""The way in: who may call the shop, the API they call, and what stands before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.blocks.abroad import REGION, Abroad, AbroadArgs
from components.blocks.api_domain import ApiDomain, ApiDomainArgs, Domain
from components.blocks.cdn import Alias, ApiOrigin, Cdn, CdnArgs
from components.blocks.cdn_logs import CdnLogs, CdnLogsArgs
from components.blocks.certificate import Certificate, CertificateArgs
from components.blocks.http_api import HttpApi, HttpApiArgs
from components.blocks.keys import KeyDefaults
from components.blocks.origin_secret import HEADER, OriginSecret
from components.blocks.pages import Page, Pages, PagesArgs
from components.blocks.user_pool import UserPool, UserPoolArgs
from components.blocks.web_acl import WebAcl, WebAclArgs
from components.platform import Platform
from settings import ApiSettings, EdgeSettings

_ROOT = Path(__file__).parents[1]
_PAGES = (
    ("index.html", _ROOT / "web" / "index.html", "text/html; charset=utf-8"),
    ("openapi.yaml", _ROOT / "docs" / "openapi.yaml", "application/yaml; charset=utf-8"),
)


@dataclass(frozen=True, kw_only=True)
class EdgeArgs:
    """Arguments of `Edge`."""

    platform: Platform
    """what the edge stands on"""
    settings: ApiSettings
    """the environment's values for the API and its callers"""
    edge: EdgeSettings
    """the environment's values for what stands before the API"""
    resource_server: str
    """identifier that machine scopes begin with"""
    machine_scopes: Sequence[str]
    """scopes of the resource server, without its identifier"""
    webhook_path: str
    """where the payment provider tells what happened"""
    socket_url: pulumi.Input[str]
    """the WebSocket API of live alerts"""


class Edge(pulumi.ComponentResource):
    """`users` signs tokens, `api` takes requests; `link_group` is where the API's calls inward
    come from. `open` comes last, and gives `url`."""

    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: EdgeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:edge:Edge", name, {}, opts)
        self._name = name
        self._args = args
        self._own = pulumi.ResourceOptions(parent=self)
        platform = args.platform
        self._scope = platform.scope.of("api")
        self.users = self._create_users()
        self.link_group = platform.network.security_group(
            self._scope, "link", "Requests that the public API sends inward"
        )
        self.api = self._create_api()
        self.register_outputs({})

    def open(self) -> None:
        """Serve what the API was given to serve; once, after the last route."""
        self.api.open()
        platform = self._args.platform
        if platform.origin_secret and platform.keys:
            self.url = self._stand_before(platform.origin_secret, platform.keys)
        else:
            self.url = self.api.url

    def _create_users(self) -> UserPool:
        args = self._args
        return UserPool(
            f"{self._name}-users",
            UserPoolArgs(
                scope=args.platform.scope.of("users"),
                region=args.platform.region,
                access_token_minutes=args.settings.access_token_minutes,
                deletion_protected=args.settings.users_deletion_protected,
                admin_sign_in=args.settings.admin_sign_in,
                resource_server=args.resource_server,
                machine_scopes=args.machine_scopes,
            ),
            self._own,
        )

    def _create_api(self) -> HttpApi:
        args = self._args
        return HttpApi(
            f"{self._name}-api",
            HttpApiArgs(
                scope=self._scope,
                network=args.platform.network,
                link_group=self.link_group,
                issuer=self.users.issuer,
                audiences=self.users.audiences,
                throttle_rate=args.settings.throttle_rate,
                throttle_burst=args.settings.throttle_burst,
                cors_origins=[each for each in args.edge.cors_origins.split(",") if each],
                endpoint_disabled=bool(args.platform.domain),
                log_retention_days=args.platform.functions.log_retention_days,
                log_key=args.platform.functions.log_key,
            ),
            self._own,
        )

    def _stand_before(self, secret: OriginSecret, keys: KeyDefaults) -> pulumi.Output[str]:
        """CloudFront and what belongs to it; gives the URL to call."""
        platform = self._args.platform
        everywhere = aws.Provider(f"{self._name}-abroad", region=REGION, opts=self._own)
        abroad = pulumi.ResourceOptions(parent=self, providers=[everywhere])
        there = Abroad(
            f"{self._name}-global",
            AbroadArgs(scope=self._scope.of("edge"), keys=keys, email=platform.alarm_email),
            abroad,
        )
        retention = platform.functions.log_retention_days
        web_acl = WebAcl(
            f"{self._name}-web-acl",
            WebAclArgs(
                scope=self._scope,
                rate_limit=self._args.edge.rate_limit_per_5_minutes,
                machine_path=self._args.webhook_path,
                blocked_alarm_count=self._args.edge.alarm_blocked_per_5_minutes,
                log_retention_days=retention,
                log_key=there.key,
            ),
            abroad,
        )
        cdn = self._create_cdn(secret, keys, web_acl, self._alias(abroad))
        CdnLogs(
            f"{self._name}-cdn-logs",
            CdnLogsArgs(
                scope=self._scope,
                distribution_arn=cdn.arn,
                log_retention_days=retention,
                log_key=there.key,
            ),
            abroad,
        )
        there.watch([*web_acl.alarms(), *cdn.alarms()])
        return cdn.url

    def _create_cdn(
        self, secret: OriginSecret, keys: KeyDefaults, web_acl: WebAcl, alias: Alias | None
    ) -> Cdn:
        domain = self._args.platform.domain
        cdn = Cdn(
            f"{self._name}-cdn",
            CdnArgs(
                scope=self._scope,
                api=self._origin(secret),
                pages=self._create_pages(keys),
                web_acl_arn=web_acl.arn,
                socket_url=self._args.socket_url,
                price_class=self._args.edge.price_class,
                failing_alarm_percent=self._args.edge.alarm_failing_percent,
                alias=alias,
            ),
            self._own,
        )
        if domain:
            self._name_it(cdn, domain)
        return cdn

    def _create_pages(self, keys: KeyDefaults) -> Pages:
        return Pages(
            f"{self._name}-pages",
            PagesArgs(
                scope=self._scope,
                keys=keys,
                pages=[
                    Page(key=key, content=path.read_text("utf-8"), content_type=content_type)
                    for key, path, content_type in _PAGES
                ],
            ),
            self._own,
        )

    def _origin(self, secret: OriginSecret) -> ApiOrigin:
        domain = self._args.platform.domain
        return ApiOrigin(
            host=self._api_domain(domain.below("origin")) if domain else self.api.host,
            paths=self.api.paths,
            header_name=HEADER,
            header_value=secret.value,
            client_certificate_arn=self._args.edge.origin_certificate_arn or None,
        )

    def _api_domain(self, domain: Domain) -> pulumi.Output[str]:
        return ApiDomain(
            f"{self._name}-origin",
            ApiDomainArgs(
                scope=self._scope,
                domain=domain,
                truststore_uri=self._args.edge.origin_truststore_uri,
                api_id=self.api.api.id,
                stage=self.api.stage.name,
            ),
            self._own,
        ).host

    def _alias(self, abroad: pulumi.ResourceOptions) -> Alias | None:
        domain = self._args.platform.domain
        if domain is None:
            return None
        certificate = Certificate(
            f"{self._name}-certificate",
            CertificateArgs(scope=self._scope, domain_name=domain.name, zone_id=domain.zone_id),
            abroad,
        )
        return Alias(domain_name=domain.name, certificate_arn=certificate.arn)

    def _name_it(self, cdn: Cdn, domain: Domain) -> None:
        distribution = cdn.distribution
        for kind in ("A", "AAAA"):
            aws.route53.Record(
                f"{self._name}-record-{kind.lower()}",
                zone_id=domain.zone_id,
                name=domain.name,
                type=kind,
                aliases=[
                    {
                        "name": distribution.domain_name,
                        "zone_id": distribution.hosted_zone_id,
                        "evaluate_target_health": False,
                    }
                ],
                opts=self._own,
            )
