"""The handlers behind the engine's protocol, as the engine calls them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto import provider_pb2_grpc

from local.provider import wire
from local.provider.forward import Forwarder
from local.provider.service import Service, serve
from local.provider.servicer import Servicer
from local.resources import Cloud
from tests.local_resources.stack import unique

pytestmark = pytest.mark.xdist_group("ministack")

Stub = Any


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:test::storefront::storefront:blocks:Queue${token}::{name}"


QUEUE = urn("aws:sqs/queue:Queue", "orders-events-queue")
LINK = urn("aws:apigatewayv2/vpcLink:VpcLink", "link")
PERMISSION = urn("aws:lambda/permission:Permission", "schedule-permission")
REFUSED = {"action": "lambda:InvokeFunction", "function": "nobody", "principal": "events"}


@pytest.fixture
def service(cloud: Cloud) -> Iterator[Service]:
    started = serve(lambda region: cloud)
    yield started
    started.stop()


@pytest.fixture
def provider(service: Service) -> Iterator[Stub]:
    with grpc.insecure_channel(service.address) as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        configure(stub, "us-east-1")
        yield stub


def configure(stub: Stub, region: str) -> None:
    stub.Configure(proto.ConfigureRequest(args=wire.struct({"region": region})))


def create(stub: Stub, address: str = QUEUE, **inputs: Any) -> proto.CreateResponse:
    answer: proto.CreateResponse = stub.Create(
        proto.CreateRequest(urn=address, properties=wire.struct(inputs))
    )
    return answer


def details(refused: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    return str(refused.value.details())


def test_a_check_fills_in_the_providers_defaults(provider: Stub) -> None:
    checked = provider.Check(proto.CheckRequest(urn=QUEUE, news=wire.struct({"name": "q"})))

    assert wire.plain(checked.inputs)["visibilityTimeoutSeconds"] == 30
    assert not checked.failures


def test_a_check_names_a_misspelt_property(provider: Stub) -> None:
    checked = provider.Check(proto.CheckRequest(urn=QUEUE, news=wire.struct({"nam": "q"})))

    assert [failure.property for failure in checked.failures] == ["nam"]


def test_a_preview_knows_the_inputs_and_leaves_the_rest_unknown(provider: Stub) -> None:
    request = proto.CreateRequest(urn=QUEUE, properties=wire.struct({"name": "q"}), preview=True)

    previewed = wire.plain(provider.Create(request).properties)

    assert previewed["name"] == "q"
    assert previewed["url"] == previewed["arn"] == wire.UNKNOWN


def test_an_unknown_input_stays_unknown_in_a_preview(provider: Stub) -> None:
    inputs = wire.struct({"name": wire.UNKNOWN})

    previewed = provider.Create(proto.CreateRequest(urn=QUEUE, properties=inputs, preview=True))

    assert wire.plain(previewed.properties)["name"] == wire.UNKNOWN


def test_a_resource_lives_from_creation_to_deletion(provider: Stub, cloud: Cloud) -> None:
    name = unique("queue")
    made = create(provider, name=name, delaySeconds=1)

    updated = provider.Update(
        proto.UpdateRequest(
            id=made.id,
            urn=QUEUE,
            olds=made.properties,
            news=wire.struct({"name": name, "delaySeconds": 2}),
        )
    )
    read = provider.Read(
        proto.ReadRequest(
            id=made.id,
            urn=QUEUE,
            properties=updated.properties,
            inputs=wire.struct({"name": name, "delaySeconds": 2}),
        )
    )
    provider.Delete(proto.DeleteRequest(id=made.id, urn=QUEUE, properties=read.properties))
    gone = provider.Read(proto.ReadRequest(id=made.id, urn=QUEUE, properties=read.properties))

    assert wire.plain(read.inputs) == {"name": name, "delaySeconds": 2}
    assert wire.plain(read.properties) == wire.plain(updated.properties)
    assert gone.id == ""
    assert made.id not in cloud.client("sqs").list_queues().get("QueueUrls", [])


def test_a_read_tells_what_somebody_changed_behind_the_back(provider: Stub, cloud: Cloud) -> None:
    made = create(provider, name=unique("queue"), delaySeconds=1)
    cloud.client("sqs").set_queue_attributes(QueueUrl=made.id, Attributes={"DelaySeconds": "9"})

    read = provider.Read(
        proto.ReadRequest(
            id=made.id,
            urn=QUEUE,
            properties=made.properties,
            inputs=wire.struct({"delaySeconds": 1}),
        )
    )

    assert wire.plain(read.inputs) == {"delaySeconds": 9}
    provider.Delete(proto.DeleteRequest(id=made.id, urn=QUEUE, properties=made.properties))


def test_a_creation_that_aws_refuses_says_why(provider: Stub) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        create(provider, PERMISSION, **REFUSED)

    said = details(refused)
    assert "cannot create aws:lambda/permission:Permission 'schedule-permission'" in said
    assert "AddPermission answered ResourceNotFoundException" in said


def test_a_type_without_a_handler_is_named(provider: Stub) -> None:
    request = proto.CheckRequest(urn=urn("aws:glue/job:Job", "job"), news=wire.struct({}))

    with pytest.raises(grpc.RpcError) as refused:
        provider.Check(request)

    assert "no handler for resource type 'aws:glue/job:Job'" in details(refused)


def test_a_recorded_type_is_validated(provider: Stub) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        create(provider, LINK, name="link")

    assert 'Missing required parameter in input: "SubnetIds"' in details(refused)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({}, "region"),
        ({"region": "eu-west-1", "asumeRole": {}}, "asumeRole"),
        (
            {"region": "eu-west-1", "endpoints": [{"sqs": "https://sqs.eu-west-1.amazonaws.com"}]},
            "endpoints.sqs",
        ),
        ({"region": "eu-west-1", "endpoints": '[{"s3":"http://10.0.0.1:4566"}]'}, "endpoints.s3"),
        ({"region": "eu-west-1", "defaultTags": {"tags": {"a": "b"}}}, "defaultTags"),
    ],
)
def test_a_configuration_that_cannot_be_followed_is_refused(
    provider: Stub, given: dict[str, Any], path: str
) -> None:
    checked = provider.CheckConfig(proto.CheckRequest(news=wire.struct(given)))

    assert [failure.property for failure in checked.failures] == [path]


def test_an_endpoint_on_loopback_is_fine(provider: Stub) -> None:
    given = {"region": "eu-west-1", "endpoints": [{"sqs": "http://127.0.0.1:4566"}]}

    assert not provider.CheckConfig(proto.CheckRequest(news=wire.struct(given))).failures


def test_a_provider_function_answers_for_the_configured_region(provider: Stub) -> None:
    configure(provider, "eu-west-1")

    answer = provider.Invoke(
        proto.InvokeRequest(tok="aws:index/getAvailabilityZones:getAvailabilityZones")
    )

    names = wire.plain(getattr(answer, "return"))["names"]
    assert names == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]


def test_a_plugin_hands_calls_and_failures_through(service: Service) -> None:
    plugin = Service(Forwarder(service.address))
    plugin.start()
    with grpc.insecure_channel(plugin.address) as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        configure(stub, "us-east-1")
        made = create(stub, name=unique("queue"))
        with pytest.raises(grpc.RpcError) as refused:
            create(stub, PERMISSION, **REFUSED)
        stub.Delete(proto.DeleteRequest(id=made.id, urn=QUEUE, properties=made.properties))
    plugin.stop()

    assert "cannot create" in details(refused)


def test_two_plugins_have_a_region_each(service: Service) -> None:
    regions = ("eu-west-1", "us-east-1")
    plugins = [Service(Forwarder(service.address)) for _ in regions]
    names = []
    for plugin, region in zip(plugins, regions, strict=True):
        plugin.start()
        with grpc.insecure_channel(plugin.address) as channel:
            configure(provider_pb2_grpc.ResourceProviderStub(channel), region)
    for plugin in plugins:
        with grpc.insecure_channel(plugin.address) as channel:
            answer = provider_pb2_grpc.ResourceProviderStub(channel).Invoke(
                proto.InvokeRequest(tok="aws:index/getRegion:getRegion")
            )
            names.append(wire.plain(getattr(answer, "return"))["name"])
        plugin.stop()

    assert names == list(regions)


def test_without_a_cloud_a_preview_works_and_a_creation_says_what_to_do() -> None:
    def none(region: str) -> Cloud:
        raise LookupError("run make cloud")

    service = Service()
    service.add(Servicer(none))
    service.start()
    with grpc.insecure_channel(service.address) as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        configure(stub, "us-east-1")
        stub.Create(
            proto.CreateRequest(urn=QUEUE, properties=wire.struct({"name": "q"}), preview=True)
        )
        with pytest.raises(grpc.RpcError) as refused:
            create(stub, name="q")
    service.stop()

    assert details(refused) == "run make cloud"


def test_a_plugin_without_the_provider_it_belongs_to_says_so() -> None:
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1:1"):
        Forwarder("127.0.0.1:1", seconds=0.2)


def test_the_check_of_a_new_resource_settles_nothing(service: Service, cloud: Cloud) -> None:
    """The engine sends empty old inputs for it: what a killed plugin left is then given out."""
    name = unique("api")
    address = urn("aws:apigatewayv2/api:Api", name)
    inputs = {"name": name, "protocolType": "HTTP"}
    made = []
    for _ in range(2):
        plugin = Service(Forwarder(service.address))
        plugin.start()
        with grpc.insecure_channel(plugin.address) as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            configure(stub, "us-east-1")
            stub.Check(
                proto.CheckRequest(urn=address, olds=wire.struct({}), news=wire.struct(inputs))
            )
            made.append(create(stub, address, **inputs).id)
        plugin.stop()

    apis = cloud.client("apigatewayv2").get_apis()["Items"]
    assert [api["ApiId"] for api in apis if api["Name"] == name] == [made[0]]
    assert made[1] == made[0]


def test_an_output_that_was_used_as_text_fails_the_check(provider: Stub) -> None:
    text = "x-Calling __str__ on an Output[T] is not supported."

    checked = provider.Check(proto.CheckRequest(urn=QUEUE, news=wire.struct({"name": text})))

    assert [failure.property for failure in checked.failures] == ["name"]
    assert "pulumi.Output.format" in checked.failures[0].reason
