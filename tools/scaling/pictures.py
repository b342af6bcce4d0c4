"""A run as a picture: the oldest message and its objective, the tasks, the money, over time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import svg

from tools.scaling.simulation import Run, Sample

WIDTH, PANEL, GAP, LEFT, RIGHT, TOP = 720, 110, 34, 64, 16, 52
_INK, _FAINT, _LIMIT = "#24292f", "#d0d7de", "#cf222e"
_TICKS = 6


@dataclass(frozen=True, kw_only=True)
class _Panel:
    title: str
    colour: str
    value: Callable[[Sample], float]
    limit: float | None = None
    """a line that the values should stay under"""


def draw(run: Run) -> str:
    """The run as SVG: the same run gives the same text."""
    consumer = run.consumer
    panels = (
        _Panel(
            title=f"oldest message, s (objective {consumer.objective_seconds:g})",
            colour="#0969da",
            value=lambda sample: sample.age_seconds,
            limit=consumer.objective_seconds,
        ),
        _Panel(
            title=f"tasks ({consumer.least} to {consumer.most})",
            colour="#1a7f37",
            value=lambda sample: sample.tasks,
            limit=consumer.most,
        ),
        _Panel(
            title="spent on tasks, $",
            colour="#9a6700",
            value=lambda sample: sample.dollars,
        ),
    )
    height = TOP + len(panels) * (PANEL + GAP)
    elements: list[svg.Element] = [
        svg.Rect(x=0, y=0, width=WIDTH, height=height, fill="#ffffff"),
        _text(16, 26, f"{consumer.stack}: {run.trace.name}, {run.trace.text}", size=15),
    ]
    for number, panel in enumerate(panels):
        top = TOP + number * (PANEL + GAP)
        elements += _panel(panel, run.samples, run.trace.seconds, top)
    picture = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, WIDTH, height), width=WIDTH, height=height, elements=elements
    )
    return str(picture).replace("><", ">\n<") + "\n"


def _panel(
    panel: _Panel, samples: Sequence[Sample], seconds: int, top: int
) -> Iterator[svg.Element]:
    values = [panel.value(sample) for sample in samples]
    most = _round_up(max([*values, panel.limit or 0]))
    bottom, right = top + PANEL, WIDTH - RIGHT

    def height(value: float) -> float:
        return round(bottom - value / most * PANEL, 1)

    yield _text(LEFT, top - 6, panel.title)
    yield _line(LEFT, bottom, right, bottom, _FAINT)
    for value in (0.0, most):
        yield _text(LEFT - 8, round(height(value) + 4, 1), f"{value:g}", anchor="end")
    for tick in range(_TICKS + 1):
        x = _across(tick * seconds / _TICKS, seconds)
        yield _line(x, top, x, bottom, _FAINT)
        yield _text(x, bottom + 14, _clock(tick * seconds // _TICKS), anchor="middle")
    if panel.limit is not None:
        yield _line(LEFT, height(panel.limit), right, height(panel.limit), _LIMIT, dashed=True)
    points: list[svg.Point] = [
        svg.Point(_across(sample.second, seconds), height(value))
        for sample, value in zip(samples, values, strict=True)
    ]
    yield svg.Polyline(points=points, fill="none", stroke=panel.colour, stroke_width=1.5)


def _across(second: float, seconds: int) -> float:
    return round(LEFT + second / seconds * (WIDTH - LEFT - RIGHT), 1)


def _clock(second: int) -> str:
    minutes = second // 60
    return f"{minutes // 60}:{minutes % 60:02}"


def _round_up(value: float) -> float:
    """To the next 1, 2 or 5 of its power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def _line(
    x1: float, y1: float, x2: float, y2: float, stroke: str, *, dashed: bool = False
) -> svg.Line:
    return svg.Line(
        x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_dasharray=[4, 3] if dashed else None
    )


def _text(x: float, y: float, text: str, *, size: int = 11, anchor: str = "start") -> svg.Text:
    """`text` must need no escaping: the library does none."""
    return svg.Text(
        x=x,
        y=y,
        text=text,
        fill=_INK,
        font_size=size,
        font_family="sans-serif",
        style=f"text-anchor:{anchor}",
    )
