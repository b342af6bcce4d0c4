"""The way to inventory through the mesh: VPC Lattice lets in who signs as a role it knows."""

from __future__ import annotations

from collections.abc import Mapping

import botocore.session
from botocore.auth import UNSIGNED_PAYLOAD, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError

SIGNING_NAME = "vpc-lattice-svcs"


class SignedWay:
    """Signs each request with the process's credentials, all but the body.

    Lattice takes no signature of a body; TLS protects that.
    """

    def __init__(self, session: botocore.session.Session, url: str) -> None:
        self._session = session
        self._url = url

    def to(
        self, method: str, path: str, headers: Mapping[str, str]
    ) -> tuple[str, Mapping[str, str]]:
        """The URL of `path`, and `headers` with a signature that holds for five minutes.

        Raises NoCredentialsError in a process without a role.
        """
        url = f"{self._url}{path}"
        unsigned = {**headers, "x-amz-content-sha256": UNSIGNED_PAYLOAD}
        request = AWSRequest(method, url, headers=unsigned)
        self._signer().add_auth(request)
        return url, dict(request.headers.items())

    def distrust(self) -> None:
        """Nothing to forget: Lattice picks the instance anew for each request."""

    def _signer(self) -> SigV4Auth:
        credentials = self._session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        frozen = credentials.get_frozen_credentials()
        return SigV4Auth(frozen, SIGNING_NAME, self._session.get_config_variable("region"))
