"""Numbers as tables have them. Imports nothing heavy."""


def number(value: float | None) -> str:
    """Three digits, or whole numbers from 100 on."""
    return "–" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def interval(low: float | None, high: float | None) -> str:
    """From one number to another."""
    return f"{number(low)} … {number(high)}"
