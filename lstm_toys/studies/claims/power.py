"""What so many networks can decide, before any is trained. Imports nothing heavy."""

from lstm_toys import output, tables
from lstm_toys.runs.flags import Help
from lstm_toys.statistics.intervals import deviations, power, score

SIZES = (16, 32, 64, 128)
SHARES, TRUE = (0.5, 0.8, 0.95), (0.6, 0.7, 0.8, 0.9)

ONE = "one recipe: 95 % intervals of shares, and the probability of a verdict at true shares"
NEW = "new recipes, two networks each: 95 % intervals, if recipes are alike / if they differ wholly; no verdict"
RULE = (
    "Decide the number of networks before looking: with a look every 8 networks, up to 256, 31 % of the verdicts are",
    "false if one half of all networks meet the claim. For more networks, take another base seed, which judges alone.",
)


class Power(Help):
    """A request for the tables of intervals of shares, and probabilities of a verdict, by number of networks."""

    def text(self, _: str) -> str:
        """The tables, and that there is no rule for looking again and again."""

        def ends(size: int, degrees: int | None = None, sizes: tuple[int, ...] = ()) -> list[str]:
            width = deviations(0.95, degrees)
            each = [[score(share, own, width) for own in (size, *sizes)] for share in SHARES]
            return [" / ".join(f"{100 * low:.0f}–{100 * high:.0f}" for _, low, high in row) for row in each]

        one = [(str(size), *ends(size), *(f"{power(size, share):.2f}" for share in TRUE)) for size in SIZES]
        new = [(str(size // 2), str(size), *ends(size, size // 2 - 1, (size // 2,))) for size in SIZES]
        shares, true = ([f"{share:.0%}>" for share in each] for each in (SHARES, TRUE))
        console = output.console()
        with console.capture() as captured:
            for part in (
                tables.table(ONE, ("networks>", *shares, *true), one, **tables.PLAIN),
                tables.table(NEW, ("recipes>", "networks>", *shares), new, **tables.PLAIN),
                *RULE,
            ):
                console.print(part)
        return captured.get()
