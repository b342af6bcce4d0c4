"""One package index for pip and uv: uv reads none of pip's configuration, so it is handed over.

Standard library only: set-up runs this before anything is installed.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Mapping

# pip's option, uv's variable for it, what joins several values, and what already decides it.
_HANDED_OVER = (
    ("index-url", "UV_DEFAULT_INDEX", " ", ("UV_INDEX_URL",)),
    ("extra-index-url", "UV_EXTRA_INDEX_URL", " ", ("UV_INDEX",)),
    ("find-links", "UV_FIND_LINKS", ",", ()),
    ("trusted-host", "UV_INSECURE_HOST", " ", ()),
    ("cert", "SSL_CERT_FILE", " ", ()),
    ("proxy", "ALL_PROXY", " ", ("HTTPS_PROXY", "https_proxy", "all_proxy")),
    ("default-timeout", "UV_HTTP_TIMEOUT", " ", ()),
    ("timeout", "UV_HTTP_TIMEOUT", " ", ()),
)
_UNREACHABLE = re.compile(
    r"after connection broken by|error sending request|connection refused|timed out|dns error"
    r"|certificate|tunnel error|network is unreachable|network was disabled|from versions: none",
    re.IGNORECASE,
)


def _pip_options(python: str, environ: Mapping[str, str]) -> dict[str, str]:
    listed = subprocess.run(  # noqa: S603 - the caller's own interpreter
        [python, "-m", "pip", "config", "list"],
        env=dict(environ),
        capture_output=True,
        text=True,
        check=False,
    )
    scopes: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        scope, _, option = name.partition(".")
        if scope in scopes:
            scopes[scope][option] = str(ast.literal_eval(value))
    return {**scopes["global"], **scopes["install"], **scopes[":env:"]}


def for_uv(python: str, environ: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Flags and environment that make uv install from where pip of `python` would.

    pip's options come from its files and PIP_ variables. A setting of uv's own wins over pip's.
    """
    options = _pip_options(python, environ)
    given = dict(environ)
    for option, variable, separator, deciding in _HANDED_OVER:
        values = options.get(option, "").split()
        if values and not any(name in environ for name in (variable, *deciding)):
            given[variable] = separator.join(values)
    if "UV_NATIVE_TLS" not in given:
        given.setdefault("UV_SYSTEM_CERTS", "true")
    without_index = options.get("no-index", "").lower() in {"1", "true", "yes", "on"}
    return ["--no-index"] if without_index else [], given


def for_pip(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with uv's index for pip, where only uv's is set."""
    index = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL")
    return {"PIP_INDEX_URL": index, **environ} if index else dict(environ)


def failure(output: str) -> str:
    """Why an installer failed and the remedy, in one line, from what it printed."""
    if _UNREACHABLE.search(output):
        return (
            "the package index cannot be reached; check the network, and the index, proxy and "
            "certificate that PIP_INDEX_URL, HTTPS_PROXY and PIP_CERT (or pip's configuration) name"
        )
    lines = [re.sub(r"^\W+", "", line) for line in output.splitlines()]
    errors = [line for line in lines if line.lower().startswith(("error", "because", "cause"))]
    reason = (errors or [line for line in lines if line] or ["no reason given"])[0]
    reason = re.sub(r"(?i)^error: *", "", reason).rstrip(".")
    return f"{reason}; the index must serve every pinned version for this platform"
