"""Lambda functions."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any, Final

from local.resources.base import Cloud, Properties, ResourceError
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api

_CODE: Final = frozenset({"code", "imageUri", "s3Bucket", "s3Key", "s3ObjectVersion"})


class Function(Lifecycle):
    """A function; its id is its name. Its code is a `pulumi.FileArchive` of a zip file."""

    handles = "aws:lambda/function:Function"
    replace_on = frozenset({"name", "packageType"})
    unsettled = frozenset(
        {"codeSha256", "lastModified", "qualifiedArn", "qualifiedInvokeArn", "sourceCodeSize"}
        | {"version"}
    )
    tags_by = "arn"
    api = Api(
        "lambda",
        renamed={"name": "FunctionName"},
        provider_only=frozenset(
            {
                *_CODE,
                "codeSha256",
                "publishTo",
                "replaceSecurityGroupsOnDestroy",
                "replacementSecurityGroupIds",
                "reservedConcurrentExecutions",
                "skipDestroy",
                "sourceCodeHash",
                "useResourceTimeoutForPropagation",
            }
        ),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        function = physical_name(name, inputs)
        self.api.call(cloud, "CreateFunction", {**inputs, "name": function}, Code=_code(inputs))
        return function

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        self._reserve(cloud, id, {}, inputs)

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        client = cloud.client("lambda")
        found = client.get_function(FunctionName=id)["Configuration"]
        version = _latest_version(cloud, id)
        arn = found["FunctionArn"]
        return {
            **self.api.reflect(_configured(state), found),
            **self._concurrency(cloud, id),
            "name": id,
            "arn": arn,
            "invokeArn": invoke_arn(cloud, arn),
            "responseStreamingInvokeArn": invoke_arn(cloud, arn, streaming=True),
            "version": version,
            "qualifiedArn": f"{arn}:{version}",
            "qualifiedInvokeArn": invoke_arn(cloud, f"{arn}:{version}"),
            "lastModified": found["LastModified"],
            "codeSha256": found["CodeSha256"],
            "sourceCodeHash": state.get("sourceCodeHash") or found["CodeSha256"],
            "sourceCodeSize": found["CodeSize"],
            "timeout": found["Timeout"],
            "memorySize": found["MemorySize"],
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`; publishes a version when code or configuration changed."""
        coded = self._change_code(cloud, id, state, inputs)
        configured = self._change_configuration(cloud, id, state, inputs)
        self._reserve(cloud, id, state, inputs)
        if inputs.get("publish") and (coded or configured):
            cloud.client("lambda").publish_version(FunctionName=id)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("lambda").delete_function(FunctionName=id)

    def _change_code(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> bool:
        code = _code(inputs)
        if _digest(code) == state["codeSha256"]:
            return False
        more = {"Architectures": inputs["architectures"]} if inputs.get("architectures") else {}
        cloud.client("lambda").update_function_code(FunctionName=id, **code, **more)
        return True

    def _change_configuration(
        self, cloud: Cloud, id: str, state: Properties, inputs: Properties
    ) -> bool:
        operation = "UpdateFunctionConfiguration"
        old, new = (
            self.api.request(cloud, operation, {**side, "name": id}, only_known=True)
            for side in (state, inputs)
        )
        removed: Properties = {
            member: {}
            for member in ("DeadLetterConfig", "Environment", "VpcConfig")
            if member in old and member not in new
        }
        if not removed and all(old.get(member) == value for member, value in new.items()):
            return False
        cloud.client("lambda").update_function_configuration(**new, **removed)
        return True

    def _reserve(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        client = cloud.client("lambda")
        wanted = inputs.get("reservedConcurrentExecutions", -1)
        if wanted >= 0:
            client.put_function_concurrency(
                FunctionName=id, ReservedConcurrentExecutions=int(wanted)
            )
        elif state.get("reservedConcurrentExecutions", -1) >= 0:
            client.delete_function_concurrency(FunctionName=id)

    def _concurrency(self, cloud: Cloud, id: str) -> Properties:
        answer = cloud.client("lambda").get_function_concurrency(FunctionName=id)
        return {"reservedConcurrentExecutions": answer.get("ReservedConcurrentExecutions", -1)}


def invoke_arn(cloud: Cloud, arn: str, *, streaming: bool = False) -> str:
    """What API Gateway is given to invoke the function, version or alias `arn`."""
    date, call = (
        ("2021-11-15", "response-streaming-invocations")
        if streaming
        else ("2015-03-31", "invocations")
    )
    gateway = f"arn:aws:apigateway:{cloud.region}:lambda:path/{date}"
    return f"{gateway}/functions/{arn}/{call}"


def _latest_version(cloud: Cloud, function: str) -> str:
    pages = cloud.client("lambda").get_paginator("list_versions_by_function")
    versions = [
        version["Version"]
        for page in pages.paginate(FunctionName=function)
        for version in page["Versions"]
    ]
    return str(max(versions, key=lambda version: int(version) if version.isdigit() else 0))


def _configured(state: Properties) -> Properties:
    return {key: value for key, value in state.items() if key not in ("version", "role")}


def _code(inputs: Properties) -> dict[str, Any]:
    if inputs.get("imageUri"):
        return {"ImageUri": inputs["imageUri"]}
    if inputs.get("s3Bucket"):
        names = {"s3Bucket": "S3Bucket", "s3Key": "S3Key", "s3ObjectVersion": "S3ObjectVersion"}
        return {member: inputs[key] for key, member in names.items() if inputs.get(key)}
    path = Path(getattr(inputs.get("code"), "path", None) or "")
    if not path.is_file():
        raise ResourceError(
            f"function code {inputs.get('code')!r} is no zip file: give pulumi.FileArchive with "
            "the path of the zip that the package builder made."
        )
    return {"ZipFile": path.read_bytes()}


def _digest(code: dict[str, Any]) -> str | None:
    zipped = code.get("ZipFile")
    return base64.b64encode(hashlib.sha256(zipped).digest()).decode() if zipped else None


HANDLERS = (Function(),)
