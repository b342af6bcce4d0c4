"""The environment of payments' functions, and the token they enter the ledger with."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest

from common.env import ConfigurationError, load
from payments.database import Address
from payments.env import LedgerEnvironment, MigrationEnvironment, ProcessingEnvironment
from payments.iam import iam_token

HOST = "payments.cluster-abc.eu-west-1.rds.amazonaws.com"
DATABASE = {
    "PAYMENTS_DATABASE_HOST": HOST,
    "PAYMENTS_DATABASE_PORT": "5432",
    "PAYMENTS_DATABASE_NAME": "payments",
}
PROCESSING = {
    "PAYMENTS_PROVIDER": "sandbox",
    "PAYMENTS_CHARGE_STALE_SECONDS": "60",
    "EVENTS_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:events",
}


@pytest.fixture
def session() -> botocore.session.Session:
    made = botocore.session.Session()
    made.set_credentials("AKIDEXAMPLE", "secret", "the session's token")
    made.set_config_variable("region", "eu-west-1")
    return made


def address(host: str) -> Address:
    return Address(host=host, port=5432, name="payments")


def test_the_token_is_the_one_that_the_rds_client_makes(
    session: botocore.session.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 11, 24, 3, 11)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *args, **kwargs: moment)
    expected = session.create_client("rds").generate_db_auth_token(HOST, 5432, "payments_app")

    assert iam_token(session, address(HOST), "payments_app") == expected


def test_the_token_names_the_user_and_lives_for_15_minutes(
    session: botocore.session.Session,
) -> None:
    token = urlsplit("https://" + iam_token(session, address(HOST), "payments_app"))
    query = parse_qs(token.query)

    assert (token.hostname, token.port) == (HOST, 5432)
    assert (query["Action"], query["DBUser"]) == (["connect"], ["payments_app"])
    assert query["X-Amz-Expires"] == ["900"]
    assert query["X-Amz-Security-Token"] == ["the session's token"]


def test_a_token_can_be_signed_for_a_socket_directory_too(
    session: botocore.session.Session,
) -> None:
    assert "DBUser=payments_app" in iam_token(session, address("/run/pg"), "payments_app")


def test_the_variables_of_each_function_are_read_by_their_names() -> None:
    entrance = {**DATABASE, "PAYMENTS_DATABASE_PAUSES": "true"}
    ledger = load(LedgerEnvironment, {**entrance, "PAYMENTS_DATABASE_USER": "payments_app"})
    migration = load(
        MigrationEnvironment,
        {
            **entrance,
            "PAYMENTS_DATABASE_USER": "payments_migrator",
            "PAYMENTS_MASTER_SECRET_ARN": "arn",
            "PAYMENTS_DATABASE_CONNECTIONS_MAX": "20",
        },
    )
    processing = load(ProcessingEnvironment, PROCESSING)

    assert (ledger.payments_database_port, ledger.payments_database_user) == (5432, "payments_app")
    assert ledger.payments_database_pauses is True
    assert migration.payments_master_secret_arn == "arn"  # noqa: S105 - the name of a secret
    assert migration.payments_database_user == "payments_migrator"
    assert migration.payments_database_connections_max == 20
    assert processing.payments_charge_stale_seconds == 60


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"PAYMENTS_PROVIDER": "paypal"}, "payments_provider"),
        ({"PAYMENTS_CHARGE_STALE_SECONDS": "0"}, "payments_charge_stale_seconds"),
        ({"EVENTS_TOPIC_ARN": ""}, "events_topic_arn"),
        ({"PAYMENTS_PROVIDER": "stripe"}, "payments_stripe_secret_arn is empty"),
        (
            {"PAYMENTS_PROVIDER": "stripe", "PAYMENTS_STRIPE_SECRET_ARN": ""},
            "payments_stripe_secret_arn is empty",
        ),
    ],
)
def test_an_environment_that_does_not_fit_is_refused_by_name(
    changes: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load(ProcessingEnvironment, {**PROCESSING, **changes})
