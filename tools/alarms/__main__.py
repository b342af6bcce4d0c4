"""`make alarms`: break the shop, and evaluate every alarm of dev and prod."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.emulators import Watch
from local.errors import LocalRunError
from local.shop import Shop
from tools.alarms import emitted, healthy, proof
from tools.alarms.defined import Stack
from tools.alarms.faults import ALONE, BESIDE, FAULTS
from tools.alarms.faults.fault import Fault
from tools.alarms.report import report
from tools.alarms.scene import PRODUCT, STOCK, Scene, side_by_side
from tools.policy.recording import RecordingError

STACKS = ("dev", "prod")


def main() -> int:
    """Exit status 0 when every alarm fired that can, 1 when not, 2 when it was not found out."""
    try:
        verdicts = proven()
    except (LocalRunError, RecordingError, OSError) as error:
        sys.stderr.write(f"alarms: {error}\n")
        return 2
    sys.stdout.write("\n".join(report(verdicts)) + "\n")
    return int(any(verdict.wrong for verdict in verdicts))


def proven() -> list[proof.Verdict]:
    """Run a shop, break it in every way, and judge; raises LocalRunError."""
    with (
        tempfile.TemporaryDirectory(prefix="storefront-alarms-") as directory,
        ThreadPoolExecutor(1) as pool,
    ):
        file = Path(directory) / "metrics.jsonl"
        recorded = pool.submit(lambda: [Stack.recorded(name) for name in STACKS])
        with Shop.start(watch=Watch.metrics(file)) as shop:
            _say(f"the shop is open after {shop.seconds:.1f} s")
            run = _broken(shop, file, recorded.result)
        _say("every alarm is evaluated")
        return proof.judge(recorded.result(), run, FAULTS, proof.reasons())


def _broken(shop: Shop, file: Path, stacks: Callable[[], Iterable[Stack]]) -> proof.Run:
    """The healthy run first, then every fault; what was emitted is read at the end."""
    shop.all_warm()
    shop.stock(PRODUCT, STOCK)
    scenes: dict[str, Scene] = {}

    def play(lane: Iterable[Fault]) -> None:
        for fault in lane:
            scenes[fault.name] = scene = Scene(shop, file, stacks)
            fault.happen(scene)
            _say(f"{fault.name}: {len(scene.readings)} readings")

    play((healthy.HEALTHY, *ALONE))
    side_by_side(play, BESIDE, len(BESIDE))
    last = Scene(shop, file, stacks)
    noted = [sample for scene in scenes.values() for sample in scene.samples]
    return proof.Run.of(
        [
            *last.emitted(),
            *emitted.logged(shop.log_lines()),
            *emitted.noted(noted, last.names),
        ],
        {name: tuple(scene.readings) for name, scene in scenes.items()},
    )


_BEGAN = time.monotonic()


def _say(line: str) -> None:
    sys.stderr.write(f"alarms: {time.monotonic() - _BEGAN:5.1f} s  {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
