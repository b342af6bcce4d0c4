"""For each ruled key: values at or inside its boundary, and values just outside it."""

from __future__ import annotations

Cases = tuple[tuple[str, ...], tuple[str, ...]]
DIGEST = "@sha256:" + "0" * 64

BOUNDARIES: dict[str, Cases] = {
    "aws:region": (("eu-west-1", "us-gov-west-1"), ("", "europe", "eu-west-1a", "EU-west-1")),
    "platform:cost_center": (("a", "a" * 64), ("", "a" * 65, "Shop", "a b")),
    "platform:log_level": (("DEBUG", "ERROR"), ("", "debug", "TRACE")),
    "platform:log_retention_days": (("1", "731"), ("0", "2", "732")),
    "platform:package_python": (("3.11", "3.14"), ("3.10", "3.15", "python3.13", "")),
    "platform:package_architecture": (("arm64", "x86_64"), ("aarch64", "")),
    "platform:alarm_email": (("", "a@b.eu"), ("a", "a@b", "a b@c.eu", "a@b@c.eu")),
    "keys:rotation_days": (("90", "2560"), ("89", "2561")),
    "keys:deletion_window_days": (("7", "30"), ("6", "31")),
    "keys:secrets_recovery_days": (("0", "7", "30"), ("1", "6", "31")),
    "network:cidr_block": (
        ("10.0.0.0/16", "10.0.0.0/22"),
        ("10.0.0.0/15", "10.0.0.0/23", "10.0.0.1/16", "10.0.256.0/16", "10.0.0.0", "::/16"),
    ),
    "network:zones_count": (("2", "3"), ("1", "4")),
    "network:nat_strategy": (("None", "Single", "OnePerAz"), ("single", "")),
    "network:aws_apis_through": (("endpoints", "ipv6"), ("vpn", "")),
    "network:endpoint_zones_count": (("1", "2"), ("0", "4")),
    "network:flow_log_retention_days": (("0", "731"), ("2", "732")),
    "api:access_token_minutes": (("5", "1440"), ("4", "1441")),
    "api:throttle_rate": (("1", "200"), ("0", "10001")),
    "api:throttle_burst": (("25", "5000"), ("0", "5001")),
    "edge:cors_origins": (
        ("", "https://shop.example", "https://a.example:8443,http://localhost:3000"),
        ("*", "https://*.example", "http://shop.example", "https://shop.example/", "https://shop"),
    ),
    "edge:price_class": (("PriceClass_100", "PriceClass_All"), ("", "All", "PriceClass_300")),
    "edge:rate_limit_per_5_minutes": (("10", "2000000000"), ("9", "2000000001")),
    "edge:alarm_blocked_per_5_minutes": (("1", "1000000000"), ("0", "1000000001")),
    "edge:alarm_failing_percent": (("0.1", "100"), ("0.05", "100.1")),
    "edge:origin_secret_generation": (("1", "100000"), ("0", "100001")),
    "edge:domain_name": (("",), ("shop", "Shop.example", "https://shop.example", "a b.example")),
    "edge:zone_id": (("",), ("shop.example", "z0123456789", "Z01")),
    "edge:origin_certificate_arn": (
        ("",),
        ("arn:aws:acm:eu-west-1:1:certificate/a", "arn:aws:iam::1:server-certificate/a"),
    ),
    "edge:origin_truststore_uri": (("",), ("https://bucket/key", "s3://bucket", "s3:///key")),
    "relay:function_memory_mb": (("128", "10240"), ("127", "10241")),
    "relay:timeout_seconds": (("1", "300"), ("0", "301")),
    "relay:grace_seconds": (("5", "120"), ("4", "3601")),
    "relay:alarm_behind_seconds": (("180", "86400"), ("59", "86401")),
    "orders:deadline_seconds": (("60", "1799"), ("59", "86401")),
    "orders:availability_timeout_seconds": (("0.05", "4.9"), ("0.04", "5.1", "nan")),
    "orders:receipt_link_seconds": (("10", "3600"), ("9", "3601")),
    "orders:receipts_noncurrent_days": (("1", "3650"), ("0", "3651")),
    "orders:receipts_expire_days": (("0", "7300"), ("-1", "7301")),
    "payments:provider": (("sandbox",), ("paypal", "")),
    "payments:stripe_secret_arn": (
        ("", "arn:aws:secretsmanager:eu-west-1:1:secret:a"),
        ("arn:aws:s3:::a", "sk_live_1"),
    ),
    "payments:webhook_secret_arn": (
        ("", "arn:aws-cn:secretsmanager:eu-west-1:1:secret:a"),
        ("arn:aws:s3:::a", "whsec_1"),
    ),
    "payments:charge_stale_seconds": (("71", "3600"), ("9", "3601")),
    "payments:sweep_interval_minutes": (("1440",), ("0", "1441")),
    "payments:database_engine_version": (("16.3", "19.9"), ("15.9", "16", "16.8.1")),
    "payments:database_capacity_min_acu": (("0", "0.5", "2"), ("-0.5", "0.3", "256.5", "inf")),
    "payments:database_capacity_max_acu": (("1", "1.5", "256"), ("0.5", "1.2", "256.5")),
    "payments:database_readers_count": (("0", "2"), ("-1", "3")),
    "payments:database_connections_max": (("16", "324"), ("4", "5001")),
    "payments:database_backup_days": (("1", "35"), ("0", "36")),
    "inventory:platform": (("ecs",), ("", "fargate")),
    "inventory:kubernetes_version": (("1.31", "1.40"), ("1.9", "2.31", "latest")),
    "inventory:kubernetes_access_cidrs": (
        ("", "203.0.113.0/24", "203.0.113.0/24 198.51.100.7/32"),
        ("0.0.0.0/0", "203.0.113.0", "203.0.113.0/24,198.51.100.7/32"),
    ),
    "inventory:image": (
        (f"a{DIGEST}", f"1.dkr.ecr.eu-west-1.amazonaws.com/a/b{DIGEST}"),
        ("a:latest", DIGEST, f"a{DIGEST}0", "a@sha256:" + "g" * 64),
    ),
    "inventory:api_tasks_count": (("1", "2"), ("0", "101")),
    "inventory:worker_tasks_count": (("1", "4"), ("0", "101")),
    "inventory:task_cpu_units": (("256",), ("0", "128", "8192")),
    "inventory:task_memory_mb": (("512", "2048"), ("511", "30721")),
    "inventory:api_tasks_max_count": (("1", "100"), ("0", "1001")),
    "inventory:worker_tasks_max_count": (("1", "100"), ("0", "1001")),
    "inventory:cpu_target_percent": (("20", "90"), ("19", "91")),
    "inventory:backlog_delay_seconds": (("0.5", "59"), ("0.4", "600.5")),
    "inventory:worker_rate_per_second": (("1", "100000"), ("0", "100001")),
    "inventory:spot_percent": (("0", "100"), ("-1", "101")),
    "inventory:on_demand_base_count": (("1", "100"), ("-1", "101")),
    "inventory:visibility_timeout_seconds": (("30", "119"), ("29", "901")),
    "inventory:reservation_ttl_seconds": (("601", "172800"), ("59", "172801")),
    "inventory:sweep_interval_seconds": (("1", "300"), ("0", "301")),
    "notifications:live_ticket_seconds": (("5", "300"), ("4", "301")),
    "notifications:live_connections_max": (("1", "50"), ("0", "51")),
    "notifications:live_throttle_rate": (("1", "10000"), ("0", "10001")),
    "notifications:live_throttle_burst": (("1", "5000"), ("0", "5001")),
}
BOUNDARIES |= {
    **{
        f"observability:{name}_objective_percent": (("94", "99.99"), ("93.9", "100", "nan"))
        for name in ("availability", "latency", "confirmation")
    },
    "observability:confirmation_seconds": (("1", "3600"), ("0", "3601")),
    "observability:slo_events_min": (("1", "100000"), ("0", "100001")),
    "observability:anomaly_band_width": (("0.5", "10"), ("0.4", "10.1")),
    "delivery:rollout_strategy": (("canary", "linear", "all_at_once"), ("", "CANARY", "rolling")),
    "delivery:rollout_step_percent": (("3", "50"), ("2", "51")),
    "delivery:rollout_step_minutes": (("2", "60"), ("0", "61")),
    "delivery:rollout_bake_minutes": (("2", "14"), ("-1", "15")),
    "delivery:rollout_alarm_percent": (("0.1", "50"), ("0", "50.1", "nan")),
    "delivery:rollout_alarm_period_seconds": (("60",), ("0", "30", "61")),
    "backups:daily_days": (("1", "365"), ("0", "366")),
    "backups:weekly_days": (("7", "3650"), ("6", "3651")),
    "backups:weekly_cold_after_days": (("0",), ("-1", "3651")),
    "spending:monthly_limit_usd": (("1", "1000000"), ("0", "1000001")),
    "spending:anomaly_usd": (("1", "100000"), ("0", "100001")),
    "spending:email": (("a@b.eu",), ("a", "a@b", "a b@c.eu", "a@b@c.eu")),
}
_TABLE: dict[str, Cases] = {
    "table_billing": (("on_demand", "provisioned"), ("", "PROVISIONED", "on-demand")),
    "table_capacity_min_units": (("1", "10"), ("0", "40001")),
    "table_capacity_max_units": (("1", "40000"), ("0", "40001")),
    "table_capacity_target_percent": (("20", "90"), ("19", "91")),
}
_SERVICE: dict[str, Cases] = {
    "queue_max_receives": (("3", "10"), ("2", "11")),
    "alarm_message_age_seconds": (("10", "3600"), ("9", "3601")),
    "alarm_latency_ms": (("50", "30000"), ("49", "30001")),
}
_FUNCTIONS: dict[str, Cases] = {
    "function_memory_mb": (("128", "10240"), ("127", "10241")),
    "http_timeout_seconds": (("2", "29"), ("0", "30")),
    "events_timeout_seconds": (("1", "300"), ("0", "301")),
    "events_concurrency_max": (("2", "1000"), ("1", "1001")),
    "events_concurrency_reserved": (("-1", "1000"), ("-2", "1001")),
    "http_concurrency_reserved": (("-1", "0", "1000"), ("-2", "1001")),
    "http_concurrency_provisioned": (("0", "1000"), ("-1", "1001")),
}
for _service in ("orders", "payments", "notifications", "inventory"):
    _fields = _SERVICE if _service == "inventory" else _SERVICE | _FUNCTIONS
    BOUNDARIES.update({f"{_service}:{name}": case for name, case in _fields.items()})
for _service in ("orders", "inventory", "notifications"):
    BOUNDARIES.update({f"{_service}:{name}": case for name, case in _TABLE.items()})
BOUNDARIES["inventory:alarm_message_age_seconds"] = (("61", "3600"), ("9", "3601"))
BOUNDARIES["payments:events_concurrency_max"] = (("2", "29"), ("1", "1001"))
BOUNDARIES["payments:http_concurrency_provisioned"] = (("0", "10"), ("-1", "1001"))
BOUNDARIES["payments:http_concurrency_reserved"] = (("0", "34"), ("-2", "1001"))
BOUNDARIES["payments:events_timeout_seconds"] = (("65", "119"), ("0", "301"))
BOUNDARIES["payments:http_timeout_seconds"] = (("25", "29"), ("0", "30"))
