"""A public certificate that its domain's own zone proves, and renews by itself."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.naming import Scope

_TTL_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """Arguments of `Certificate`."""

    scope: Scope
    """tags"""
    domain_name: str
    """the one name it is for"""
    zone_id: str
    """the Route 53 zone that the name is in"""


class Certificate(pulumi.ComponentResource):
    """`arn` is known once the certificate is issued; its region is that of its provider."""

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Certificate", name, {}, opts)
        own = pulumi.ResourceOptions(parent=self)
        certificate = aws.acm.Certificate(
            f"{name}-certificate",
            domain_name=args.domain_name,
            validation_method="DNS",
            tags=args.scope.tags,
            opts=own,
        )
        asked = certificate.domain_validation_options[0]
        record = aws.route53.Record(
            f"{name}-proof",
            zone_id=args.zone_id,
            name=asked.resource_record_name,
            type=asked.resource_record_type,
            records=[asked.resource_record_value],
            ttl=_TTL_SECONDS,
            allow_overwrite=True,
            opts=own,
        )
        issued = aws.acm.CertificateValidation(
            f"{name}-issued",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
            opts=own,
        )
        self.arn = issued.certificate_arn
        self.register_outputs({"arn": self.arn})
