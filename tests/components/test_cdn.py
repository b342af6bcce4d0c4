"""CloudFront and what belongs to it: every request comes through it, whatever the environment."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from pulumi.runtime import rpc

from tests.components.test_edge import by_key
from tests.support import harness
from tests.support.configuration import stack_config
from tests.support.harness import ACCOUNT, Built, Resource
from tests.support.relations import ALARM, FUNCTION, container, environment

DOMAIN = "shop.example.com"
CLIENT_CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/client"
TRUSTSTORE = "s3://trust/authorities.pem"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
DIGESTS = "EDGE_ORIGIN_DIGESTS"
FUNCTIONS = ("orders", "payments", "notifications")
ABROAD = {
    "aws:wafv2/webAcl:WebAcl",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    "aws:cloudwatch/logDelivery:LogDelivery",
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination",
    "aws:cloudwatch/logDeliverySource:LogDeliverySource",
}
"""Types that CloudFront looks for in us-east-1 only."""


@pytest.fixture(params=["dev", "prod"])
def cloud(request: pytest.FixtureRequest, stacks: Mapping[str, Built]) -> Built:
    """The stacks that stand behind CloudFront."""
    return stacks[request.param]


@pytest.fixture(scope="module")
def named() -> Built:
    """prod under a domain of its own."""
    with harness.ready_packages():
        return harness.build_stack(
            "prod",
            edge__domain_name=DOMAIN,
            edge__zone_id="Z0123456789",
            edge__origin_certificate_arn=CLIENT_CERTIFICATE,
            edge__origin_truststore_uri=TRUSTSTORE,
        )


def distribution(built: Built) -> dict[str, Any]:
    return built.named("edge-cdn-distribution").inputs


def origin(built: Built, name: str) -> dict[str, Any]:
    origins = rpc.unwrap_rpc_secret(distribution(built)["origins"])
    (found,) = [each for each in origins if each["originId"] == name]
    assert isinstance(found, dict)
    return found


def accepted(built: Built) -> list[str]:
    """The digests that each backend of the API has; all have the same."""
    variables = [environment(built.named(f"{each}-http-function")) for each in FUNCTIONS]
    (task,) = [
        container(resource)
        for resource in built.of_type("aws:ecs/taskDefinition:TaskDefinition")
        if resource.name.startswith("inventory-api")
    ]
    variables.append({each["name"]: each["value"] for each in task["environment"]})
    (digests,) = {each[DIGESTS] for each in variables}
    return digests.split(",")


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def test_every_route_is_answered_by_the_api_and_everything_else_by_a_page(cloud: Built) -> None:
    patterns = {each["pathPattern"] for each in distribution(cloud)["orderedCacheBehaviors"]}
    covered = {f"/{key.split('/')[1]}*" for key in by_key(cloud)}

    assert patterns == covered
    assert distribution(cloud)["defaultCacheBehavior"]["targetOriginId"] == "pages"
    for behavior in distribution(cloud)["orderedCacheBehaviors"]:
        assert behavior["targetOriginId"] == "api"
        assert behavior["viewerProtocolPolicy"] == "https-only"
        assert behavior["cachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        assert behavior["originRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-38738e2966ac"
        assert {"GET", "POST", "PUT", "OPTIONS"} <= set(behavior["allowedMethods"])


def test_every_answer_carries_the_security_headers(cloud: Built) -> None:
    policy = cloud.named("edge-cdn-headers")
    security = policy.inputs["securityHeadersConfig"]
    behaviors = [
        distribution(cloud)["defaultCacheBehavior"],
        *distribution(cloud)["orderedCacheBehaviors"],
    ]

    assert {each["responseHeadersPolicyId"] for each in behaviors} == {policy.inputs["name"]}
    assert security["strictTransportSecurity"]["accessControlMaxAgeSec"] >= 31_536_000
    assert security["strictTransportSecurity"]["includeSubdomains"] is True
    assert security["frameOptions"]["frameOption"] == "DENY"
    assert security["referrerPolicy"]["referrerPolicy"] == "no-referrer"
    content = security["contentSecurityPolicy"]["contentSecurityPolicy"]
    assert content.startswith("default-src 'none'")
    assert "unsafe" not in content
    assert "frame-ancestors 'none'" in content
    assert re.search(r"; connect-src 'self' wss://[\w.-]+\.execute-api\.\S+$", content)
    assert {each["override"] for each in security.values()} == {True}


def test_the_web_acl_looks_at_each_request_first(stacks: Mapping[str, Built]) -> None:
    for stack in ("dev", "prod"):
        acl = stacks[stack].named("edge-web-acl-acl")
        rules = {rule["name"]: rule for rule in acl.inputs["rules"]}
        limit = rules["rate"]["statement"]["rateBasedStatement"]
        assert distribution(stacks[stack])["webAclId"] == acl.outputs["arn"]
        assert acl.inputs["scope"] == "CLOUDFRONT"
        assert set(rules) == {
            *("rate", "machines", "AWSManagedRulesAmazonIpReputationList"),
            *("AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesCommonRuleSet"),
        }
        assert limit["limit"] == int(stack_config(stack)["edge:rate_limit_per_5_minutes"])
        assert limit["evaluationWindowSec"] == 300
        assert "block" in rules["rate"]["action"]
        managed = [rule for name, rule in rules.items() if name.startswith("AWS")]
        assert [set(rule["overrideAction"]) for rule in managed] == [{"none"}] * 3
        assert len({rule["priority"] for rule in rules.values()}) == 5


def test_the_payment_provider_has_a_limit_of_its_own_which_nobody_else_uses_up(
    cloud: Built,
) -> None:
    everybody, machines = (
        rule["statement"]["rateBasedStatement"]
        for rule in cloud.named("edge-web-acl-acl").inputs["rules"]
        if rule["name"] in ("rate", "machines")
    )
    path = {
        "byteMatchStatement": {
            "fieldToMatch": {"uriPath": {}},
            "positionalConstraint": "EXACTLY",
            "searchString": "/payments/webhooks/stripe",
            "textTransformations": [{"priority": 0, "type": "NONE"}],
        }
    }

    assert everybody["scopeDownStatement"] == {"notStatement": {"statement": path}}
    assert machines["scopeDownStatement"] == path
    assert machines["limit"] == 10 * everybody["limit"]


def test_only_the_size_of_a_body_is_left_to_the_services(cloud: Built) -> None:
    overridden = [
        override["name"]
        for rule in cloud.named("edge-web-acl-acl").inputs["rules"]
        for override in rule["statement"]
        .get("managedRuleGroupStatement", {})
        .get("ruleActionOverrides", [])
    ]

    assert overridden == ["SizeRestrictions_BODY"]


def test_logs_hold_neither_tokens_nor_query_strings(cloud: Built) -> None:
    redacted = cloud.named("edge-web-acl-logging").inputs["redactedFields"]
    fields = cloud.named("edge-cdn-logs-delivery").inputs["recordFields"]

    hidden = {field["singleHeader"]["name"] for field in redacted if "singleHeader" in field}
    assert hidden == {"authorization", "cookie", "stripe-signature"}
    assert {"queryString": {}} in redacted
    assert not {"cs-uri-query", "cs(Cookie)"} & set(fields)
    assert {"timestamp", "cs-method", "cs-uri-stem", "sc-status"} <= set(fields)


def test_requests_of_the_distribution_are_logged(cloud: Built) -> None:
    source = cloud.named("edge-cdn-logs-source").inputs
    destination = cloud.named("edge-cdn-logs-destination")
    delivery = cloud.named("edge-cdn-logs-delivery").inputs
    group = cloud.named("edge-cdn-logs-logs").outputs["arn"]

    assert source["resourceArn"] == cloud.named("edge-cdn-distribution").outputs["arn"]
    assert source["logType"] == "ACCESS_LOGS"
    assert destination.inputs["deliveryDestinationConfiguration"] == {
        "destinationResourceArn": group
    }
    assert delivery["deliverySourceName"] == source["name"]
    assert delivery["deliveryDestinationArn"] == destination.outputs["arn"]
    assert cloud.named("edge-web-acl-logging").inputs["logDestinationConfigs"] == [
        cloud.named("edge-web-acl-logs").outputs["arn"]
    ]
    assert cloud.named("edge-web-acl-logs").inputs["name"].startswith("aws-waf-logs-")


def test_what_cloudfront_needs_abroad_is_made_there(cloud: Built, named: Built) -> None:
    for built in (cloud, named):
        provider = built.named("edge-abroad")
        abroad = [each for each in built if each.provider.startswith(provider.urn)]
        assert provider.inputs["region"] == "us-east-1"
        assert "defaultTags" not in provider.inputs
        assert {each.type for each in abroad} >= ABROAD
        assert {each.type for each in built if each not in abroad} & ABROAD == set()
    made = [each.name for each in named if each.provider.startswith(named.named("edge-abroad").urn)]
    assert "edge-certificate-certificate" in made
    assert "edge-origin-certificate-certificate" not in made


def test_what_watches_and_encrypts_abroad_is_there_too(cloud: Built) -> None:
    provider = cloud.named("edge-abroad").urn
    abroad = {each.name: each for each in cloud if each.provider.startswith(provider)}
    key = abroad["edge-global-key-key"]
    topic = abroad["edge-global-alarms-topic"]
    groups = [each for each in abroad.values() if each.type == LOGS]
    alarms = [each for each in abroad.values() if each.type == ALARM]

    assert {each.name for each in groups} == {"edge-cdn-logs-logs", "edge-web-acl-logs"}
    assert {each.inputs["kmsKeyId"] for each in groups} == {key.outputs["arn"]}
    assert topic.inputs["kmsMasterKeyId"] == key.outputs["arn"]
    assert {each.inputs["name"].rpartition("-")[2] for each in alarms} == {"blocked", "failing"}
    assert [each.inputs["alarmActions"] for each in alarms] == [[topic.outputs["arn"]]] * 2
    assert {each.name for each in cloud.of_type(ALARM) if each not in alarms} & {
        "edge-global-blocked",
        "edge-global-failing",
    } == set()


def test_the_key_abroad_admits_alarms_and_logs_of_this_environment_there(cloud: Built) -> None:
    key = cloud.named("edge-global-key-key").inputs
    environment_ = key["tags"]["environment"]
    _, alarms, logs = json.loads(key["policy"])["Statement"]
    own = f"us-east-1:{ACCOUNT}"

    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"]["ArnLike"] == {
        "aws:SourceArn": f"arn:aws:cloudwatch:{own}:alarm:storefront-{environment_}-*"
    }
    assert logs["Principal"] == {"Service": "logs.us-east-1.amazonaws.com"}
    assert logs["Condition"]["ArnLike"] == {
        "kms:EncryptionContext:aws:logs:arn": (
            f"arn:aws:logs:{own}:log-group:*storefront-{environment_}-*"
        )
    }


def test_an_address_for_alarms_is_told_of_those_abroad_too(ready_packages: None) -> None:
    built = harness.build_stack("dev", platform__alarm_email="ops@example.com")
    told = [each for each in built if each.name.endswith("-email")]

    assert {each.inputs["endpoint"] for each in told} == {"ops@example.com"}
    assert {each.name for each in told} == {"alarms-email", "edge-global-alarms-email"}


def test_only_the_distribution_reads_the_pages(cloud: Built) -> None:
    pages = origin(cloud, "pages")
    policy = json.loads(cloud.named("edge-pages-bucket-policy").inputs["policy"])
    reading = [each for each in policy["Statement"] if each["Effect"] == "Allow"]
    control = cloud.named("edge-pages-access")

    assert pages["originAccessControlId"] == control.outputs["name"]
    assert control.inputs["signingBehavior"] == "always"
    assert [each["Principal"] for each in reading] == [{"Service": "cloudfront.amazonaws.com"}]
    assert reading[0]["Action"] == "s3:GetObject"
    assert reading[0]["Condition"]["StringEquals"] == {
        "AWS:SourceArn": cloud.named("edge-cdn-distribution").outputs["arn"]
    }


def test_the_pages_key_rotates_and_admits_cloudfront_for_this_account_alone(cloud: Built) -> None:
    key = cloud.named("edge-pages-key-key").inputs
    _, *others = json.loads(key["policy"])["Statement"]

    assert key["enableKeyRotation"] is True
    assert [(each["Principal"], each["Action"]) for each in others] == [
        ({"Service": "cloudfront.amazonaws.com"}, ["kms:Decrypt"])
    ]
    assert others[0]["Condition"] == {
        "StringLike": {"aws:SourceArn": f"arn:*:cloudfront::{ACCOUNT}:distribution/*"}
    }


def test_the_pages_need_nothing_from_elsewhere(cloud: Built) -> None:
    pages = {
        page.inputs["key"]: page.inputs
        for page in cloud.of_type("aws:s3/bucketObjectv2:BucketObjectv2")
    }

    assert set(pages) == {"index.html", "openapi.yaml"}
    assert "//" not in pages["index.html"]["content"]
    assert pages["index.html"]["contentType"].startswith("text/html")
    assert distribution(cloud)["defaultRootObject"] in pages


def test_cloudfront_proves_itself_and_every_backend_knows_by_what(cloud: Built) -> None:
    (header,) = origin(cloud, "api")["customHeaders"]

    assert header["name"] == "x-origin-verify"
    assert digest(header["value"]) == accepted(cloud)[1]
    assert len(set(accepted(cloud))) == 3


def test_the_header_is_checked_where_the_api_leads_and_asked_of_nobody_else(cloud: Built) -> None:
    knowing = {each.name for each in cloud.of_type(FUNCTION) if DIGESTS in environment(each)}

    assert knowing >= {f"{service}-http-function" for service in FUNCTIONS}
    assert {name for name in knowing if name.endswith(("-events-function", "-sweep-function"))} == (
        set()
    )


def test_a_rotation_keeps_what_is_in_use_valid(stacks: Mapping[str, Built]) -> None:
    def secrets(built: Built) -> set[str]:
        return {each.name for each in built.of_type("aws:secretsmanager/secret:Secret")}

    with harness.ready_packages():
        rotated = harness.build_stack("dev", **{"edge__origin_secret_generation": "2"})

    assert {f"origin-{generation}-secret" for generation in (0, 1, 2)} <= secrets(stacks["dev"])
    assert {f"origin-{generation}-secret" for generation in (1, 2, 3)} <= secrets(rotated)
    assert "origin-0-secret" not in secrets(rotated)


def test_the_secret_is_made_once_and_never_in_clear(cloud: Built) -> None:
    value = origin(cloud, "api")["customHeaders"][0]["value"]
    holding = {
        each.name
        for each in cloud
        if value in json.dumps(each.inputs, default=lambda asset: asset.path)
    }

    assert holding == {"edge-cdn-distribution", "origin-1-version"}
    for name in holding:
        assert cloud.named(name).secret_inputs & {"origins", "secretString"}


def test_without_cloudfront_nothing_is_checked_and_the_api_is_called_itself(
    stacks: Mapping[str, Built],
) -> None:
    local = stacks["local"]

    assert [each.name for each in local.of_type(FUNCTION) if DIGESTS in environment(each)] == []
    assert local.of_type("aws:cloudfront/distribution:Distribution") == []
    assert local.outputs["api_url"] == local.named("edge-api-api").outputs["apiEndpoint"]


def test_without_a_domain_cloudfront_calls_the_api_by_its_own_endpoint(cloud: Built) -> None:
    api = cloud.named("edge-api-api")
    host = api.outputs["apiEndpoint"].removeprefix("https://")

    assert origin(cloud, "api")["domainName"] == host
    assert "disableExecuteApiEndpoint" not in api.inputs
    assert "originMtlsConfig" not in origin(cloud, "api")["customOriginConfig"]
    assert cloud.outputs["api_url"] == "https://d111111abcdef8.cloudfront.net"


def test_with_a_domain_the_api_takes_nobody_but_cloudfront(named: Built) -> None:
    api = origin(named, "api")
    domain = named.named("edge-origin-domain")
    mapping = named.named("edge-origin-mapping").inputs

    assert named.named("edge-api-api").inputs["disableExecuteApiEndpoint"] is True
    assert api["domainName"] == f"origin.{DOMAIN}"
    assert api["customOriginConfig"]["originMtlsConfig"] == {
        "clientCertificateArn": CLIENT_CERTIFICATE
    }
    assert domain.inputs["mutualTlsAuthentication"] == {"truststoreUri": TRUSTSTORE}
    assert domain.inputs["domainNameConfiguration"]["securityPolicy"] == "TLS_1_2"
    assert mapping["stage"] == "$default"
    assert api["customHeaders"] != []


def test_with_a_domain_alerts_come_from_a_name_below_it(named: Built, cloud: Built) -> None:
    domain = named.named("notifications-live-name-domain").inputs
    mapping = named.named("notifications-live-name-mapping").inputs
    record = named.named("notifications-live-name-record").inputs
    told = environment(named.named("notifications-http-function"))
    sends = environment(named.named("notifications-events-function"))
    own = named.named("notifications-live-stage").outputs["invokeUrl"]

    assert domain["domainName"] == record["name"] == f"alerts.{DOMAIN}"
    assert domain["domainNameConfiguration"]["securityPolicy"] == "TLS_1_2"
    assert "mutualTlsAuthentication" not in domain
    assert mapping["apiId"] == named.named("notifications-live-stage").inputs["apiId"]
    assert mapping["stage"] == "live"
    assert told["NOTIFICATIONS_ALERTS_URL"] == f"wss://alerts.{DOMAIN}"
    assert sends["NOTIFICATIONS_CONNECTIONS_URL"] == f"http{own.removeprefix('ws')}"
    policy = named.named("edge-cdn-headers").inputs["securityHeadersConfig"]
    allowed = policy["contentSecurityPolicy"]["contentSecurityPolicy"]
    assert allowed.endswith(f"connect-src 'self' wss://alerts.{DOMAIN}")
    assert cloud.of_type("aws:apigatewayv2/apiMapping:ApiMapping") == []


def test_with_a_domain_its_names_lead_to_cloudfront_under_a_certificate(named: Built) -> None:
    records = {
        (each.inputs["name"], each.inputs["type"]): each.inputs
        for each in named.of_type("aws:route53/record:Record")
    }
    target = named.named("edge-cdn-distribution").outputs["domainName"]
    viewer = distribution(named)["viewerCertificate"]
    certificate = named.named("edge-certificate-certificate")

    assert distribution(named)["aliases"] == [DOMAIN]
    assert {records[DOMAIN, kind]["aliases"][0]["name"] for kind in ("A", "AAAA")} == {target}
    assert (f"origin.{DOMAIN}", "A") in records
    assert viewer["acmCertificateArn"] == certificate.outputs["arn"]
    assert viewer["minimumProtocolVersion"] == "TLSv1.2_2021"
    assert {each["zoneId"] for each in records.values()} == {"Z0123456789"}
    assert named.outputs["api_url"] == f"https://{DOMAIN}"


def test_a_certificate_is_used_once_its_zone_has_proved_it(named: Built) -> None:
    def proof(name: str) -> tuple[Resource, Resource, Resource]:
        return (
            named.named(f"{name}-certificate"),
            named.named(f"{name}-proof"),
            named.named(f"{name}-issued"),
        )

    for name in (
        "edge-certificate",
        "edge-origin-certificate",
        "notifications-live-name-certificate",
    ):
        certificate, record, issued = proof(name)
        (asked,) = certificate.outputs["domainValidationOptions"]
        assert record.inputs["records"] == [asked["resourceRecordValue"]]
        assert issued.inputs["validationRecordFqdns"] == [record.outputs["fqdn"]]
        assert issued.inputs["certificateArn"] == certificate.outputs["arn"]
