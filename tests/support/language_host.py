"""A running language host, and the engine that it talks to: what a program logs and exports."""

from __future__ import annotations

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import (
    engine_pb2_grpc,
    language_pb2,
    language_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

from tools.locks import ROOT

HOST = ROOT / "engine/language/pulumi-language-python"
PROGRAM = """
import os, sys, pulumi
config = pulumi.Config()
print("one line of output", flush=True)
{more}
pulumi.export("number", config.require_int("number"))
pulumi.export("word", config.require_secret("word"))
pulumi.export("where", [pulumi.get_project(), pulumi.get_stack(), pulumi.get_organization()])
pulumi.export("dry", pulumi.runtime.is_dry_run())
pulumi.export("arguments", sys.argv[1:])
pulumi.export("folder", os.getcwd())
pulumi.export("path", os.environ.get("PYTHONPATH", "none"))
"""


class Engine(engine_pb2_grpc.EngineServicer, resource_pb2_grpc.ResourceMonitorServicer):
    """Keeps what a program logs, and the outputs of its stack."""

    def __init__(self) -> None:
        self.logged: list[str] = []
        self.outputs: dict[str, Any] = {}

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        if request.severity >= 3:
            self.logged.append(request.message)
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:  # noqa: N802 - as above
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "not kept")

    def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: N802 - as above
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:  # noqa: N802 - as above
        return empty_pb2.Empty()

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802 - as above
        return resource_pb2.RegisterResourceResponse(urn=f"urn:{request.name}")

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:  # noqa: N802 - as above
        self.outputs = dict(request.outputs)
        return empty_pb2.Empty()


class Host:
    """A running language host."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self._server = grpc.server(ThreadPoolExecutor(max_workers=8))
        engine_pb2_grpc.add_EngineServicer_to_server(engine, self._server)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(engine, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        self.process = subprocess.Popen(  # noqa: S603 - our own script
            [HOST, self.address],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,
            text=True,
        )
        assert self.process.stdout
        port = int(self.process.stdout.readline())
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.runtime: Any = language_pb2_grpc.LanguageRuntimeStub(self._channel)

    def info(self, **options: str) -> language_pb2.ProgramInfo:
        given = struct_pb2.Struct()
        given.update(options)
        place = str(self.folder)
        return language_pb2.ProgramInfo(
            root_directory=place, program_directory=place, entry_point=".", options=given
        )

    def request(self, more: str = "", **options: str) -> language_pb2.RunRequest:
        """The request to run PROGRAM with `more` in its middle."""
        (self.folder / "__main__.py").write_text(PROGRAM.format(more=more))
        return language_pb2.RunRequest(
            project="shop",
            stack="dev",
            organization="us",
            pwd=str(self.folder),
            args=["--fast"],
            config={"shop:number": "0", "shop:word": "hush"},
            configSecretKeys=["shop:word"],
            dryRun=True,
            parallel=4,
            monitor_address=self.address,
            info=self.info(**options),
        )

    def run(self, more: str = "", **options: str) -> Any:
        """What the host answers when it has run PROGRAM with `more` in its middle."""
        return self.runtime.Run(self.request(more, **options), timeout=60)

    def stop(self, number: int = signal.SIGINT, *, alone: bool = False) -> tuple[str, str]:
        """What it printed after the port; the signal goes to its group, as the engine's does."""
        if self.process.poll() is None:
            (os.kill if alone else os.killpg)(self.process.pid, number)
        output = self.process.communicate(timeout=20)
        self._channel.close()
        self._server.stop(None).wait()
        return output
