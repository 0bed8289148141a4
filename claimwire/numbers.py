"""Numbers as people read them: all digits, thousands apart, no exponent."""

import math
from decimal import Decimal


def number_text(value: float) -> str:
    """ "1,234,567", "56.5", "0.25": every digit that the number has, up to six behind the point."""
    if not math.isfinite(value):
        return "a number out of range"
    if value == int(value):
        # The shortest digits that give this float again: int() would add digits that nobody wrote.
        return f"{int(Decimal(repr(value))):,}"
    return f"{value:,.6f}".rstrip("0").rstrip(".")
