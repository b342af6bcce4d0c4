"""A name of an API, with its certificate and its record in the zone."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.certificate import Certificate, CertificateArgs
from components.naming import Scope


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A domain of ours, and the public Route 53 zone that it is in."""

    name: str
    zone_id: str

    def below(self, label: str) -> Domain:
        """The name `<label>.<domain>`, in the same zone."""
        return Domain(name=f"{label}.{self.name}", zone_id=self.zone_id)


@dataclass(frozen=True, kw_only=True)
class ApiDomainArgs:
    """Arguments of `ApiDomain`."""

    scope: Scope
    """tags"""
    domain: Domain
    """the name"""
    api_id: pulumi.Input[str]
    """whose name it is"""
    stage: pulumi.Input[str]
    """which of its stages answers"""
    truststore_uri: str | None = None
    """`s3://<bucket>/<key>` of the authorities, in PEM, that sign client certificates: whoever
    shows none of theirs is not even answered; without it everybody may come"""


class ApiDomain(pulumi.ComponentResource):
    """`host` is the name, once it leads to the API."""

    host: pulumi.Output[str]

    def __init__(
        self, name: str, args: ApiDomainArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:ApiDomain", name, {}, opts)
        own = pulumi.ResourceOptions(parent=self)
        certificate = Certificate(
            f"{name}-certificate",
            CertificateArgs(
                scope=args.scope, domain_name=args.domain.name, zone_id=args.domain.zone_id
            ),
            own,
        )
        domain = aws.apigatewayv2.DomainName(
            f"{name}-domain",
            domain_name=args.domain.name,
            domain_name_configuration={
                "certificate_arn": certificate.arn,
                "endpoint_type": "REGIONAL",
                "security_policy": "TLS_1_2",
            },
            mutual_tls_authentication={"truststore_uri": args.truststore_uri}
            if args.truststore_uri
            else None,
            tags=args.scope.tags,
            opts=own,
        )
        mapping = aws.apigatewayv2.ApiMapping(
            f"{name}-mapping",
            api_id=args.api_id,
            domain_name=domain.domain_name,
            stage=args.stage,
            opts=own,
        )
        configuration = domain.domain_name_configuration
        aws.route53.Record(
            f"{name}-record",
            zone_id=args.domain.zone_id,
            name=args.domain.name,
            type="A",
            aliases=[
                {
                    "name": configuration.target_domain_name.apply(str),
                    "zone_id": configuration.hosted_zone_id.apply(str),
                    "evaluate_target_health": False,
                }
            ],
            opts=own,
        )
        self.host = mapping.domain_name
        self.register_outputs({"host": self.host})
