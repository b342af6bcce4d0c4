"""A name of the API that only a client with a certificate of ours may use."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.certificate import Certificate, CertificateArgs
from components.blocks.http_api import HttpApi
from components.naming import Scope


@dataclass(frozen=True, kw_only=True)
class ApiDomainArgs:
    """Arguments of `ApiDomain`."""

    scope: Scope
    """tags"""
    domain_name: str
    """the name"""
    zone_id: str
    """the Route 53 zone that the name is in"""
    truststore_uri: str
    """`s3://<bucket>/<key>` of the authorities, in PEM, that sign client certificates"""
    api: HttpApi
    """the API, open and with its own endpoint disabled"""


class ApiDomain(pulumi.ComponentResource):
    """Mutual TLS: whoever shows no certificate of the truststore is not even answered."""

    host: pulumi.Output[str]

    def __init__(
        self, name: str, args: ApiDomainArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:ApiDomain", name, {}, opts)
        own = pulumi.ResourceOptions(parent=self)
        certificate = Certificate(
            f"{name}-certificate",
            CertificateArgs(scope=args.scope, domain_name=args.domain_name, zone_id=args.zone_id),
            own,
        )
        domain = aws.apigatewayv2.DomainName(
            f"{name}-domain",
            domain_name=args.domain_name,
            domain_name_configuration={
                "certificate_arn": certificate.arn,
                "endpoint_type": "REGIONAL",
                "security_policy": "TLS_1_2",
            },
            mutual_tls_authentication={"truststore_uri": args.truststore_uri},
            tags=args.scope.tags,
            opts=own,
        )
        mapping = aws.apigatewayv2.ApiMapping(
            f"{name}-mapping",
            api_id=args.api.api.id,
            domain_name=domain.domain_name,
            stage=args.api.stage.name,
            opts=own,
        )
        configuration = domain.domain_name_configuration
        aws.route53.Record(
            f"{name}-record",
            zone_id=args.zone_id,
            name=args.domain_name,
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
