"""Imports of the AWS SDK by class: `aws.ec2.SecurityGroup` loads one module of 180, not all.

The generated packages import every module of a service at the first use of any of its classes,
which is most of what a program's start costs. Here a name is looked for in the module called like
it, then among the service's nested types; what is in none of them loads the package as it would
load itself.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_SDK = "pulumi_aws"
_WHOLE = frozenset({f"{_SDK}.config"})
"""Packages that are more than their classes."""
_OUTPUTS = "outputs"
"""The one module of a service whose names are not the package's."""
_TYPES = ("_inputs", "_enums")
_AS_OUTPUT = "_output"
"""How a function is called that gives an output; it stands in the plain one's module."""
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def import_by_class() -> None:
    """From now on, in this process; a service that is loaded already stays as it is."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds the SDK's services, and leaves everything else to the other finders."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.rpartition(".")[0] != _SDK or fullname in _WHOLE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.submodule_search_locations and spec.origin:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        def load(name: str) -> Any:
            if name == _OUTPUTS and find_spec(f"{module.__name__}.{name}"):
                return importlib.import_module(f"{module.__name__}.{name}")
            for part in (_snake(name).removesuffix(_AS_OUTPUT), *_TYPES):
                if find_spec(f"{module.__name__}.{part}"):
                    _take(module, part)
                    if name in vars(module):
                        return vars(module)[name]
            del vars(module)["__getattr__"]
            SourceFileLoader.exec_module(self, module)
            return getattr(module, name)

        vars(module)["__getattr__"] = load


def _take(package: ModuleType, part: str) -> None:
    """What `from .part import *` does."""
    loaded = importlib.import_module(f"{package.__name__}.{part}")
    vars(package).update({name: getattr(loaded, name) for name in loaded.__all__})


def _snake(name: str) -> str:
    return _WORD.sub("_", name).lower()
