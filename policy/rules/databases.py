"""Databases: encrypted, private, in several zones, recoverable, and current."""

from __future__ import annotations

from collections.abc import Iterator

from policy.reading import WrongTypeError
from policy.rule import ALWAYS, CRITICAL, DOCS, HIGH, IN_PROD, MEDIUM, Case, rule
from policy.rules.types import (
    CLUSTER,
    CLUSTER_INSTANCE,
    CLUSTER_PARAMETERS,
    DATABASE,
    PARAMETERS,
)

_AURORA = f"{DOCS}AmazonRDS/latest/AuroraUserGuide/"
_RDS = f"{DOCS}AmazonRDS/latest/UserGuide/"


@rule(
    CLUSTER,
    DATABASE,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Set storageEncrypted to true; it cannot be changed later.",
    reference=f"{_AURORA}Overview.Encryption.html",
)
def database_encrypted(case: Case) -> Iterator[str]:
    """A database is encrypted at rest."""
    encrypted = case.props.flag("storageEncrypted")
    if not encrypted:
        yield f"storageEncrypted is {encrypted}"


@rule(
    CLUSTER_INSTANCE,
    DATABASE,
    severity=CRITICAL,
    levels=ALWAYS,
    remedy="Set publiclyAccessible to false.",
    reference=f"{_RDS}USER_VPC.WorkingWithRDSInstanceinaVPC.html",
)
def database_private(case: Case) -> Iterator[str]:
    """A database has no address on the internet, and says so."""
    public = case.props.flag("publiclyAccessible")
    if public is not False:
        yield f"publiclyAccessible is {public}"


@rule(
    CLUSTER,
    DATABASE,
    severity=MEDIUM,
    levels=IN_PROD,
    remedy="Give the cluster a second instance, in another zone; set multiAz of an instance alone.",
    reference=f"{_AURORA}Concepts.AuroraHighAvailability.html",
    whole_stack=True,
    instances=2,
)
def database_multi_zone(case: Case) -> Iterator[str]:
    """A database goes on when the zone of one instance fails."""
    if case.resource.type == DATABASE:
        several = case.props.flag("multiAz")
        if not several:
            yield f"multiAz is {several}"
        return
    count = len(case.stack.users(case.resource, "clusterIdentifier", CLUSTER_INSTANCE))
    if count < case.settings["instances"]:
        yield f"the cluster has {count} instances, fewer than {case.settings['instances']:.0f}"


@rule(
    CLUSTER,
    DATABASE,
    severity=HIGH,
    levels=IN_PROD,
    remedy="Set backupRetentionPeriod to a week or more.",
    reference=f"{_AURORA}Aurora.Managing.Backups.html",
    days=7,
)
def database_backups(case: Case) -> Iterator[str]:
    """A mistake can still be undone a week later."""
    days = case.props.number("backupRetentionPeriod")
    if days is None or days < case.settings["days"]:
        yield f"backupRetentionPeriod is {days}, less than {case.settings['days']:.0f}"


@rule(
    CLUSTER,
    DATABASE,
    severity=HIGH,
    levels=IN_PROD,
    remedy="Set deletionProtection to true.",
    reference=f"{_AURORA}USER_DeleteCluster.html",
)
def database_deletion_protection(case: Case) -> Iterator[str]:
    """A database with data of customers cannot be deleted by mistake."""
    protected = case.props.flag("deletionProtection")
    if not protected:
        yield f"deletionProtection is {protected}"


@rule(
    CLUSTER,
    DATABASE,
    severity=HIGH,
    levels=IN_PROD,
    remedy="Set skipFinalSnapshot to false and finalSnapshotIdentifier to a name.",
    reference=f"{_AURORA}USER_DeleteCluster.html",
)
def database_final_snapshot(case: Case) -> Iterator[str]:
    """A database that is deleted leaves a snapshot."""
    if case.props.flag("skipFinalSnapshot"):
        yield "skipFinalSnapshot is True"
    elif not case.props.text("finalSnapshotIdentifier"):
        yield f"finalSnapshotIdentifier is {case.props.text('finalSnapshotIdentifier')}"


@rule(
    CLUSTER_PARAMETERS,
    PARAMETERS,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Set rds.force_ssl (PostgreSQL) or require_secure_transport (MySQL) to 1.",
    reference=f"{_RDS}PostgreSQL.Concepts.General.SSL.html",
    parameters=("rds.force_ssl", "require_secure_transport"),
)
def database_tls_forced(case: Case) -> Iterator[str]:
    """A database refuses connections without TLS."""
    values = {entry.text("name"): entry.text("value") for entry in case.props.parts("parameters")}
    forced = [values.get(name) for name in case.settings["parameters"]]
    if not any(value in ("1", "ON") for value in forced):
        yield f"{' and '.join(case.settings['parameters'])} are {forced}"


@rule(
    CLUSTER,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Name a parameter group that forces TLS in dbClusterParameterGroupName.",
    reference=f"{_AURORA}AuroraPostgreSQL.Security.html",
)
def database_parameters(case: Case) -> Iterator[str]:
    """A cluster has parameters of its own: the default ones of older versions do not force TLS."""
    group = case.props.text("dbClusterParameterGroupName")
    if not group or group.startswith("default."):
        yield f"dbClusterParameterGroupName is {group}"


@rule(
    CLUSTER,
    DATABASE,
    severity=CRITICAL,
    levels=ALWAYS,
    remedy="Set manageMasterUserPassword to true and remove the password.",
    reference=f"{_AURORA}rds-secrets-manager.html",
)
def database_credentials(case: Case) -> Iterator[str]:
    """The administrator's password is made, kept and rotated by AWS."""
    for name in ("masterPassword", "password"):
        if case.props.text(name):
            yield f"{name} is set"
    managed = case.props.flag("manageMasterUserPassword")
    if not managed:
        yield f"manageMasterUserPassword is {managed}"


@rule(
    CLUSTER,
    DATABASE,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Move engineVersion to a major version with years ahead of it.",
    reference=f"{_RDS}PostgreSQL/Welcome.html",
    oldest={"aurora-postgresql": 14, "postgres": 14, "aurora-mysql": 8, "mysql": 8, "mariadb": 10},
)
def database_engine_supported(case: Case) -> Iterator[str]:
    """AWS still repairs the engine; checked in November 2026."""
    engine, version = case.props.text("engine"), case.props.text("engineVersion")
    oldest = case.settings["oldest"].get(engine)
    if oldest is None:
        yield f"engine is {engine}, must be one of {', '.join(case.settings['oldest'])}"
    elif not version:
        yield f"engineVersion is {version}"
    else:
        major = version.partition(".")[0]
        if not major.isdecimal():
            raise WrongTypeError(f"engineVersion is {version!r}, must begin with a number")
        if int(major) < oldest:
            yield f"engineVersion is {version}, older than {oldest:.0f}"
