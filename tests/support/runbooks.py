"""Walks from alarms to the pages of docs/runbooks and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from tests.support.harness import Resource

SECTIONS = ("Symptom.", "Likely causes", "Look at", "Do", "Over when.")
_PAGE = re.compile(r"Runbook: docs/runbooks/([a-z-]+)\.md$")
_SECTION = re.compile(r"^\*\*(.+?)\*\*(.*)", re.MULTILINE)


def problems(alarms: Iterable[Resource], pages: Mapping[str, str]) -> Iterator[str]:
    """What is broken between alarms and pages, by the pages' names without their ending.

    An alarm's page exists, and the page's symptom names the alarm in backticks, without project
    and environment; `<service>` and `…` stand for any text. A page has its sections, none of them
    empty, and an alarm.
    """
    found = sorted(alarms, key=lambda alarm: alarm.name)
    for alarm in found:
        yield from _missing_way(alarm, pages)
    named = {page_of(alarm) for alarm in found}
    for name, text in pages.items():
        if name not in named:
            yield f"{name}.md: no alarm of any stack names it; delete it"
        sections = sections_of(text)
        if tuple(sections) != SECTIONS:
            must = ", ".join(SECTIONS)
            yield f"{name}.md: has the sections {', '.join(sections)}; must be {must}"
        for section, said in sections.items():
            if not said.strip():
                yield f"{name}.md: says nothing under {section}; fill it"


def page_of(alarm: Resource) -> str | None:
    """The page that an alarm's description ends with."""
    found = _PAGE.search(alarm.inputs["alarmDescription"])
    return found[1] if found else None


def sections_of(text: str) -> dict[str, str]:
    """The text under each bold heading."""
    headings = list(_SECTION.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    return {
        heading[1]: heading[2] + text[heading.end() : end]
        for heading, end in zip(headings, ends, strict=True)
    }


def pages_in(folder: Path) -> dict[str, str]:
    """The text of each page."""
    return {page.stem: page.read_text("utf-8") for page in sorted(folder.glob("*.md"))}


def _missing_way(alarm: Resource, pages: Mapping[str, str]) -> Iterator[str]:
    page = page_of(alarm)
    if page is None:
        yield f"{alarm.name}: its description ends with no runbook; set AlarmSpec.runbook"
    elif page not in pages:
        yield f"{alarm.name}: there is no docs/runbooks/{page}.md; write it"
    else:
        symptom = sections_of(pages[page]).get("Symptom.", "")
        patterns = re.findall(r"`([^`]+)`", symptom)
        name = str(alarm.inputs.get("alarmName", alarm.inputs.get("name")))
        if not any(fnmatchcase(name, f"*-{_glob(pattern)}") for pattern in patterns):
            yield f"{alarm.name}: the symptom of {page}.md does not name it; add it in backticks"


def _glob(pattern: str) -> str:
    return re.sub(r"<[a-z]+>|…", "*", pattern)
