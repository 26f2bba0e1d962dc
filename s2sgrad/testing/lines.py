"""Functions of one number: their numerical derivative at 0, and what is the matter with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

#: Why a derivative may disagree with differences.
Cause: TypeAlias = Literal["wrong derivative", "kink", "kink nearby", "jump", "precision", "not finite"]

ADVICE: dict[str, str] = {
    "wrong derivative": "the function is smooth here as far as differences can tell: the derivative is wrong",
    "kink": "the function has a kink at this point: its slopes on the two sides differ, and a derivative is a choice; "
    "check at another point",
    "kink nearby": "the derivative is right close by, but changes within the step of the differences: a kink or a jump "
    "is near; check with a smaller `eps`, or at another point",
    "jump": "the function jumps at this point; check at another one",
    "precision": "the difference is within what rounding allows for: a cancellation, or single precision; "
    "check with double precision, a larger `eps`, or a larger tolerance",
    "not finite": "the value or a derivative is NaN or infinite here; `debug_nans` names the statement",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A function of one number ``t``, to be looked at close to 0.

    ``h``: the step of the differences; ``rounding``: how far values of ``f`` may be off.
    """

    f: Callable[[float], float]
    h: float
    rounding: float

    def slope(self) -> float:
        """The derivative by central differences, extrapolated: error O(h⁶) in exact arithmetic."""
        coarse, middle, fine = (self._central(self.h / n) for n in (1, 2, 4))
        first, second = (4.0 * middle - coarse) / 3.0, (4.0 * fine - middle) / 3.0
        return (16.0 * second - first) / 15.0

    def _central(self, h: float) -> float:
        return (self.f(h) - self.f(-h)) / (2.0 * h)

    def cause(self, derivative: float, tolerance: float) -> Cause:
        """Why ``derivative`` is further than ``tolerance`` from :meth:`slope`."""
        sides = [self._sides(self.h / n) for n in _PARTS]
        slope = self.slope()
        if not np.all(np.isfinite([derivative, slope, *(x for pair in sides for side in pair for x in side)])):
            return "not finite"
        gaps = [abs(right.value - left.value) for left, right in sides]
        noise = 20.0 * (sides[-1][0].noise + sides[-1][1].noise) + 50.0 * self.rounding
        if gaps[-1] > max(noise, 0.5 * gaps[0]):  # that of a kink or a jump nearby vanishes closer to the point
            return "jump"
        # The smallest surroundings in which slopes can be told well enough.
        pairs = zip(sides, _PARTS, strict=True)
        doubts = [4.0 * (left.noise + right.noise + self.rounding) * n / self.h for (left, right), n in pairs]
        sharp = [k for k, doubt in enumerate(doubts) if doubt <= tolerance]
        if not sharp and abs(derivative - slope) <= 8.0 * min(doubts):
            return "precision"
        k = sharp[-1] if sharp else int(np.argmin(doubts))
        (left, right), doubt = sides[k], tolerance + 4.0 * doubts[k]
        if abs(right.slope - left.slope) > doubt:
            return "kink"
        return "kink nearby" if abs((left.slope + right.slope) / 2.0 - derivative) <= doubt else "wrong derivative"

    def _sides(self, step: float) -> tuple[_Side, _Side]:
        """What the function looks like from the left and from the right of 0."""
        left, right = (_Side.of([self.f(sign * k * step) for k in range(1, 7)], sign * step) for sign in (-1.0, 1.0))
        return left, right


#: The parts of the step in which the two sides of the point are looked at.
_PARTS = (4, 16, 64, 256, 1024, 4096)


class _Side(NamedTuple):
    """A parabola through points on one side of 0: its value and slope there, and how far the points are from it."""

    value: float
    slope: float
    noise: float

    @classmethod
    def of(cls, values: list[float], step: float) -> _Side:
        """The best parabola through values at ``step``, ``2 step``, …"""
        if not np.all(np.isfinite(values)):
            return cls(np.nan, np.nan, np.nan)
        k = np.arange(1.0, len(values) + 1.0)
        columns = np.stack([np.ones_like(k), k, k * k], axis=1)
        best = np.linalg.lstsq(columns, np.asarray(values), rcond=None)[0]
        return cls(best[0], best[1] / step, float(np.max(np.abs(columns @ best - values))))
