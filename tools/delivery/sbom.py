"""`make sbom OUT=dist`: what each package and the image are made of, as CycloneDX documents.

They come from the locks that the packages are built from, so that they say the hashes that were
checked; the same locks give the same bytes.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from tools.delivery.errors import DeliveryError, step

ROOT = Path(__file__).resolve().parents[2]
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def locks() -> dict[str, Path]:
    """The lock of everything that is released, by the service's name."""
    found = [
        *(ROOT / "lambdas").glob("*/requirements.txt"),
        *(ROOT / "containers").glob("*/requirements.txt"),
    ]
    return {path.parent.name: path for path in sorted(found)}


def bill(service: str, lock: str) -> str:
    """The document of one service; raises DeliveryError for a lock that pins nothing."""
    components = list(_components(lock))
    if not components:
        raise DeliveryError(f"the lock of {service} pins nothing; write it with make lock")
    bom = Bom(
        components=components,
        serial_number=uuid5(NAMESPACE_URL, f"storefront/{service}\n{lock}"),
    )
    released = Component(
        name=service, type=ComponentType.APPLICATION, bom_ref=f"storefront/{service}"
    )
    bom.metadata.component = released
    bom.register_dependency(released, components)
    bom.metadata.timestamp = None  # type: ignore[assignment] # a time would change the bytes
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def _components(lock: str) -> Iterator[Component]:
    pins = list(_PINNED.finditer(lock))
    ends = [*(pin.start() for pin in pins), len(lock)][1:]
    for pin, end in zip(pins, ends, strict=True):
        url = PackageURL("pypi", name=pin["name"].lower(), version=pin["version"])
        yield Component(
            name=pin["name"],
            version=pin["version"],
            purl=url,
            bom_ref=str(url),
            hashes=[
                HashType(alg=HashAlgorithm.SHA_256, content=found)
                for found in _HASH.findall(lock[pin.start() : end])
            ],
        )


def main(arguments: list[str]) -> int:
    """0 when every document is written."""
    parser = argparse.ArgumentParser(prog="sbom", description=__doc__)
    parser.add_argument("out", type=Path)
    given = parser.parse_args(arguments)

    def body() -> str:
        folder = given.out / "sbom"
        folder.mkdir(parents=True, exist_ok=True)
        for service, lock in locks().items():
            (folder / f"{service}.cdx.json").write_text(bill(service, lock.read_text("utf-8")))
        return f"{len(locks())} documents in {folder}"

    return step("sbom", body)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
