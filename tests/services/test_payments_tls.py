"""A connection to the ledger is made only to a server that proves its name."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from payments import database
from payments.database import Address, connect
from tests.support.configuration import stack_config

_ONE_DAY = datetime.timedelta(days=1)
_REFUSAL = b"SFATAL\0C28000\0Mentered over TLS\0\0"


@dataclass(frozen=True)
class Authority:
    """A root of our own, and the certificate and key of a server called `localhost`."""

    root: Path
    chain: Path


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    directory = tmp_path_factory.mktemp("authority")
    issuer, key = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "root")]), _key()
    root = _certificate(issuer, key, issuer, key, x509.BasicConstraints(ca=True, path_length=None))
    subject, own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), _key()
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    server = _certificate(issuer, key, subject, own, names)
    paths = Authority(directory / "root.pem", directory / "server.pem")
    paths.root.write_bytes(root)
    paths.chain.write_bytes(
        server
        + own.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _certificate(
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    subject: x509.Name,
    own: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> bytes:
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _ONE_DAY)
        .not_valid_after(now + _ONE_DAY)
        .add_extension(extension, critical=True)
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM)


@contextmanager
def server(chain: Path | None) -> Iterator[int]:
    """The port of a PostgreSQL server that refuses everybody, after TLS if it has a `chain`."""

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(8)
            if chain is None:
                connection.sendall(b"N")
                return
            connection.sendall(b"S")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(chain)
            with (
                suppress(ssl.SSLError, ConnectionError),
                context.wrap_socket(connection, server_side=True) as encrypted,
            ):
                encrypted.recv(4096)
                encrypted.sendall(b"E" + (len(_REFUSAL) + 4).to_bytes(4, "big") + _REFUSAL)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(10)


def enter(host: str, port: int) -> str:
    """What the connection fails with."""
    with pytest.raises(psycopg.OperationalError) as error:
        connect(Address(host=host, port=port, name="payments"), "payments_app", "token")
    return str(error.value)


def test_a_server_with_its_own_name_and_a_known_root_is_entered(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "CERTIFICATES", authority.root)
    with server(authority.chain) as port:
        assert "entered over TLS" in enter("localhost", port)


def test_a_server_with_another_name_is_not(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "CERTIFICATES", authority.root)
    with server(authority.chain) as port:
        assert "127.0.0.1" in (said := enter("127.0.0.1", port))
        assert "does not match" in said


def test_a_server_whose_root_is_not_in_the_package_is_not(authority: Authority) -> None:
    with server(authority.chain) as port:
        assert "certificate verify failed" in enter("localhost", port)


def test_a_server_without_tls_is_not() -> None:
    with server(None) as port:
        assert "does not support SSL" in enter("localhost", port)


def roots() -> dict[str, x509.Certificate]:
    """The package's roots by their common names."""
    found = x509.load_pem_x509_certificates(database.CERTIFICATES.read_bytes())
    return {
        str(root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value): root
        for root in found
    }


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_package_has_the_roots_of_the_stacks_region_and_of_its_proxy(stack: str) -> None:
    region = stack_config(stack)["aws:region"]
    wanted = {f"Amazon RDS {region} Root CA {kind} G1" for kind in ("RSA2048", "RSA4096", "ECC384")}
    wanted |= {f"Amazon Root CA {number}" for number in range(1, 5)}

    assert wanted <= set(roots())


def test_every_root_is_its_own_issuer_and_valid_for_years() -> None:
    in_five_years = datetime.datetime.now(datetime.UTC) + 5 * 365 * _ONE_DAY
    for root in roots().values():
        root.verify_directly_issued_by(root)
        assert root.not_valid_after_utc > in_five_years
