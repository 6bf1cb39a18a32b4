"""What so many networks can decide, before any is trained. Imports nothing heavy."""

from lstm_toys.runs.flags import Help
from lstm_toys.statistics.intervals import deviations, power, score

SIZES = (16, 32, 64, 128)
SHARES, TRUE = (0.5, 0.8, 0.95), (0.6, 0.7, 0.8, 0.9)

TEXT = """\
{one}

{new}

Decide the number of networks before looking: with a look every 8 networks, up to 256, 31 % of the verdicts are false if
one half of all networks meet the claim. For more networks, take another base seed, which judges alone.\
"""


class Power(Help):
    """A request for the table."""

    def __init__(self) -> None:
        super().__init__(__doc__ or "", {})

    def text(self, _: str) -> str:
        """Intervals of shares, and probabilities of a verdict, by number of networks."""

        def ends(share: float, size: int, width: float) -> str:
            _, low, high = score(share, size, width)
            return f"{100 * low:.0f}–{100 * high:.0f}"

        one = [["networks", *(f"{share:.0%}" for share in SHARES), *(f"{share:.0%}" for share in TRUE)]]
        new = [["recipes", "networks", *(f"{share:.0%}" for share in SHARES)]]
        for size in SIZES:
            chances = [f"{power(size, share):.2f}" for share in TRUE]
            one.append([str(size), *(ends(share, size, deviations(0.95)) for share in SHARES), *chances])
            recipes = size // 2
            wide = deviations(0.95, recipes - 1)
            between = [f"{ends(share, size, wide)} / {ends(share, recipes, wide)}" for share in SHARES]
            new.append([str(recipes), str(size), *between])
        titles = (
            "one recipe: 95 % intervals where so many networks meet a claim, and probabilities of a verdict where so\n"
            "many of all networks do",
            "new recipes, two networks each: 95 % intervals, if recipes are alike / if they differ wholly; no verdict",
        )
        tables = (f"{title}\n{_aligned(rows)}" for title, rows in zip(titles, (one, new), strict=True))
        return TEXT.format(**dict(zip(("one", "new"), tables, strict=True)))


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(f"{text:>{width}}" for text, width in zip(row, widths, strict=True)) for row in rows)
