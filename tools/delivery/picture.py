"""`python -m tools.delivery.picture`: the way to prod as a mermaid picture, from the code.

It stands in docs/deploy.md between two marks; `--write` puts it there anew.
"""

from __future__ import annotations

import sys
from pathlib import Path

from components.delivery.pipelines import main_pipeline

PAGE = Path(__file__).resolve().parents[2] / "docs/deploy.md"
BEGIN, END = "<!-- picture of the pipeline -->\n", "<!-- end of the picture -->\n"
_STAGES = ("dev", "prod")


def picture() -> str:
    """The stages of the pipeline `main`, with the actions of each in their turns."""
    lines = ["flowchart LR", "  s0([Source])"]
    for number, stage in enumerate(main_pipeline(_STAGES).stages, 1):
        turns: dict[int, list[str]] = {}
        for action in stage.actions:
            turns.setdefault(action.order, []).append(action.name)
        told = " → ".join(", ".join(names) for _, names in sorted(turns.items()))
        failure = "" if stage.failure == "fail" else f"<br/>fails: {stage.failure}"
        lines.append(f'  s{number}["{stage.name}<br/>{told}{failure}"]')
        lines.append(f"  s{number - 1} --> s{number}")
    return "\n".join(["```mermaid", *lines, "```", ""])


def page(text: str) -> str:
    """The page with today's picture in it."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}{picture()}{END}{rest.partition(END)[2]}"


def main(arguments: list[str]) -> int:
    """0 always: the picture is printed, or written."""
    if "--write" in arguments:
        PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
    else:
        sys.stdout.write(picture())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
