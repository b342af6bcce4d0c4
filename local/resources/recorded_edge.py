"""Domains and certificates, and the log of a web ACL: recorded, as `local.resources.recorded` says.

No name resolves to this machine and no authority signs for it.
"""

from __future__ import annotations

from local.resources.base import Cloud, Properties
from local.resources.recording import Recorded
from local.resources.shapes import Api

_NO_DOMAIN = "no name resolves to this machine, and no authority signs for it"


def _certificate(cloud: Cloud, inputs: Properties) -> Properties:
    domain = inputs["domainName"]
    arn = f"arn:aws:acm:{cloud.region}:{cloud.account_id}:certificate/{domain}"
    proof = {
        "domainName": domain,
        "resourceRecordName": f"_proof.{domain}.",
        "resourceRecordType": "CNAME",
        "resourceRecordValue": "_proof.acm-validations.aws.",
    }
    return {"id": arn, "arn": arn, "domainValidationOptions": [proof]}


def _validation(cloud: Cloud, inputs: Properties) -> Properties:
    return {"id": inputs["certificateArn"]}


def _domain(cloud: Cloud, inputs: Properties) -> Properties:
    name = inputs["domainName"]
    configuration = {
        **inputs["domainNameConfiguration"],
        "targetDomainName": f"d-recorded.execute-api.{cloud.region}.amazonaws.com",
        "hostedZoneId": "ZRECORDED",
    }
    arn = f"arn:aws:apigateway:{cloud.region}::/domainnames/{name}"
    return {"id": name, "arn": arn, "domainNameConfiguration": configuration}


def _mapping(cloud: Cloud, inputs: Properties) -> Properties:
    return {"id": f"{inputs['apiId']}/{inputs['domainName']}"}


def _record(cloud: Cloud, inputs: Properties) -> Properties:
    identity = f"{inputs['zoneId']}_{inputs['name']}_{inputs['type']}"
    return {"id": identity, "fqdn": inputs["name"].rstrip(".")}


def _web_acl_log(cloud: Cloud, inputs: Properties) -> Properties:
    return {"id": inputs["resourceArn"]}


TYPES = (
    Recorded(
        handles="aws:acm/certificate:Certificate",
        reason=_NO_DOMAIN,
        api=Api("acm"),
        operation="RequestCertificate",
        outputs=_certificate,
        replace_on=frozenset({"domainName", "validationMethod"}),
    ),
    Recorded(
        handles="aws:acm/certificateValidation:CertificateValidation",
        reason=_NO_DOMAIN,
        api=Api("acm", provider_only=frozenset({"validationRecordFqdns"})),
        operation="DescribeCertificate",
        outputs=_validation,
        replace_on=frozenset({"certificateArn", "validationRecordFqdns"}),
    ),
    Recorded(
        handles="aws:apigatewayv2/domainName:DomainName",
        reason=_NO_DOMAIN,
        api=Api(
            "apigatewayv2",
            renamed={"domainNameConfiguration.targetDomainName": "ApiGatewayDomainName"},
        ),
        operation="CreateDomainName",
        outputs=_domain,
        replace_on=frozenset({"domainName"}),
    ),
    Recorded(
        handles="aws:apigatewayv2/apiMapping:ApiMapping",
        reason=_NO_DOMAIN,
        api=Api("apigatewayv2"),
        operation="CreateApiMapping",
        outputs=_mapping,
        replace_on=frozenset({"domainName"}),
    ),
    Recorded(
        handles="aws:route53/record:Record",
        reason=_NO_DOMAIN,
        api=Api(
            "route53",
            renamed={"zoneId": "Id"},
            provider_only=frozenset(
                {"aliases", "allowOverwrite", "name", "records", "ttl", "type"}
            ),
        ),
        operation="GetHostedZone",
        outputs=_record,
        replace_on=frozenset({"name", "type", "zoneId"}),
    ),
    Recorded(
        handles="aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        reason="MiniStack has no logging of web ACLs",
        api=Api("wafv2"),
        operation="PutLoggingConfiguration",
        member="loggingConfiguration",
        outputs=_web_acl_log,
        replace_on=frozenset({"resourceArn"}),
    ),
)
