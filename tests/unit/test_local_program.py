"""The program runs in a process of its own, which says what it made or why it did not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import msgspec
import pytest

from local import deploying, program
from local.children import Children
from local.deployment import Deployment, Registration, Result
from local.errors import LocalRunError
from local.program import Program


@pytest.fixture
def children() -> Iterator[Children]:
    """A run's processes."""
    made = Children()
    yield made
    made.stop()


def _program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, children: Children, code: str
) -> Program:
    """A program whose process runs `code` instead."""
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "deploying.py").write_text(
        f"import sys\nfrom pathlib import Path\nresult = Path(sys.argv[2])\n{code}\n"
    )
    monkeypatch.setattr(program, "_ROOT", tmp_path)
    return Program(children, tmp_path / "cloud.json")


def test_what_it_made_comes_back_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, children: Children
) -> None:
    made = Deployment(
        registrations=[
            Registration(
                type="aws:sqs/queue:Queue",
                name="events",
                id="q-1",
                recorded=False,
                inputs={"delaySeconds": 0},
                outputs={"arn": "arn:q-1"},
                seconds=0.5,
            )
        ],
        outputs={"api_url": "http://127.0.0.1:1"},
    )
    encoded = msgspec.json.encode(Result(deployment=made))
    code = f"print('hello from the program')\nresult.write_bytes({encoded!r})"

    running = _program(monkeypatch, tmp_path, children, code)

    assert asdict(running.deployment()) == asdict(made)
    running.wait()
    assert running.said() == "hello from the program"


def test_why_it_failed_comes_back_with_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, children: Children
) -> None:
    encoded = msgspec.json.encode(Result(failure="no such type", traceback="File somewhere.py"))

    running = _program(monkeypatch, tmp_path, children, f"result.write_bytes({encoded!r})")

    with pytest.raises(LocalRunError, match="no such type") as caught:
        running.deployment()
    assert caught.value.__notes__ == ["File somewhere.py"]


def test_a_process_that_dies_silently_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, children: Children
) -> None:
    running = _program(monkeypatch, tmp_path, children, "sys.exit('out of memory')")

    with pytest.raises(LocalRunError, match="out of memory\nthe Pulumi program ended with code 1"):
        running.deployment()


def test_a_function_that_does_not_start_is_told_when_all_should_be_warm(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, children: Children
) -> None:
    encoded = msgspec.json.encode(Result(deployment=Deployment()))
    code = f"result.write_bytes({encoded!r})\nsys.exit('function orders-http does not start')"

    running = _program(monkeypatch, tmp_path, children, code)

    running.deployment()
    with pytest.raises(LocalRunError, match="function orders-http does not start"):
        running.wait()


def test_a_program_that_fails_hands_over_its_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*given: object) -> None:
        raise LocalRunError("resource 'events' has no handler")

    monkeypatch.setattr(deploying, "deploy", fail)
    monkeypatch.setattr(deploying, "load", lambda file: None)
    (tmp_path / "cloud.json").touch()

    code = deploying.main(tmp_path / "cloud.json", tmp_path / "result.json")

    handed = msgspec.json.decode((tmp_path / "result.json").read_bytes(), type=Result)
    assert code == 1
    assert handed.failure == "resource 'events' has no handler"
    assert "in fail" in handed.traceback
    assert (tmp_path / "result.json").stat().st_mode & 0o777 == 0o600
