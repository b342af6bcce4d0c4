"""The program runs in process; each resource it registers is created by its type's handler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from threading import Barrier
from typing import Any

import pulumi
import pulumi_awsx as awsx
import pytest

from local import monitor
from local.deployment import Deployment, Registration
from local.errors import LocalRunError
from local.monitor import Deployer, run_program
from local.resources import Cloud, Created, Properties
from tests.support.vpc import NAME, arguments

_SECONDS = 10


class Thing(pulumi.CustomResource):
    """A resource whose handler is `Things`."""

    echo: pulumi.Output[Any]

    def __init__(
        self, name: str, opts: pulumi.ResourceOptions | None = None, **inputs: object
    ) -> None:
        super().__init__("test:index:Thing", name, {"echo": None, **inputs}, opts)


class Group(pulumi.ComponentResource):
    """A component, which no handler creates."""

    def __init__(self, name: str) -> None:
        super().__init__("test:index:Group", name)
        Thing(f"{name}-thing", opts=pulumi.ResourceOptions(parent=self), word="inside")
        self.register_outputs({})


class Things:
    """A handler that gives back what it got, as `echo`."""

    recorded = False

    def __init__(self, create: Callable[[str], None] = lambda name: None) -> None:
        self._create = create

    def create(self, cloud: Cloud, name: str, inputs: Properties) -> Created:
        """See `ResourceHandler.create`."""
        self._create(name)
        return Created(f"id-{name}", {**inputs, "echo": inputs})


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Deployment]:
    """Runs a program whose things are created by `things`."""

    def start(
        program: Callable[[], object],
        things: Things | None = None,
        heard: Callable[[Registration], None] = monitor.nobody,
    ) -> Deployment:
        if things is not None:
            monkeypatch.setattr(monitor, "handler_for", lambda token: things)
        deployer = Deployer(_cloud(), heard)
        run_program(program, deployer, "storefront", "local", {"test:word": "configured"})
        return deployer.deployment

    return start


def test_a_type_without_a_handler_stops_the_run_and_is_named(
    run: Callable[..., Deployment],
) -> None:
    with pytest.raises(LocalRunError, match=r"'novelty' \(test:index:Thing\)"):
        run(lambda: Thing("novelty"))


def test_what_a_resource_got_flows_on_to_the_next(run: Callable[..., Deployment]) -> None:
    def program() -> None:
        first = Thing("first", word="hello")
        Thing("second", word=first.echo.apply(lambda echo: echo["word"]), of=first.id)

    deployment = run(program, Things())

    assert deployment.named("second").inputs == {"word": "hello", "of": "id-first"}


def test_a_secret_reaches_the_handler_as_it_is(run: Callable[..., Deployment]) -> None:
    deployment = run(lambda: Thing("safe", word=pulumi.Output.secret("open sesame")), Things())

    assert deployment.named("safe").inputs == {"word": "open sesame"}


def test_whole_numbers_stay_whole(run: Callable[..., Deployment]) -> None:
    deployment = run(lambda: Thing("number", whole=3, part=0.5), Things())

    inputs = deployment.named("number").inputs
    assert (inputs, type(inputs["whole"])) == ({"whole": 3, "part": 0.5}, int)


def test_stack_outputs_are_kept(run: Callable[..., Deployment]) -> None:
    deployment = run(lambda: pulumi.export("where", Thing("first").id), Things())

    assert deployment.output("where") == "id-first"


def test_an_output_that_is_not_exported_is_named(run: Callable[..., Deployment]) -> None:
    deployment = run(lambda: None)

    with pytest.raises(LocalRunError, match="does not export 'nothing'"):
        deployment.output("nothing")


def test_the_program_reads_its_configuration(run: Callable[..., Deployment]) -> None:
    deployment = run(lambda: pulumi.export("word", pulumi.Config("test").require("word")), Things())

    assert deployment.output("word") == "configured"


def test_a_vpc_component_is_its_children(run: Callable[..., Deployment]) -> None:
    def program() -> None:
        vpc = _vpc(natGateways={"strategy": "None"})
        Thing("inside", vpc=vpc.vpc_id, subnets=vpc.private_subnet_ids)

    deployment = run(program, Things())

    assert Counter(entry.type for entry in deployment.registrations) == {
        "aws:ec2/vpc:Vpc": 1,
        "aws:ec2/internetGateway:InternetGateway": 1,
        "aws:ec2/subnet:Subnet": 4,
        "aws:ec2/routeTable:RouteTable": 4,
        "aws:ec2/routeTableAssociation:RouteTableAssociation": 4,
        "aws:ec2/route:Route": 2,
        "test:index:Thing": 1,
    }
    assert deployment.named("inside").inputs == {
        "vpc": f"id-{NAME}",
        "subnets": [f"id-{NAME}-private-1", f"id-{NAME}-private-2"],
    }


def test_a_vpc_components_outputs_are_resources_too(run: Callable[..., Deployment]) -> None:
    def program() -> None:
        vpc = _vpc(natGateways={"strategy": "None"})
        Thing("inside", block=vpc.vpc.cidr_block, tables=vpc.route_tables.apply(len))

    deployment = run(program, Things())

    assert deployment.named("inside").inputs == {"block": "10.40.0.0/16", "tables": 4}


def test_a_vpc_components_refused_argument_stops_the_run(run: Callable[..., Deployment]) -> None:
    with pytest.raises(
        LocalRunError, match=rf"'{NAME}' \(awsx:ec2:Vpc\): subnetStrategy = 'Exact'"
    ):
        run(lambda: _vpc(subnetStrategy="Exact"), Things())


def test_a_vpc_component_whose_child_fails_is_stopped_there(
    run: Callable[..., Deployment],
) -> None:
    made: list[str] = []

    def create(name: str) -> None:
        made.append(name)
        if "private" in name:
            raise ValueError("too many subnets")

    with pytest.raises(LocalRunError, match=rf"'{NAME}-private-1' \(aws:ec2/subnet:Subnet\)"):
        run(lambda: _vpc(natGateways={"strategy": "None"}), Things(create))

    assert made[-1] == f"{NAME}-private-1"


def test_another_component_of_awsx_is_named(run: Callable[..., Deployment]) -> None:
    def program() -> None:
        pulumi.ComponentResource("awsx:lb:ApplicationLoadBalancer", "front", {}, remote=True)

    with pytest.raises(LocalRunError, match=r"'front' \(awsx:lb:ApplicationLoadBalancer\)"):
        run(program)


def test_components_are_not_created_but_what_is_in_them_is(
    run: Callable[..., Deployment],
) -> None:
    deployment = run(lambda: Group("all"), Things())

    assert [entry.name for entry in deployment.registrations] == ["all-thing"]


def test_independent_resources_are_created_side_by_side(run: Callable[..., Deployment]) -> None:
    meeting = Barrier(2)

    def meet(name: str) -> None:
        meeting.wait(_SECONDS)

    deployment = run(lambda: [Thing("first"), Thing("second")], Things(meet))

    assert len(deployment.registrations) == 2


def test_a_resource_waits_for_what_it_depends_on(run: Callable[..., Deployment]) -> None:
    made: list[str] = []

    def program() -> None:
        first = Thing("first")
        Thing("second", opts=pulumi.ResourceOptions(depends_on=[first]))

    run(program, Things(made.append))

    assert made == ["first", "second"]


def test_after_a_failure_nothing_more_is_created(run: Callable[..., Deployment]) -> None:
    made: list[str] = []

    def create(name: str) -> None:
        made.append(name)
        raise ValueError("the name is taken")

    def program() -> None:
        first = Thing("first")
        Thing("second", opts=pulumi.ResourceOptions(depends_on=[first]))

    with pytest.raises(LocalRunError, match=r"'first' \(test:index:Thing\): the name is taken"):
        run(program, Things(create))

    assert made == ["first"]


def test_a_failure_of_the_program_itself_is_told_in_one_line(
    run: Callable[..., Deployment],
) -> None:
    def program() -> None:
        raise ValueError("orders:deadline_seconds = 0: at least 1")

    with pytest.raises(LocalRunError) as failure:
        run(program)

    assert str(failure.value) == (
        "the Pulumi program failed: orders:deadline_seconds = 0: at least 1"
    )


def test_listeners_hear_of_each_resource_once_it_exists(run: Callable[..., Deployment]) -> None:
    heard: list[str] = []

    run(lambda: Thing("first"), Things(), lambda entry: heard.append(entry.id))

    assert heard == ["id-first"]


def test_resources_wait_for_the_embedded_aws_and_fail_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cloud: Future[Cloud] = Future()
    cloud.set_exception(LocalRunError("the embedded AWS ended with code 1"))
    monkeypatch.setattr(monitor, "handler_for", lambda token: Things())

    with pytest.raises(LocalRunError, match=r"^the embedded AWS ended with code 1$"):
        run_program(lambda: Thing("first"), Deployer(cloud), "storefront", "local", {})


def _vpc(**more: Any) -> awsx.ec2.Vpc:
    given = arguments(**more)
    return awsx.ec2.Vpc(
        NAME,
        cidr_block=given["cidrBlock"],
        number_of_availability_zones=given["numberOfAvailabilityZones"],
        nat_gateways=given["natGateways"],
        subnet_strategy=given["subnetStrategy"],
        subnet_specs=[
            awsx.ec2.SubnetSpecArgs(type=spec["type"], cidr_mask=spec["cidrMask"])
            for spec in given["subnetSpecs"]
        ],
    )


def _cloud() -> Future[Cloud]:
    cloud: Future[Cloud] = Future()
    cloud.set_result(
        Cloud(endpoint="http://127.0.0.1:9", region="us-east-1", account_id="000000000000")
    )
    return cloud
