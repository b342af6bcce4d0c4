"""`make restore-drill`: exit status 0 when both stores came back to T and agree, else 1."""

from __future__ import annotations

import sys
import time

from local.children import Children
from local.console import complain, say
from local.errors import LocalRunError
from tools.restore.drill import rehearse
from tools.restore.report import report


def main() -> int:
    """Rehearse once, and print what was found."""
    began = time.perf_counter()
    children = Children()
    try:
        with rehearse(children, say) as rehearsal:
            books, found = rehearsal.compare()
            witnesses = rehearsal.witnesses(books)
            for line in report(rehearsal.moment, found, witnesses):
                say(line)
    except LocalRunError as error:
        complain(str(error))
        return 1
    finally:
        children.stop()
    say(f"{time.perf_counter() - began:6.2f} s  in all")
    return int(bool(found.violations or witnesses))


if __name__ == "__main__":
    sys.exit(main())
