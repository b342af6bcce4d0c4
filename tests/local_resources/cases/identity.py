"""Cases of IAM and Cognito."""

from __future__ import annotations

from local.resources import Properties
from tests.local_resources.cases.case import Case, allow, permit
from tests.local_resources.stack import Stack, unique

ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/policy:Policy"
POOL = "aws:cognito/userPool:UserPool"


def _policy(stack: Stack) -> str:
    policy = permit("sqs:SendMessage", "*")
    return str(stack.make(POLICY, name=unique("policy"), policy=policy)["arn"])


def _role(stack: Stack) -> Properties:
    return {
        "name": unique("role"),
        "assumeRolePolicy": allow("lambda.amazonaws.com"),
        "maxSessionDuration": 3600,
        "permissionsBoundary": _policy(stack),
        "managedPolicyArns": [_policy(stack)],
        "inlinePolicies": [{"name": "send", "policy": permit("sns:Publish", "*")}],
        "tags": {"service": "orders"},
    }


def _role_policy(stack: Stack) -> Properties:
    role = stack.make(ROLE, name=unique("role"), assumeRolePolicy=allow("lambda.amazonaws.com"))
    return {"name": "send", "role": role["name"], "policy": permit("sqs:SendMessage", "*")}


def _attachment(stack: Stack) -> Properties:
    role = stack.make(ROLE, name=unique("role"), assumeRolePolicy=allow("ecs.amazonaws.com"))
    return {"role": role["name"], "policyArn": _policy(stack)}


def _pool(_: Stack) -> Properties:
    return {
        "name": unique("pool"),
        "usernameAttributes": ["email"],
        "autoVerifiedAttributes": ["email"],
        "passwordPolicy": {
            "minimumLength": 12,
            "requireLowercase": True,
            "requireNumbers": True,
            "requireSymbols": False,
            "requireUppercase": True,
            "temporaryPasswordValidityDays": 7,
        },
        "adminCreateUserConfig": {"allowAdminCreateUserOnly": True},
        "accountRecoverySetting": {
            "recoveryMechanisms": [{"name": "verified_email", "priority": 1}]
        },
        "schemas": [
            {
                "name": "tier",
                "attributeDataType": "String",
                "mutable": True,
                "stringAttributeConstraints": {"minLength": "1", "maxLength": "16"},
            }
        ],
        "mfaConfiguration": "OPTIONAL",
        "softwareTokenMfaConfiguration": {"enabled": True},
        "deletionProtection": "INACTIVE",
        "tags": {"service": "shop"},
    }


def _client(stack: Stack) -> Properties:
    return {
        "name": unique("client"),
        "userPoolId": stack.make(POOL, name=unique("pool"))["id"],
        "generateSecret": True,
        "explicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "allowedOauthFlows": ["code"],
        "allowedOauthFlowsUserPoolClient": True,
        "allowedOauthScopes": ["openid", "email"],
        "callbackUrls": ["http://127.0.0.1:8080/callback"],
        "supportedIdentityProviders": ["COGNITO"],
        "accessTokenValidity": 60,
        "tokenValidityUnits": {"accessToken": "minutes"},
        "preventUserExistenceErrors": "ENABLED",
        "enableTokenRevocation": True,
    }


def _resource_server(stack: Stack) -> Properties:
    return {
        "name": "Inventory",
        "identifier": "inventory",
        "userPoolId": stack.make(POOL, name=unique("pool"))["id"],
        "scopes": [{"scopeName": "stock.write", "scopeDescription": "Change stock"}],
    }


def _domain(stack: Stack) -> Properties:
    pool = stack.make(POOL, name=unique("pool"))
    return {"domain": unique("shop-domain"), "userPoolId": pool["id"]}


def _group(stack: Stack) -> Properties:
    pool = stack.make(POOL, name=unique("pool"))
    return {"name": "admins", "userPoolId": pool["id"], "precedence": 1}


CASES = (
    Case(
        resource_type=ROLE,
        inputs=_role,
        change={
            "description": "Runs orders",
            "maxSessionDuration": 7200,
            "inlinePolicies": [],
            "managedPolicyArns": [],
            "tags": {"tier": "1"},
        },
        outputs=("arn", "uniqueId", "createDate"),
    ),
    Case(
        resource_type="aws:iam/rolePolicy:RolePolicy",
        inputs=_role_policy,
        change={"policy": permit("sqs:ReceiveMessage", "*")},
    ),
    Case(resource_type="aws:iam/rolePolicyAttachment:RolePolicyAttachment", inputs=_attachment),
    Case(
        resource_type=POLICY,
        inputs=lambda _: {
            "name": unique("policy"),
            "policy": permit("sqs:SendMessage", "*"),
            "tags": {"service": "orders"},
        },
        change={"policy": permit("sqs:ReceiveMessage", "*"), "tags": {"tier": "1"}},
        outputs=("arn", "policyId"),
    ),
    Case(
        resource_type=POOL,
        inputs=_pool,
        change={"passwordPolicy": {"minimumLength": 14}, "tags": {"tier": "1"}},
        outputs=("arn", "endpoint", "creationDate"),
    ),
    Case(
        resource_type="aws:cognito/userPoolClient:UserPoolClient",
        inputs=_client,
        change={"accessTokenValidity": 30},
        outputs=("clientSecret",),
    ),
    Case(
        resource_type="aws:cognito/resourceServer:ResourceServer",
        inputs=_resource_server,
        change={"scopes": [{"scopeName": "stock.read", "scopeDescription": "See stock"}]},
        outputs=("scopeIdentifiers",),
    ),
    Case(
        resource_type="aws:cognito/userPoolDomain:UserPoolDomain",
        inputs=_domain,
        outputs=("awsAccountId",),
    ),
    Case(
        resource_type="aws:cognito/userGroup:UserGroup",
        inputs=_group,
    ),
)
