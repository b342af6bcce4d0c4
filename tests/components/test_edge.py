"""The public API: which routes there are, who may use them, and what answers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from components import inventory, notifications, orders, payments
from components.blocks.user_pool import CUSTOMER_SCOPE
from tests.support.configuration import stack_config
from tests.support.harness import ACCOUNT, Built, Resource, build_stack

ROUTE = "aws:apigatewayv2/route:Route"
INTEGRATION = "aws:apigatewayv2/integration:Integration"
SERVED = {
    "orders": orders.ROUTES,
    "payments": payments.ROUTES,
    "notifications": notifications.ROUTES,
    "inventory": inventory.ROUTES,
}
CATALOGUE = {"GET /products", "GET /products/{product_id}"}
PUBLIC = CATALOGUE | {"POST /payments/webhooks/stripe"}
STOCK = {"PUT /products/{product_id}", "POST /products/{product_id}/stock-adjustments"}


def integration_of(built: Built, route: Resource) -> Resource:
    (found,) = [
        integration
        for integration in built.under("edge").of_type(INTEGRATION)
        if route.inputs["target"] == f"integrations/integration-{integration.name}-id"
    ]
    return found


def by_key(built: Built) -> dict[str, Resource]:
    return {route.inputs["routeKey"]: route for route in built.under("edge").of_type(ROUTE)}


def test_the_api_has_exactly_the_routes_that_the_services_declare(shop: Built) -> None:
    declared = sorted(route.key for routes in SERVED.values() for route in routes)

    assert sorted(by_key(shop)) == declared
    assert len(shop.under("edge").of_type(ROUTE)) == len(declared)


def test_only_reading_products_and_the_providers_webhooks_need_no_token(shop: Built) -> None:
    open_to_all = {
        key for key, route in by_key(shop).items() if route.inputs["authorizationType"] != "JWT"
    }

    assert open_to_all == PUBLIC


def test_every_other_route_needs_a_token_with_the_scope_of_its_callers(shop: Built) -> None:
    authorizer = f"authorizer-{shop.named('edge-api-authorizer').inputs['name']}"
    for key, route in by_key(shop).items():
        if key in PUBLIC:
            assert "authorizerId" not in route.inputs
            assert "authorizationScopes" not in route.inputs
            continue
        assert route.inputs["authorizerId"] == authorizer
        scope = "inventory/stock.write" if key in STOCK else CUSTOMER_SCOPE
        assert route.inputs["authorizationScopes"] == [scope], key


def test_a_route_is_answered_by_the_service_that_declares_it(shop: Built) -> None:
    for service, routes in SERVED.items():
        for route in routes:
            integration = integration_of(shop, by_key(shop)[route.key])
            assert integration.name.startswith(f"edge-api-{service}-"), route.key


def test_a_function_answers_through_its_own_invocation_path_and_may_be_invoked(
    shop: Built,
) -> None:
    api = shop.named("edge-api-api").outputs["executionArn"]
    for service in ("orders", "payments", "notifications"):
        function = shop.named(f"{service}-http-function")
        alias = shop.named(f"{service}-http-alias")
        integration = shop.named(f"edge-api-{service}-integration")
        permission = shop.named(f"edge-api-{service}-permission")
        assert integration.inputs["integrationUri"] == alias.outputs["invokeArn"]
        assert integration.inputs["integrationType"] == "AWS_PROXY"
        assert integration.inputs["payloadFormatVersion"] == "2.0"
        assert permission.inputs["function"] == function.inputs["name"]
        assert permission.inputs["qualifier"] == alias.inputs["name"]
        assert permission.inputs["action"] == "lambda:InvokeFunction"
        assert permission.inputs["principal"] == "apigateway.amazonaws.com"
        assert permission.inputs["sourceArn"] == f"{api}/*"


def test_inventory_answers_through_the_private_link_to_its_listener(shop: Built) -> None:
    link = f"vpcLink-{shop.named('edge-api-link').inputs['name']}"
    for kind in ("public", "secured"):
        integration = shop.named(f"edge-api-inventory-{kind}-integration").inputs
        listener = shop.named("inventory-entry-listener").outputs["arn"]
        assert integration["integrationUri"] == listener
        assert integration["integrationType"] == "HTTP_PROXY"
        assert integration["integrationMethod"] == "ANY"
        assert integration["connectionType"] == "VPC_LINK"
        assert integration["connectionId"] == link
        assert integration["payloadFormatVersion"] == "1.0"
        assert 50 <= integration["timeoutMilliseconds"] <= 30_000


def test_no_caller_can_claim_a_scope_by_header(shop: Built) -> None:
    header = {
        key: integration_of(shop, by_key(shop)[key]).inputs["requestParameters"]
        for key in CATALOGUE | STOCK
    }

    for key in STOCK:
        assert header[key] == {
            "overwrite:header.x-caller-scope": "$context.authorizer.claims.scope"
        }
    for key in CATALOGUE:
        assert header[key] == {"remove:header.x-caller-scope": "''"}


def test_tokens_are_from_the_shops_pool_for_its_two_clients(stacks: Mapping[str, Built]) -> None:
    for stack, built in stacks.items():
        authorizer = built.named("edge-api-authorizer").inputs
        region = stack_config(stack)["aws:region"]
        pool = f"userPool-{built.named('edge-users-pool').inputs['name']}"
        assert authorizer["authorizerType"] == "JWT"
        assert authorizer["identitySources"] == ["$request.header.Authorization"]
        assert authorizer["jwtConfiguration"] == {
            "issuer": f"https://cognito-idp.{region}.amazonaws.com/{pool}",
            "audiences": [
                f"userPoolClient-{built.named(f'edge-users-{client}-client').inputs['name']}"
                for client in ("shop", "back-office")
            ],
        }


def test_machines_get_the_scopes_of_the_routes_they_call_and_customers_none(shop: Built) -> None:
    pool = f"userPool-{shop.named('edge-users-pool').inputs['name']}"
    server = shop.named("edge-users-resource-server").inputs
    machine = shop.named("edge-users-back-office-client").inputs
    customer = shop.named("edge-users-shop-client").inputs

    scopes = [f"{server['identifier']}/{scope['scopeName']}" for scope in server["scopes"]]
    assert scopes == machine["allowedOauthScopes"] == ["inventory/stock.write"]
    assert machine["allowedOauthFlows"] == ["client_credentials"]
    assert machine["allowedOauthFlowsUserPoolClient"] is True
    assert machine["generateSecret"] is True
    assert "allowedOauthFlows" not in customer
    assert "generateSecret" not in customer
    assert {customer["userPoolId"], machine["userPoolId"], server["userPoolId"]} == {pool}
    assert shop.named("edge-users-resource-server").urn in (
        shop.named("edge-users-back-office-client").dependencies
    )


def test_customers_never_send_their_password_in_clear(shop: Built) -> None:
    customer = shop.named("edge-users-shop-client").inputs

    assert "ALLOW_USER_PASSWORD_AUTH" not in customer["explicitAuthFlows"]
    assert "ALLOW_USER_SRP_AUTH" in customer["explicitAuthFlows"]
    assert customer["preventUserExistenceErrors"] == "ENABLED"
    assert customer["enableTokenRevocation"] is True


def test_the_sign_in_domain_cannot_be_taken_by_another_account(shop: Built) -> None:
    domain = shop.named("edge-users-domain").inputs["domain"]

    assert domain.endswith(f"-users-{ACCOUNT}")
    assert re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", domain)
    assert not re.search("aws|amazon|cognito", domain)


def test_the_pool_is_protected_as_configured(stacks: Mapping[str, Built]) -> None:
    for stack, built in stacks.items():
        protected = stack_config(stack)["api:users_deletion_protected"] == "true"
        expected = "ACTIVE" if protected else "INACTIVE"
        assert built.named("edge-users-pool").inputs["deletionProtection"] == expected


def test_tokens_live_and_requests_are_throttled_as_configured(stacks: Mapping[str, Built]) -> None:
    for stack, built in stacks.items():
        config = stack_config(stack)
        for client in built.of_type("aws:cognito/userPoolClient:UserPoolClient"):
            minutes = int(config["api:access_token_minutes"])
            assert client.inputs["accessTokenValidity"] == minutes
            assert client.inputs["tokenValidityUnits"] == {"accessToken": "minutes"}
        assert built.named("edge-api-stage").inputs["defaultRouteSettings"] == {
            "throttlingRateLimit": int(config["api:throttle_rate"]),
            "throttlingBurstLimit": int(config["api:throttle_burst"]),
        }


def test_each_route_has_a_throttle_of_its_own_within_the_apis(stacks: Mapping[str, Built]) -> None:
    for stack, built in stacks.items():
        rate = int(stack_config(stack)["api:throttle_rate"])
        burst = int(stack_config(stack)["api:throttle_burst"])
        limits = {
            each["routeKey"]: (each["throttlingRateLimit"], each["throttlingBurstLimit"])
            for each in built.named("edge-api-stage").inputs["routeSettings"]
        }
        assert set(limits) == set(by_key(built))
        assert all(1 <= limit <= rate and 1 <= most <= burst for limit, most in limits.values())
        assert limits["POST /orders"] == (rate / 5, burst / 5)
        assert limits["POST /orders"][0] > limits["POST /orders/{order_id}/cancel"][0]


def test_a_throttle_is_set_once_its_route_is_there(shop: Built) -> None:
    stage = shop.named("edge-api-stage")

    assert {route.urn for route in shop.under("edge").of_type(ROUTE)} <= set(stage.dependencies)


def test_no_page_of_another_origin_may_call_the_api_unless_it_is_named(
    ready_packages: None, shop: Built
) -> None:
    origins = "https://shop.example,https://admin.shop.example"
    named = build_stack("dev", edge__cors_origins=origins).named("edge-api-api")
    cors = named.inputs["corsConfiguration"]

    assert "corsConfiguration" not in shop.named("edge-api-api").inputs
    assert cors["allowOrigins"] == origins.split(",")
    assert cors["allowCredentials"] is False
    assert {"authorization", "idempotency-key"} <= set(cors["allowHeaders"])
    assert "*" not in str(cors)


def test_every_request_is_logged_without_its_token(shop: Built) -> None:
    stage = shop.named("edge-api-stage").inputs
    logged = stage["accessLogSettings"]

    assert stage["name"] == "$default"
    assert stage["autoDeploy"] is True
    assert logged["destinationArn"] == shop.named("edge-api-access-logs").outputs["arn"]
    assert "$context.requestId" in logged["format"]
    assert "authorization" not in logged["format"].lower()


def test_the_link_stands_in_private_subnets_with_a_group_of_its_own(shop: Built) -> None:
    link = shop.named("edge-api-link").inputs
    group = shop.named("network-api-link-group").inputs["name"]

    assert link["subnetIds"] == shop.named("network-vpc").outputs["privateSubnetIds"]
    assert link["securityGroupIds"] == [f"securityGroup-{group}"]


def test_the_back_office_secret_is_the_only_secret_output_and_stays_one(shop: Built) -> None:
    assert shop.secret_outputs == {"back_office_client_secret"}
    assert set(shop.outputs) == {
        "api_url",
        "alerts_url",
        "user_pool_id",
        "shop_client_id",
        "back_office_client_id",
        "back_office_client_secret",
        "orders_table_name",
        "inventory_table_name",
    }


def test_no_resource_is_given_a_secret_in_clear(shop: Built) -> None:
    secret = shop.outputs["back_office_client_secret"]

    assert [resource.name for resource in shop if secret in str(resource.inputs)] == []


def test_a_route_without_a_scope_is_declared_so_on_purpose() -> None:
    unscoped = {route.key for routes in SERVED.values() for route in routes if route.scope is None}

    assert unscoped == PUBLIC
