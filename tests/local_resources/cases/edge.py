"""Cases of what stands before the API: CloudFront, WAF, their logs, pages and domains."""

from __future__ import annotations

from local.resources import Properties
from tests.local_resources.cases.case import Case
from tests.local_resources.cases.storage import BUCKET
from tests.local_resources.stack import Stack, unique

CERTIFICATE_ARN = "arn:aws:acm:us-east-1:000000000000:certificate/shop.example"
DISTRIBUTION_ARN = "arn:aws:cloudfront::000000000000:distribution/E1"
ACL_ARN = "arn:aws:wafv2:us-east-1:000000000000:global/webacl/shop/1"
DESTINATION = "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
SOURCE = "aws:cloudwatch/logDeliverySource:LogDeliverySource"
_READING = ["GET", "HEAD"]
_VISIBLE = {
    "cloudwatchMetricsEnabled": True,
    "metricName": "shop",
    "sampledRequestsEnabled": False,
}


def _distribution(_: Stack) -> Properties:
    behavior = {
        "targetOriginId": "api",
        "viewerProtocolPolicy": "https-only",
        "allowedMethods": ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
        "cachedMethods": _READING,
        "cachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        "compress": True,
    }
    origin = {
        "originId": "api",
        "domainName": "api.example.com",
        "customHeaders": [{"name": "x-origin-verify", "value": "a secret"}],
        "customOriginConfig": {
            "httpPort": 80,
            "httpsPort": 443,
            "originProtocolPolicy": "https-only",
            "originSslProtocols": ["TLSv1.2"],
        },
    }
    return {
        "comment": unique("shop"),
        "enabled": True,
        "isIpv6Enabled": True,
        "httpVersion": "http2and3",
        "priceClass": "PriceClass_100",
        "defaultRootObject": "index.html",
        "origins": [origin],
        "defaultCacheBehavior": behavior,
        "orderedCacheBehaviors": [{**behavior, "pathPattern": "/orders*"}],
        "restrictions": {"geoRestriction": {"restrictionType": "none"}},
        "viewerCertificate": {"cloudfrontDefaultCertificate": True},
        "tags": {"service": "api"},
    }


def _headers(_: Stack) -> Properties:
    return {
        "name": unique("headers"),
        "comment": "Security",
        "securityHeadersConfig": {
            "contentTypeOptions": {"override": True},
            "frameOptions": {"frameOption": "DENY", "override": True},
        },
    }


def _acl(_: Stack) -> Properties:
    group = {"vendorName": "AWS", "name": "AWSManagedRulesCommonRuleSet"}
    return {
        "name": unique("acl"),
        "description": "What may come in",
        "scope": "CLOUDFRONT",
        "defaultAction": {"allow": {}},
        "rules": [
            {
                "name": "common",
                "priority": 0,
                "overrideAction": {"none": {}},
                "statement": {"managedRuleGroupStatement": group},
                "visibilityConfig": _VISIBLE,
            }
        ],
        "visibilityConfig": _VISIBLE,
        "tags": {"service": "api"},
    }


def _source(_: Stack) -> Properties:
    return {
        "name": unique("source"),
        "logType": "ACCESS_LOGS",
        "resourceArn": DISTRIBUTION_ARN,
        "tags": {"service": "api"},
    }


def _destination(stack: Stack) -> Properties:
    group = stack.make(LOG_GROUP, name=unique("/aws/vendedlogs/shop"))
    return {
        "name": unique("destination"),
        "outputFormat": "json",
        "deliveryDestinationConfiguration": {"destinationResourceArn": group["arn"]},
        "tags": {"service": "api"},
    }


def _delivery(stack: Stack) -> Properties:
    return {
        "deliverySourceName": stack.make(SOURCE, **_source(stack))["name"],
        "deliveryDestinationArn": stack.make(DESTINATION, **_destination(stack))["arn"],
        "recordFields": ["timestamp", "cs-method"],
        "tags": {"service": "api"},
    }


def _page(stack: Stack) -> Properties:
    return {
        "bucket": stack.make(BUCKET, bucket=unique("pages"))["bucket"],
        "key": "index.html",
        "content": "<p>Shop</p>",
        "contentType": "text/html",
        "tags": {"service": "api"},
    }


def _domain(_: Stack) -> Properties:
    return {
        "domainName": "origin.shop.example",
        "domainNameConfiguration": {
            "certificateArn": CERTIFICATE_ARN,
            "endpointType": "REGIONAL",
            "securityPolicy": "TLS_1_2",
            "targetDomainName": "d-recorded.execute-api.us-east-1.amazonaws.com",
            "hostedZoneId": "ZRECORDED",
        },
        "mutualTlsAuthentication": {"truststoreUri": "s3://trust/authorities.pem"},
    }


def _web_acl_log(_: Stack) -> Properties:
    return {
        "resourceArn": ACL_ARN,
        "logDestinationConfigs": ["arn:aws:logs:us-east-1:000000000000:log-group:aws-waf-logs-a"],
        "redactedFields": [{"singleHeader": {"name": "authorization"}}],
    }


CASES = (
    Case(
        resource_type="aws:cloudfront/distribution:Distribution",
        inputs=_distribution,
        change={"priceClass": "PriceClass_All", "tags": {"tier": "1"}},
        outputs=("arn", "domainName", "hostedZoneId"),
    ),
    Case(
        resource_type="aws:cloudfront/originAccessControl:OriginAccessControl",
        inputs=lambda _: {
            "name": unique("access"),
            "description": "Signed",
            "originAccessControlOriginType": "s3",
            "signingBehavior": "always",
            "signingProtocol": "sigv4",
        },
        change={"description": "Signed always"},
        outputs=("etag",),
    ),
    Case(
        resource_type="aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
        inputs=_headers,
        change={"comment": "More security"},
        outputs=("etag",),
    ),
    Case(
        resource_type="aws:wafv2/webAcl:WebAcl",
        inputs=_acl,
        change={"description": "What may not", "tags": {"tier": "1"}},
        outputs=("arn",),
    ),
    Case(
        resource_type="aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        inputs=_web_acl_log,
        change={"redactedFields": [{"queryString": {}}]},
        survives=True,
    ),
    Case(resource_type=SOURCE, inputs=_source, change={"tags": {"tier": "1"}}, outputs=("arn",)),
    Case(
        resource_type=DESTINATION,
        inputs=_destination,
        change={"outputFormat": "w3c", "tags": {"tier": "1"}},
        outputs=("arn",),
    ),
    Case(
        resource_type="aws:cloudwatch/logDelivery:LogDelivery",
        inputs=_delivery,
        change={"tags": {"tier": "1"}},
        outputs=("arn",),
    ),
    Case(
        resource_type="aws:s3/bucketObjectv2:BucketObjectv2",
        inputs=_page,
        change={"content": "<p>Closed</p>", "tags": {"tier": "1"}},
        outputs=("arn", "etag"),
    ),
    Case(
        resource_type="aws:acm/certificate:Certificate",
        inputs=lambda _: {
            "domainName": "shop.example",
            "validationMethod": "DNS",
            "tags": {"service": "api"},
        },
        change={"tags": {"tier": "1"}},
        outputs=("arn", "domainValidationOptions"),
        survives=True,
    ),
    Case(
        resource_type="aws:acm/certificateValidation:CertificateValidation",
        inputs=lambda _: {
            "certificateArn": CERTIFICATE_ARN,
            "validationRecordFqdns": ["_proof.shop.example"],
        },
        survives=True,
    ),
    Case(
        resource_type="aws:apigatewayv2/domainName:DomainName",
        inputs=_domain,
        change={"mutualTlsAuthentication": {"truststoreUri": "s3://trust/others.pem"}},
        outputs=("arn",),
        survives=True,
    ),
    Case(
        resource_type="aws:apigatewayv2/apiMapping:ApiMapping",
        inputs=lambda _: {"apiId": "a1", "domainName": "origin.shop.example", "stage": "$default"},
        change={"stage": "other"},
        survives=True,
    ),
    Case(
        resource_type="aws:route53/record:Record",
        inputs=lambda _: {
            "zoneId": "Z0123456789",
            "name": "shop.example",
            "type": "CNAME",
            "records": ["other.example"],
            "ttl": 300,
        },
        change={"records": ["another.example"]},
        outputs=("fqdn",),
        survives=True,
    ),
)
