"""Properties that AWS keeps as named texts: SQS, SNS and load balancer attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from local.resources.base import Properties, ResourceError
from local.resources.shapes import same, text


@dataclass(frozen=True)
class Attributes:
    """Which property is which attribute; numbers and truth values travel as text."""

    texts: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    beside: frozenset[str] = frozenset()
    """Properties that are no attributes: the handler or the provider itself acts on them."""

    def request(self, properties: Properties) -> dict[str, str]:
        """Attribute → text of all `properties`; raises `ResourceError` for an unknown one."""
        names = {**self.texts, **self.numbers, **self.flags}
        unknown = properties.keys() - names.keys() - self.beside - {"region", "tags", "tagsAll"}
        if unknown:
            raise ResourceError(
                f"properties {sorted(unknown)} are no attributes the handler knows: add them to "
                "its tables with their AWS names."
            )
        return {names[key]: text(value) for key, value in properties.items() if key in names}

    def changed(self, state: Properties, properties: Properties) -> dict[str, str]:
        """The attributes that differ between `state` and `properties`."""
        old = self.request({key: value for key, value in state.items() if key in self.known})
        return {key: new for key, new in self.request(properties).items() if old.get(key) != new}

    def reflect(self, properties: Properties, attributes: Mapping[str, str]) -> Properties:
        """The properties that `attributes` say, in the writing of `properties` where equal."""
        read: Properties = {}
        for key, name in self.texts.items():
            if attributes.get(name):
                old, new = properties.get(key), attributes[name]
                read[key] = old if old is not None and same(old, new) else new
        for key, name in self.numbers.items():
            if attributes.get(name):
                read[key] = int(attributes[name])
        for key, name in self.flags.items():
            if name in attributes:
                read[key] = attributes[name] == "true"
        return read

    @property
    def known(self) -> frozenset[str]:
        """The properties that are attributes."""
        return frozenset({*self.texts, *self.numbers, *self.flags})
