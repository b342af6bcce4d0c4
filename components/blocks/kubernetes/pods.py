"""The pod of a workload: the same container that a Fargate task runs, as restricted."""

from __future__ import annotations

from collections.abc import Mapping

from components.blocks.workload import STOP_SECONDS, USER, Exposure, WorkloadArgs

_DEREGISTER_SECONDS = 15
"""The load balancer still sends requests for a moment after a pod was told to end."""


def spec(args: WorkloadArgs, labels: Mapping[str, str]) -> dict[str, object]:
    """One container; its service account has the role's name, and its token is not mounted."""
    zone = {
        "topology_key": "topology.kubernetes.io/zone",
        "max_skew": 1,
        "when_unsatisfiable": "ScheduleAnyway",
        "label_selector": {"match_labels": labels},
    }
    drained = _DEREGISTER_SECONDS if args.exposure else 0
    return {
        "service_account_name": args.role,
        "automount_service_account_token": False,
        "termination_grace_period_seconds": STOP_SECONDS + drained,
        "node_selector": {"karpenter.sh/nodepool": args.scope.service},
        "topology_spread_constraints": [zone],
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": USER,
            "run_as_group": USER,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(args)],
    }


def _container(args: WorkloadArgs) -> dict[str, object]:
    cpu, memory = f"{args.cpu_units * 1000 // 1024}m", f"{args.memory_mb}Mi"
    return {
        "name": args.role,
        "image": args.image,
        "command": list(args.command),
        "env": [{"name": key, "value": value} for key, value in sorted(args.variables().items())],
        "resources": {
            "requests": {"cpu": cpu, "memory": memory},
            "limits": {"cpu": cpu, "memory": memory},
        },
        "security_context": {
            "allow_privilege_escalation": False,
            "privileged": False,
            "read_only_root_filesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "liveness_probe": {
            "exec": {"command": list(args.health_command)},
            "initial_delay_seconds": 15,
            "period_seconds": 15,
            "timeout_seconds": 5,
        },
        **(_exposed(args.port, args.exposure) if args.exposure else {}),
    }


def _exposed(port: int, exposure: Exposure) -> dict[str, object]:
    health = {"http_get": {"path": exposure.health_path, "port": port}}
    return {
        "ports": [{"container_port": port, "name": "http"}],
        "readiness_probe": {**health, "period_seconds": 5, "timeout_seconds": 3},
        "lifecycle": {"pre_stop": {"sleep": {"seconds": _DEREGISTER_SECONDS}}},
    }
