"""`make image OUT=dist`: inventory's image, built and pushed once for what it is made of.

Its tag is the digest of its inputs. Tags are never moved, so an image that is there already is the
one that would be built: its digest is taken, and a change elsewhere releases no new image.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tools.delivery.errors import DeliveryError, step

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = "containers/inventory/Dockerfile"
INPUTS = ("containers/inventory", "lambdas/common")
VARIABLE = "IMAGE_REPOSITORY"
FILE = "image.txt"
_PLATFORM = "linux/arm64"


def tag(root: Path = ROOT) -> str:
    """The digest of the files that the image is made of, and of their names."""
    digest = hashlib.sha256()
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()[:32]


def _files(root: Path) -> Iterable[Path]:
    return sorted(
        path
        for folder in INPUTS
        for path in (root / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def build(repository: str, name: str) -> str:
    """The digest of the image with tag `name`, which is built and pushed unless it is there."""
    registry = repository.partition("/")[0]
    region = registry.split(".")[3] if registry.count(".") > 4 else ""
    password = _run(["aws", "ecr", "get-login-password", "--region", region])
    sign_in = ["docker", "login", "--username", "AWS", "--password-stdin", registry]
    _run(sign_in, given=password)
    if found := _known(repository, name, region):
        return found
    with tempfile.TemporaryDirectory(prefix="image-") as directory:
        told = Path(directory) / "told.json"
        _run(
            [
                *("docker", "buildx", "build", "--platform", _PLATFORM, "--file", DOCKERFILE),
                *("--tag", f"{repository}:{name}", "--push", "--provenance=false"),
                *("--metadata-file", str(told), "."),
            ]
        )
        metadata: Mapping[str, str] = json.loads(told.read_text("utf-8"))
    return metadata["containerimage.digest"]


def _known(repository: str, name: str, region: str) -> str:
    """The digest behind a tag; empty where there is none."""
    asked = subprocess.run(  # noqa: S603 - AWS's CLI
        [
            *("aws", "ecr", "describe-images", "--region", region),
            *("--repository-name", repository.partition("/")[2], "--image-ids", f"imageTag={name}"),
            *("--query", "imageDetails[0].imageDigest", "--output", "text"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() if asked.returncode == 0 else ""


def _run(command: Sequence[str], given: str | None = None) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - docker and AWS's CLI
            command, input=given, cwd=ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise DeliveryError(f"there is no {command[0]}: the build's image must bring it") from error
    if done.returncode:
        words = " ".join(command[:3])
        raise DeliveryError(f"{words} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


def main(arguments: list[str]) -> int:
    """0 when the image is in the registry and its name in the file."""
    parser = argparse.ArgumentParser(prog="image", description=__doc__)
    parser.add_argument("out", type=Path)
    given = parser.parse_args(arguments)

    def body() -> str:
        repository = os.environ.get(VARIABLE, "")
        if not repository:
            raise DeliveryError(f"{VARIABLE} is not set: name the repository that is pushed to")
        image = f"{repository}@{build(repository, tag())}"
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / FILE).write_text(f"{image}\n")
        return image

    return step("image", body)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
