"""What :func:`~s2sgrad.testing.check_grads` reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from s2sgrad.errors import GradientMismatch
from s2sgrad.testing.lines import ADVICE, Cause, Line
from s2sgrad.testing.operations import Culprit, culprit


class Failed(Protocol):
    """A :class:`~s2sgrad.testing.Check` that did not agree."""

    mode: str
    analytic: float
    numeric: float
    tolerance: float
    direction: Any
    line: Line | None

    @property
    def where(self) -> str: ...
    @property
    def error(self) -> float: ...


def mismatch(
    failed: Sequence[Any],
    path: tuple[str, ...],
    order: int,
    callee: Any,
    args: tuple[Any, ...],
    options: tuple[float, float, float],
) -> GradientMismatch:
    """The error for checks of one derivative function that did not agree.

    :param path: the modes of the derivatives that lead to the function that was checked.
    :param callee: that function, and ``args``, its opened arguments.
    :param options: the step, and the relative and absolute tolerance.
    """
    worst: Failed = max(failed, key=_badness)
    eps, rtol, atol = options
    found = culprit(callee, args, worst.mode, rtol, atol, eps)
    cause = _cause(worst, found)
    chain = "".join(f" of the {m} derivative" for m in reversed(path))
    mode, other = ("fwd", "in rev mode") if worst.mode == "both" else (worst.mode, "numerically")
    remedy = [_extent(failed, worst)]
    if found is not None:
        what = "a tangent that disagrees" if found.mode == "fwd" else "cotangents that disagree"
        remedy.append(
            f"{found.rule} gives {what}: {found.analytic:.10g}, numerically {found.numeric:.10g} "
            "along a random direction of its operands"
        )
    elif cause == "wrong derivative":
        remedy.append("each operation agrees by itself: please report this function")
    remedy.append(f"probable cause: {cause}; {ADVICE[cause]}")
    error = GradientMismatch(
        f"derivative with respect to {worst.where}{chain} is {worst.analytic:.10g} in {mode} mode, "
        f"but {worst.numeric:.10g} {other} (order {order})",
        "\n".join(remedy),
        found.event.op.stmt if found is not None else None,
    )
    error.check, error.cause, error.culprit = worst, cause, found
    return error


def _badness(check: Failed) -> float:
    off = check.error / check.tolerance if check.tolerance else check.error
    return off if np.isfinite(off) else np.inf


def _cause(worst: Failed, found: Culprit | None) -> Cause:
    """What differences tell of the operation that disagrees, or of the whole function."""
    with np.errstate(all="ignore"):
        if found is not None:
            return found.line.cause(found.analytic, found.tolerance)
        assert worst.line is not None
        if worst.mode == "both":
            return "wrong derivative"
        return worst.line.cause(worst.analytic, worst.tolerance)


def _extent(failed: Sequence[Failed], worst: Failed) -> str:
    places = {check.where for check in failed}
    others = f"the worst of {len(places)} entries that disagree" if len(places) > 1 else "the only entry that disagrees"
    with np.printoptions(precision=3, threshold=8):
        return f"{others}, along the direction {np.asarray(worst.direction)!s}".replace("\n", "")
