"""Where a service's containers run: on ECS or on EKS, by a value."""

from __future__ import annotations

import pulumi

from components.blocks.ecs_host import EcsHost
from components.blocks.workload import ContainerHost, ContainerHostArgs


def container_host(parent: pulumi.Resource, name: str, args: ContainerHostArgs) -> ContainerHost:
    """The host; its resources are `parent`'s own. EKS's SDK is imported only where it is used."""
    if args.platform == "eks":
        from components.blocks.kubernetes.host import KubernetesHost

        return KubernetesHost(parent, name, args)
    return EcsHost(parent, name, args)
