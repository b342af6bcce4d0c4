"""The password RDS takes from an IAM role: a token, signed here."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import botocore.session
from botocore.awsrequest import prepare_request_dict
from botocore.model import ServiceId
from botocore.signers import RequestSigner

from payments.database import Address

TOKEN_LIFE_SECONDS = 900
_SCHEME = "https://"


def iam_token(session: botocore.session.Session, address: Address, user: str) -> str:
    """A password that RDS takes for 15 minutes, signed here with the process's credentials.

    The same as the rds client's `generate_db_auth_token`, without loading that client.
    """
    region = session.get_config_variable("region")
    signer = RequestSigner(
        ServiceId("RDS"),
        region,
        "rds-db",
        "v4",
        session.get_credentials(),
        session.get_component("event_emitter"),
    )
    request: dict[str, Any] = {
        "method": "GET",
        "url_path": "/",
        "query_string": "",
        "headers": {},
        "body": {"Action": "connect", "DBUser": user},
    }
    prepare_request_dict(request, f"{_SCHEME}{quote(address.host, safe='')}:{address.port}")
    url: str = signer.generate_presigned_url(
        request,
        "connect",
        expires_in=TOKEN_LIFE_SECONDS,
        region_name=region,
        signing_name="rds-db",
    )
    return url.removeprefix(_SCHEME)
