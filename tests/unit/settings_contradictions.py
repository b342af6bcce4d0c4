"""Values that contradict each other with the message that says so, and values that just agree."""

from __future__ import annotations

Changes = dict[str, str]

DOMAIN = {
    "edge__zone_id": "Z0123456789",
    "edge__origin_certificate_arn": "arn:aws:acm:us-east-1:1:certificate/a",
    "edge__origin_truststore_uri": "s3://trust/authorities.pem",
}
CONTRADICTIONS: tuple[tuple[Changes, str], ...] = (
    *(
        (
            {f"observability__{name}": "true", "observability__composites_enabled": "false"},
            f"observability:{name} = True: only composite alarms notify of it, and "
            "observability:composites_enabled = False; set the latter to true, or the former to "
            "false",
        )
        for name in ("slo_enabled", "anomaly_enabled")
    ),
    (
        {"relay__grace_seconds": "60", "relay__alarm_behind_seconds": "179"},
        "relay:alarm_behind_seconds = 179: must be at least 180 with relay:grace_seconds = 60, or "
        "events that the sweep publishes in time raise an alarm; raise it",
    ),
    (
        {"inventory__reservation_ttl_seconds": "600", "orders__deadline_seconds": "600"},
        "inventory:reservation_ttl_seconds = 600: must be longer than "
        "orders:deadline_seconds = 600, or stock is given back while its order can still be "
        "confirmed; raise it",
    ),
    (
        {
            "payments__provider": "stripe",
            "payments__stripe_secret_arn": "arn:aws:secretsmanager:eu-west-1:1:secret:stripe",
            "payments__webhook_secret_arn": "arn:aws:secretsmanager:us-east-1:1:secret:webhook",
            "network__nat_strategy": "Single",
        },
        "payments:webhook_secret_arn = 'arn:aws:secretsmanager:us-east-1:1:secret:webhook': must "
        "be in aws:region = 'eu-west-1', where the functions read it; replicate the secret, and "
        "set that ARN",
    ),
    (
        {
            "payments__provider": "stripe",
            "payments__stripe_secret_arn": "",
            "payments__webhook_secret_arn": "arn:aws:secretsmanager:eu-west-1:1:secret:webhook",
            "network__nat_strategy": "Single",
        },
        "payments:stripe_secret_arn = '': payments:provider = 'stripe' needs the secret that "
        "holds Stripe's API key; store it in Secrets Manager and set its ARN",
    ),
    (
        {
            "payments__provider": "stripe",
            "payments__stripe_secret_arn": "arn:aws:secretsmanager:eu-west-1:1:secret:stripe",
            "payments__webhook_secret_arn": "",
            "network__nat_strategy": "Single",
        },
        "payments:webhook_secret_arn = '': payments:provider = 'stripe' needs the secret that "
        "holds its webhook endpoint's signing secret; store it in Secrets Manager and set its "
        "ARN",
    ),
    (
        {
            "payments__database_capacity_min_acu": "2.5",
            "payments__database_capacity_max_acu": "2",
        },
        "payments:database_capacity_min_acu = 2.5: must not exceed "
        "payments:database_capacity_max_acu = 2; lower it",
    ),
    (
        {"payments__events_concurrency_max": "30"},
        "payments:database_connections_max = 40: must be at least 41 for "
        "payments:http_concurrency_reserved = 10, payments:events_concurrency_max = 30 and 1 "
        "sweeps at once; raise it, or lower one of them",
    ),
    (
        {"payments__http_concurrency_reserved": "-1"},
        "payments:http_concurrency_reserved = -1: must be 0 or more, or requests open connections "
        "that nobody has planned; reserve a number",
    ),
    (
        {"payments__database_connections_max": "325"},
        "payments:database_connections_max = 325: must be at most 324 with "
        "payments:database_capacity_max_acu = 2, or the server refuses what the role is "
        "promised; lower it, or raise the capacity",
    ),
    (
        {
            "payments__database_connections_max": "1801",
            "payments__database_capacity_max_acu": "256",
        },
        "payments:database_connections_max = 1801: must be at most 1800 with "
        "payments:database_capacity_max_acu = 256, or the server refuses what the role is "
        "promised; lower it, or raise the capacity",
    ),
    (
        {"orders__table_capacity_min_units": "11"},
        "orders:table_capacity_min_units = 11: must not exceed "
        "orders:table_capacity_max_units = 10; lower it",
    ),
    (
        {"backups__weekly_cold_after_days": "30", "backups__weekly_days": "119"},
        "backups:weekly_days = 119: must be at least 120 with "
        "backups:weekly_cold_after_days = 30, since cold storage keeps for 90 days; raise "
        "it, or set the latter to 0",
    ),
    (
        {"spending__enabled": "true", "spending__email": ""},
        "spending:email = '': must be an address while spending:enabled = True, or nobody hears "
        "of what is spent; set it",
    ),
    (
        {"backups__locked": "true", "backups__enabled": "false"},
        "backups:locked = True: there is no vault to lock while backups:enabled = False; set "
        "the latter to true, or the former to false",
    ),
    (
        {"payments__database_proxied": "true"},
        "payments:database_proxied = True: a proxy holds connections, so that with "
        "payments:database_capacity_min_acu = 0 the database never pauses; set the capacity "
        "to 0.5 or more, or leave out the proxy",
    ),
    (
        {"payments__database_engine_version": "16.2"},
        "payments:database_engine_version = '16.2': must be 16.3 or later with "
        "payments:database_capacity_min_acu = 0; raise it, or set the capacity to 0.5 or more",
    ),
    (
        {"payments__sweep_interval_minutes": "1439"},
        "payments:sweep_interval_minutes = 1439: must be 1440 with "
        "payments:database_capacity_min_acu = 0, or the sweep keeps the database awake (each "
        "event sweeps too); raise it, or set the capacity to 0.5 or more",
    ),
    (
        {"payments__http_timeout_seconds": "24"},
        "payments:http_timeout_seconds = 24: must be at least 25 with "
        "payments:database_capacity_min_acu = 0, or the function ends before a paused "
        "database has resumed; raise it",
    ),
    (
        {"payments__events_timeout_seconds": "64"},
        "payments:events_timeout_seconds = 64: must be at least 65 with "
        "payments:database_capacity_min_acu = 0, or the function ends before a paused "
        "database has resumed; raise it",
    ),
    (
        {
            "payments__events_timeout_seconds": "44",
            "payments__database_capacity_min_acu": "0.5",
        },
        "payments:events_timeout_seconds = 44: must be at least 45, or a slow provider "
        "outlives the function; raise it",
    ),
    (
        {"payments__charge_stale_seconds": "70", "payments__events_timeout_seconds": "70"},
        "payments:charge_stale_seconds = 70: must be longer than "
        "payments:events_timeout_seconds = 70, or a charge is called stale while it is being "
        "made; raise it",
    ),
    (
        {"orders__availability_timeout_seconds": "5", "orders__http_timeout_seconds": "10"},
        "orders:availability_timeout_seconds = 5: two attempts must fit in "
        "orders:http_timeout_seconds = 10; lower it",
    ),
    (
        {"edge__domain_name": "shop.example", "edge__cdn_enabled": "false", **DOMAIN},
        "edge:domain_name = 'shop.example': is CloudFront's, and edge:cdn_enabled = False; "
        "enable it, or leave the domain empty",
    ),
    (
        {"keys__customer_managed": "false", "keys__logs_encrypted": "false"},
        "edge:cdn_enabled = True: CloudFront reads pages under a customer managed key, and "
        "keys:customer_managed = False; enable it, or disable the CDN",
    ),
    *(
        (
            {"edge__domain_name": "shop.example", **DOMAIN, key: ""},
            f"{key.replace('__', ':')} = '': edge:domain_name = 'shop.example' needs it; set "
            "it as docs/edge.md says, or leave the domain empty",
        )
        for key in DOMAIN
    ),
    *(
        (
            {key: value},
            f"{key.replace('__', ':')} = {value!r}: has no use while edge:domain_name = ''; "
            "set the domain, or leave both empty",
        )
        for key, value in DOMAIN.items()
    ),
    (
        {"api__throttle_rate": "101", "api__throttle_burst": "50"},
        "api:throttle_burst = 50: must be at least half of api:throttle_rate = 101, or "
        "steady traffic is refused; raise it",
    ),
    (
        {"inventory__task_cpu_units": "256", "inventory__task_memory_mb": "4096"},
        "inventory:task_memory_mb = 4096: must be one of 512, 1024, 2048 with "
        "inventory:task_cpu_units = 256; change one of the two",
    ),
    (
        {"orders__http_snap_start": "true", "orders__http_concurrency_provisioned": "1"},
        "orders:http_snap_start = True: not with orders:http_concurrency_provisioned = 1, AWS "
        "has one or the other; set the former to false or the latter to 0",
    ),
    (
        {
            "payments__http_concurrency_provisioned": "6",
            "payments__http_concurrency_reserved": "5",
        },
        "payments:http_concurrency_provisioned = 6: must not exceed "
        "payments:http_concurrency_reserved = 5; lower it, or raise the latter",
    ),
    (
        {
            "notifications__events_concurrency_max": "6",
            "notifications__events_concurrency_reserved": "5",
        },
        "notifications:events_concurrency_reserved = 5: must be at least "
        "notifications:events_concurrency_max = 6, or messages are received only to be "
        "throttled; raise it, or set it to -1",
    ),
    (
        {"inventory__worker_tasks_max_count": "3", "inventory__worker_tasks_count": "4"},
        "inventory:worker_tasks_max_count = 3: must be at least inventory:worker_tasks_count = "
        "4; raise it",
    ),
    (
        {
            "inventory__backlog_delay_seconds": "61",
            "inventory__alarm_message_age_seconds": "61",
        },
        "inventory:backlog_delay_seconds = 61: must be less than "
        "inventory:alarm_message_age_seconds = 61, or the alarm fires before tasks are added; "
        "lower it",
    ),
    (
        {
            "inventory__visibility_timeout_seconds": "60",
            "inventory__alarm_message_age_seconds": "60",
        },
        "inventory:visibility_timeout_seconds = 60: must be less than "
        "inventory:alarm_message_age_seconds = 60, or what a lost task had in hand comes back "
        "too late; lower it",
    ),
    (
        {"inventory__platform": "eks", "inventory__spot_percent": "50"},
        "inventory:spot_percent = 50: must be 0 with inventory:platform = 'eks', whose nodes "
        "are on demand; set it to 0",
    ),
    (
        {"inventory__spot_percent": "1", "inventory__on_demand_base_count": "0"},
        "inventory:on_demand_base_count = 0: must be at least 1 with inventory:spot_percent = "
        "1, or the service ends when AWS takes its spot capacity back; raise it",
    ),
    (
        {"keys__customer_managed": "false", "edge__cdn_enabled": "false"},
        "keys:logs_encrypted = True: must be false where keys:customer_managed = False, since "
        "there is no key to encrypt logs with; change one of the two",
    ),
    (
        {"orders__table_deletion_protected": "true"},
        "keys:deletion_protected = False: must be true where a table or the ledger is "
        "protected, since data without its key is lost; set it to true",
    ),
    (
        {"platform__package_python": "host"},
        "platform:package_python = 'host': must be host exactly when "
        "platform:package_architecture = 'arm64' is; set both to host, or neither",
    ),
)
AGREEMENTS: tuple[Changes, ...] = (
    {"inventory__reservation_ttl_seconds": "601", "orders__deadline_seconds": "600"},
    {
        "payments__provider": "stripe",
        "payments__stripe_secret_arn": "arn:aws:secretsmanager:eu-west-1:1:secret:stripe",
        "payments__webhook_secret_arn": "arn:aws:secretsmanager:eu-west-1:1:secret:webhook",
        "network__nat_strategy": "Single",
    },
    {"payments__database_capacity_min_acu": "2", "payments__database_capacity_max_acu": "2"},
    {"payments__charge_stale_seconds": "71", "payments__events_timeout_seconds": "70"},
    {"payments__events_concurrency_max": "29"},
    {"orders__table_capacity_min_units": "10"},
    {"backups__weekly_cold_after_days": "30", "backups__weekly_days": "120"},
    {"backups__locked": "true", "backups__enabled": "true"},
    {"spending__enabled": "false", "spending__email": ""},
    {
        "payments__events_concurrency_max": "29",
        "payments__database_proxied": "true",
        "payments__database_capacity_min_acu": "0.5",
    },
    {
        "payments__sweep_interval_minutes": "1",
        "payments__http_timeout_seconds": "10",
        "payments__events_timeout_seconds": "45",
        "payments__database_engine_version": "16.0",
        "payments__database_capacity_min_acu": "0.5",
    },
    {"orders__availability_timeout_seconds": "4.9", "orders__http_timeout_seconds": "10"},
    {"api__throttle_rate": "100", "api__throttle_burst": "50"},
    {"inventory__task_cpu_units": "4096", "inventory__task_memory_mb": "30720"},
    {"platform__package_python": "host", "platform__package_architecture": "host"},
    {"inventory__spot_percent": "0", "inventory__on_demand_base_count": "0"},
    {"inventory__platform": "eks", "inventory__spot_percent": "0"},
    {
        "keys__customer_managed": "false",
        "keys__logs_encrypted": "false",
        "edge__cdn_enabled": "false",
    },
    {"orders__table_deletion_protected": "true", "keys__deletion_protected": "true"},
    {"orders__http_snap_start": "true", "orders__http_concurrency_provisioned": "0"},
    {"orders__http_concurrency_provisioned": "5", "orders__http_concurrency_reserved": "5"},
    {"orders__events_concurrency_max": "5", "orders__events_concurrency_reserved": "5"},
)
