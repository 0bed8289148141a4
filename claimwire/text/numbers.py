"""Formatting of numbers: all digits, thousands separators, no exponent."""

import math
from decimal import Decimal


def number_text(value: float) -> str:
    """Format a number as "1,234,567", "56.5" or "0.25", with at most six decimals."""
    if not math.isfinite(value):
        return "a number out of range"
    if value == int(value):
        # The shortest digits that round-trip: int() would add digits that are not in the text.
        return f"{int(Decimal(repr(value))):,}"
    return f"{value:,.6f}".rstrip("0").rstrip(".")
