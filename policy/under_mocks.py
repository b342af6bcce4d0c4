"""Judges a Pulumi program offline, with no engine and no account: `python -m policy.under_mocks`.

The program runs under the SDK's mocks: every resource gets its inputs back, and an ARN. What a
program asks AWS for (`aws.get_…`) is answered with what it asked. Exit status 1 when a mandatory
rule is broken, 2 when the program did not run.
"""

from __future__ import annotations

import argparse
import asyncio
import runpy
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime import mocks, rpc, settings, stack

from policy import exemptions, pack, running, stacks
from policy.reading import Reader
from policy.rule import MANDATORY, Case, Resource, Stack
from policy.unknowns import NOT_EVALUATED

_ARN = "arn:aws:{service}:us-east-1:123456789012:{name}"


class _Echo(mocks.Mocks):
    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        return {**args.args, "id": args.token, "arn": _arn(args.token, "asked")}, []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        name = str(args.inputs.get("name", args.name))
        return name, {"arn": _arn(args.typ, name), "name": name, **args.inputs}


class _Monitor(mocks.MockMonitor):
    def __init__(self) -> None:
        super().__init__(_Echo())
        self.recorded: list[Resource] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        register: Callable[[Any], Any] = super().RegisterResource
        response = register(request)
        given = rpc.deserialize_properties(request.object)
        stems = {name: tuple(v.urns) for name, v in request.propertyDependencies.items()}
        props = Reader({name: rpc.unwrap_rpc_secret(value) for name, value in given.items()})
        self.recorded.append(
            Resource(type=request.type, urn=response.urn, props=props, depends_on=stems)
        )
        return response


def registered(program: Path, stack_name: str, config: Mapping[str, str]) -> list[Resource]:
    """What the program registers; raises whatever stops it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    monitor = _Monitor()
    pulumi.runtime.set_all_config(dict(config))
    mocks.set_mocks(
        mocks=monitor.mocks, project="program", stack=stack_name, preview=False, monitor=monitor
    )
    settings.set_root_resource(None)  # type: ignore[arg-type] # none before the program
    sys.path.insert(0, str(program.resolve().parent))
    loop.run_until_complete(stack.run_in_stack(lambda: _run(program)))
    return monitor.recorded


def judged(resources: Sequence[Resource], stack_name: str) -> Iterator[tuple[bool, str]]:
    """Whether it is mandatory, and the sentence, of every violation and of what is unknown."""
    whole = Stack(resources=resources)
    environment = "dev" if stack_name in stacks.load() else "prod"
    exempt = exemptions.load()
    for rule in pack.rules():
        mandatory = rule.level(environment) == MANDATORY
        for resource in resources:
            if not rule.judges(resource.type, dict.fromkeys(resource.props.names())):
                continue
            case = Case(
                resource=resource,
                stack=whole if rule.whole_stack else Stack(),
                settings=rule.settings,
            )
            said: list[str] = []
            left = running.judged(rule, case, exempt, said.append)
            yield from ((mandatory, sentence) for sentence in said)
            if left.startswith(NOT_EVALUATED):
                missing = left.removeprefix(f"{NOT_EVALUATED}{resource.urn} ")
                unknown = f"not evaluated, {missing} is unknown"
                yield False, f"{rule.name}: {resource.name}: {unknown}"
    for problem in exempt.problems([rule.name for rule in pack.rules()]):
        yield True, f"{pack.EXEMPTIONS_RULE}: {problem}"


def main() -> int:
    """Print what is wrong, mandatory first."""
    parser = argparse.ArgumentParser(prog="python -m policy.under_mocks", description=__doc__)
    parser.add_argument("program", type=Path, nargs="?", default=Path("__main__.py"))
    parser.add_argument("--stack", default="prod", help="its levels, and its Pulumi.<stack>.yaml")
    options = parser.parse_args()
    try:
        config = _config(options.program.resolve().parent / f"Pulumi.{options.stack}.yaml")
        found = registered(options.program, options.stack, config)
    except Exception as error:  # noqa: BLE001 - whatever stops a foreign program is said
        sys.stderr.write(f"policy: {options.program} did not run under mocks: {error!r}\n")
        return 2
    violations = sorted(judged(found, options.stack), key=lambda one: not one[0])
    for mandatory, sentence in violations:
        sys.stdout.write(f"{'mandatory' if mandatory else 'advisory'} {sentence}\n")
    failed = sum(mandatory for mandatory, _ in violations)
    count = sum(not resource.type.startswith("pulumi:") for resource in found)
    sys.stdout.write(
        f"{options.stack}: {len(pack.rules())} rules, {count} resources, "
        f"{len(violations)} findings ({failed} mandatory)\n"
    )
    return int(failed > 0)


def _run(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


def _config(file: Path) -> dict[str, str]:
    """What a stack file configures in plain text; nothing when there is none."""
    if not file.exists():
        return {}
    given = yaml.safe_load(file.read_text("utf-8")) or {}
    return {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in given.get("config", {}).items()
        if not isinstance(value, dict)
    }


def _arn(token: str, name: str) -> str:
    return _ARN.format(service=token.split(":")[1].partition("/")[0], name=name)


if __name__ == "__main__":
    sys.exit(main())
