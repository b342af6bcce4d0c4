"""What the language host answers: the LanguageRuntime service for Python."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from engine.children import Children
from engine.interpreters import InterpreterError, interpreter, without_this_repository
from engine.streams import Output, chunks

MESSAGE_BYTES = 400 * 1024 * 1024
"""The largest message, as in the SDK: a program's configuration and a provider's schema are big."""

VERSION = "1.0.0"
_HERE = Path(__file__).resolve().parent
_REPORTED = 32


class PythonRuntime(language_pb2_grpc.LanguageRuntimeServicer):
    """Serves one engine; `end` ends whatever still runs."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._children = Children()

    def end(self) -> None:
        """End every program and plugin."""
        self._children.end()

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Take the engine's address from the engine."""
        self._engine = request.engine_address or self._engine
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """The host's version."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """None: what is needed is on PATH."""
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """None: what is needed is on PATH."""
        return language_pb2.GetRequiredPackagesResponse()

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """A project is asked nothing."""
        return language_pb2.RuntimeOptionsResponse()

    def About(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """The project's interpreter and its version."""
        found = self._describe(request.info, context)
        return language_pb2.AboutResponse(executable=found["executable"], version=found["version"])

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """The packages of the project's interpreter; only what no other requires, if so asked."""
        found = self._describe(request.info, context)
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[
                language_pb2.DependencyInfo(name=name, version=version)
                for name, version, is_direct in found["packages"]
                if is_direct or request.transitiveDependencies
            ]
        )

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802 - the protocol's name
        """Nothing to install."""
        text = "Nothing is installed here: make keeps .venv as the locks say.\n"
        yield language_pb2.InstallDependenciesResponse(stdout=text.encode())

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Interrupt what runs."""
        self._children.interrupt()
        return empty_pb2.Empty()

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Execute a program; its output is the host's output, which the engine shows."""
        if request.attach_debugger:
            return language_pb2.RunResponse(
                error="this language host attaches no debugger: use the one that Pulumi installs"
            )
        try:
            command = [interpreter(request.info), "-P", "-u", str(_HERE / "program.py")]
            child = self._children.start(
                [*command, self._engine],
                directory=Path(request.pwd),
                environment=without_this_repository(os.environ),
                stdin=subprocess.PIPE,
            )
        except (InterpreterError, OSError) as error:
            return language_pb2.RunResponse(error=str(error))
        self._end_with(context, child)
        _feed(child, request.SerializeToString())
        code = self._children.wait(child)
        if code == _REPORTED:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=_complaint(code))

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802 - the protocol's name
        """Run a policy pack: its output as it comes, then its exit code."""
        if request.kind != "analyzer":
            context.abort(
                grpc.StatusCode.UNIMPLEMENTED,
                f"a plugin of kind {request.kind!r} is not run by this language host, only an "
                "analyzer is: use the language host that Pulumi installs",
            )
        try:
            command = [interpreter(request.info), "-u", "-m", "pulumi.policy"]
            child = self._children.start(
                [*command, *request.args, request.info.program_directory],
                directory=Path(request.pwd),
                environment=dict(entry.split("=", 1) for entry in request.env),
                output=subprocess.PIPE,
            )
        except (InterpreterError, OSError) as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        self._end_with(context, child)
        for source, data in chunks(child):
            if source is Output.STDOUT:
                yield language_pb2.RunPluginResponse(stdout=data)
            else:
                yield language_pb2.RunPluginResponse(stderr=data)
        yield language_pb2.RunPluginResponse(exitcode=self._children.wait(child))

    def _end_with(self, context: Any, child: subprocess.Popen[bytes]) -> None:
        """Interrupt `child` when the call ends before it, without holding up the server."""

        def interrupt() -> None:
            if child.poll() is None:
                threading.Thread(target=self._children.interrupt, args=(child,)).start()

        if not context.add_callback(interrupt):
            interrupt()

    def _describe(self, info: Any, context: Any) -> Any:
        try:
            command = [interpreter(info), "-P", str(_HERE / "describe.py")]
        except InterpreterError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        child = self._children.start(
            command,
            directory=_HERE,
            environment=without_this_repository(os.environ),
            output=subprocess.PIPE,
        )
        said = b"".join(data for source, data in chunks(child) if source is Output.STDOUT)
        if code := self._children.wait(child):
            context.abort(grpc.StatusCode.INTERNAL, f"{command[0]}: {_complaint(code)}")
        return json.loads(said)


def _feed(child: subprocess.Popen[bytes], data: bytes) -> None:
    """Write `data` to its standard input; a child that has ended no longer reads."""
    if child.stdin:
        with suppress(BrokenPipeError), child.stdin as stream:
            stream.write(data)


def _complaint(code: int) -> str:
    """What to say of an exit code: nothing of 0."""
    if code < 0:
        return f"Program was ended by {signal.Signals(-code).name}"
    return f"Program exited with non-zero exit code: {code}" if code else ""
