"""The buildspecs run as CodeBuild runs them: in a fresh clone, with an empty home."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.codebuild import Build, clean_build, programs
from tools.delivery.buildspec import load, parse

SPECS = load()
FEW = "tests/unit/test_naming.py"
ONLY_FEW = f"make test runs {FEW} alone, not the whole suite within itself"
DIGEST = f"sha256:{'ab' * 32}"
DOCKER = (
    'while [ $# -gt 0 ]; do [ "$1" = --metadata-file ] && '
    f'printf \'{{"containerimage.digest": "{DIGEST}"}}\' > "$2"; shift; done'
)
AWS = '[ "$2" = describe-images ] && exit 254; echo password'


def test_the_tests_leave_their_reports(tmp_path: Path) -> None:
    build = clean_build(tmp_path, ONLY_FEW, TESTS=FEW).run(SPECS["tests"])

    assert build.succeeded, build.output
    assert build.ran == ["make setup", "make test REPORTS=reports"]
    assert "<testsuite " in (build.source / "reports/tests.xml").read_text()
    assert f"substituted: {ONLY_FEW}" in build.said


def test_a_test_that_fails_ends_the_build(tmp_path: Path) -> None:
    build = clean_build(tmp_path, ONLY_FEW, TESTS="tests/unit/there_is_none.py")

    assert not build.run(SPECS["tests"]).succeeded


def test_packages_bring_their_bills_of_material(tmp_path: Path) -> None:
    build = clean_build(tmp_path, "packages are built for this machine (HOST)", HOST="1")

    build.run(SPECS["package"])

    assert build.succeeded, build.output
    assert len(list((build.source / "dist/storefront/packages/zips").glob("*.zip"))) == 4
    assert len(list((build.source / "dist/sbom").glob("*.cdx.json"))) == 5


def test_an_image_is_known_by_the_digest_that_was_pushed(tmp_path: Path) -> None:
    path = programs(tmp_path, {"docker": DOCKER, "aws": AWS})
    build = clean_build(
        tmp_path,
        "docker and aws are scripts: no image is built or pushed",
        PATH=f"{path}{os.pathsep}{os.environ['PATH']}",
        IMAGE_REPOSITORY="111111111111.dkr.ecr.eu-west-1.amazonaws.com/storefront/inventory",
    )

    build.run(SPECS["image"])

    assert build.succeeded, build.output
    assert (build.source / "dist/image.txt").read_text().endswith(f"@{DIGEST}\n")


@pytest.mark.parametrize("name", ["smoke", "drift", "deploy", "preview"])
def test_a_stack_that_is_not_there_ends_the_build_in_one_sentence(
    tmp_path: Path, name: str
) -> None:
    build = clean_build(tmp_path, STACK="staging").run(SPECS[name])

    assert not build.succeeded
    assert "STACK='staging' has no Pulumi.staging.yaml" in build.output


def odd(tmp_path: Path, **phases: object) -> Build:
    text = json.dumps({"version": 0.2, "phases": phases})
    return Build(tmp_path, {"PATH": os.environ["PATH"]}).run(parse("odd", text))


def test_a_failing_command_ends_its_phase_and_finally_still_runs(tmp_path: Path) -> None:
    build = odd(
        tmp_path,
        build={"commands": ["echo one", "exit 3", "echo two"], "finally": ["echo last"]},
        post_build={"commands": ["echo after"]},
    )

    assert not build.succeeded
    assert build.ran == ["echo one", "exit 3", "echo last", "echo after"]


def test_after_a_failed_installation_nothing_is_built(tmp_path: Path) -> None:
    build = odd(
        tmp_path,
        install={"commands": ["exit 1"]},
        build={"commands": ["echo built"]},
        post_build={"commands": ["echo after"]},
    )

    assert build.ran == ["exit 1"]


def test_an_artifact_that_was_promised_and_is_missing_fails_the_build(tmp_path: Path) -> None:
    text = json.dumps(
        {
            "version": 0.2,
            "phases": {"build": {"commands": ["mkdir dist"]}},
            "artifacts": {"base-directory": "dist", "files": ["image.txt"]},
        }
    )

    build = Build(tmp_path, {"PATH": os.environ["PATH"]}).run(parse("odd", text))

    assert not build.succeeded
    assert build.said[-1] == "dist/image.txt was promised and is not there"
