"""What the project aims at, and how far a run of the benchmarks is from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.table import Table

from benchmarks.measure import Row

Ratio = Callable[[Row], float | None]


@dataclass(frozen=True, slots=True)
class Aim:
    """A ratio, and the bounds of its geometric mean and of each row; ``small`` is whether they are upper bounds."""

    what: str
    ratio: Ratio
    mean: float | None = None
    each: float | None = None
    small: bool = True
    group: str | None = None

    def met(self, ratio: float, bound: float) -> bool:
        return ratio <= bound if self.small else ratio >= bound


def of(a: str, b: str) -> Ratio:
    """How many times as long ``a`` takes as ``b``, which may be ``best``: the faster one of our backends."""
    return lambda row: row.ratio(a, b)


def memory(row: Row) -> float | None:
    return row.peak["s2sgrad"] / row.peak["by hand"] if {"s2sgrad", "by hand"} <= row.peak.keys() else None


def first(row: Row) -> float | None:
    return row.first["JAX"] / row.first["s2sgrad"] if {"JAX", "s2sgrad"} <= row.first.keys() else None


AIMS = (
    Aim("s2sgrad ÷ by hand", of("s2sgrad", "by hand"), 1.05, 1.3),
    Aim("s2sgrad, Numba ÷ by hand, Numba", of("s2sgrad, Numba", "by hand, Numba"), 1.1, 1.5),
    Aim("autograd ÷ s2sgrad", of("autograd", "s2sgrad"), 20.0, small=False, group="scalar loops"),
    Aim("autograd ÷ s2sgrad", of("autograd", "s2sgrad"), 1.5, small=False, group="array programs"),
    Aim("JAX ÷ best", of("JAX", "best"), None, 1.0, small=False),
    Aim("JAX ÷ best", of("JAX", "best"), None, 5.0, small=False, group="scalar loops"),
    Aim("JAX's first call ÷ s2sgrad's", first, 10.0, small=False),
    Aim("PyTorch ÷ best", of("PyTorch", "best"), None, 1.0, small=False),
    Aim("s2sgrad ÷ primal", of("s2sgrad", "primal"), 3.0, 5.0),
    Aim("peak memory, s2sgrad ÷ by hand", memory, 1.2),
)


def table(rows: list[Row], mean: Callable[[list[float]], float | None], number: Callable[[float | None], str]) -> Table:
    """One line for each aim that the run tells something of."""
    shown = Table("ratio", "of", "mean", "aim", "worst", "aim for each", "rows that miss it", title="aims")
    for aim in AIMS:
        those = [row for row in rows if aim.group in (None, row.group)]
        found = [(ratio, row) for row in those if (ratio := aim.ratio(row)) is not None]
        if not found:
            continue
        worst, at = max(found, key=lambda pair: pair[0] if aim.small else -pair[0])
        sign = "≤" if aim.small else "≥"
        missed = "" if aim.each is None else f"{sum(not aim.met(r, aim.each) for r, _ in found)} of {len(found)}"
        bounds = ["" if bound is None else f"{sign} {bound:g}" for bound in (aim.mean, aim.each)]
        average = number(mean([ratio for ratio, _ in found]))
        where = f"{number(worst)} ({at.workload}, {at.size})"
        shown.add_row(aim.what, aim.group or "all", average, bounds[0], where, bounds[1], missed)
    return shown
