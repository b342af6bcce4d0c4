"""What people type, and amounts as they read them."""

from __future__ import annotations

from collections.abc import Mapping

ONE_LINE = r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z"
"""Something to read on one line: no control characters, no line breaks, not only spaces."""
_ISO_4217_DIGITS: Mapping[str, int] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"), 0),
    **dict.fromkeys(("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Digits behind the point, of the currencies whose minor unit is not a hundredth."""


def money(minor_units: int, currency: str) -> str:
    """`money(1250, "EUR")` is `12.50 EUR`; the minor unit is ISO 4217's."""
    digits = _ISO_4217_DIGITS.get(currency, 2)
    if digits == 0:
        return f"{minor_units} {currency}"
    whole, fraction = divmod(abs(minor_units), 10**digits)
    sign = "-" if minor_units < 0 else ""
    return f"{sign}{whole}.{fraction:0{digits}} {currency}"
