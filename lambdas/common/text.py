"""Rules for what people type."""

from __future__ import annotations

ONE_LINE = r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z"
"""Something to read on one line: no control characters, no line breaks, not only spaces."""
