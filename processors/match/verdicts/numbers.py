"""Numbers as people read them: all digits, thousands apart, no exponent."""


def number_text(value: float) -> str:
    """ "1,234,567", "56.5", "0.25": every digit that the number has, up to six behind the point."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.6f}".rstrip("0").rstrip(".")
