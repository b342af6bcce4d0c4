"""The one place that finds the Pulumi CLI and says how it is to be called."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine import build
from engine.errors import EngineError
from engine.folders import Say, cache, state
from engine.toolchain import HERE

OLDEST = (3, 200, 0)
"""The tests drive the pinned version; a CLI that is more than a year older is not relied on."""

PLUGINS = HERE / "plugins"
LANGUAGE = HERE / "language"
LANGUAGE_HOST = "pulumi-language-python"

_PASSPHRASE = "storefront"  # noqa: S105 - of stacks on this machine alone, where it guards nothing
_OLDEST = ".".join(str(number) for number in OLDEST)
_INSTALL = f"install Pulumi {_OLDEST} or later (pulumi.com/docs/install) and put it on PATH"


@dataclass(frozen=True)
class Cli:
    """A Pulumi CLI that works here."""

    path: Path
    """the executable"""
    version: str
    """without a v: 3.245.0"""
    from_source: bool
    """whether it was built here; Pulumi's own language host is then missing"""

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The variables to set on top of `environ`.

        State and passphrase are ours only where the caller has named no backend, and Pulumi's
        folder only where no Pulumi is installed.
        """
        given = {
            "PATH": self._search_path(environ),
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        if self.from_source and not environ.get("PULUMI_HOME"):
            given["PULUMI_HOME"] = str(state(environ) / "home")
        stacks = (state(environ) / "stacks").as_uri()
        if environ.get("PULUMI_BACKEND_URL") in (None, "", stacks):
            given["PULUMI_BACKEND_URL"] = stacks
            secret = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
            if not any(name in environ for name in secret):
                given["PULUMI_CONFIG_PASSPHRASE"] = _PASSPHRASE
        return given

    def _search_path(self, environ: Mapping[str, str]) -> str:
        """A CLI built here and the plugins first; our language host last, as Pulumi's own wins."""
        first = [str(self.path.parent), str(PLUGINS)] if self.from_source else [str(PLUGINS)]
        caller = [entry for entry in _callers(environ) if entry not in {*first, str(LANGUAGE)}]
        found = shutil.which(LANGUAGE_HOST, path=os.pathsep.join(caller))
        last = [] if found and not self.from_source else [str(LANGUAGE)]
        return os.pathsep.join([*first, *caller, *last])


def _callers(environ: Mapping[str, str]) -> list[str]:
    """The entries of PATH but for the CLIs that an earlier `make engine` put there."""
    own = str(cache(environ))
    entries = environ.get("PATH", "").split(os.pathsep)
    return [entry for entry in entries if entry and not entry.startswith(own)]


def find(say: Say, environ: Mapping[str, str] | None = None) -> Cli:
    """The CLI on PATH if it is recent enough, or else the pinned one, built from source.

    Raises EngineError when neither is to be had.
    """
    environ = os.environ if environ is None else environ
    installed = _installed(environ, say)
    if installed:
        return installed
    try:
        return Cli(build.built(environ, say), build.pinned(), from_source=True)
    except (EngineError, OSError) as error:
        raise EngineError(f"no recent enough Pulumi is on PATH, and {error}; {_INSTALL}") from error


def _installed(environ: Mapping[str, str], say: Say) -> Cli | None:
    """The user's own CLI, if it is recent enough."""
    path = shutil.which("pulumi", path=os.pathsep.join(_callers(environ)))
    if path is None:
        return None
    version = build.version_of(path)
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    if numbers >= OLDEST:
        return Cli(Path(path), version, from_source=False)
    say(f"{path} is Pulumi {version or 'of no known version'}, {_OLDEST} is needed: not used")
    return None
