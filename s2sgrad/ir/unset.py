"""Arguments in a call's positions that only stand there because one behind them is given.

np.diff(x, 1, 0, NoValue, y)    means, and is written,    np.diff(x, 1, 0, append=y)
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from s2sgrad.ir.core import Const, Tree


def is_unset(argument: object) -> bool:
    """Whether an argument is NumPy's mark for one that is not given."""
    return isinstance(argument, Const) and argument.value is np._NoValue


def without_unset(fn: Any, args: tuple[Tree, ...], kwargs: dict[str, Tree]) -> tuple[tuple[Tree, ...], dict[str, Tree]]:
    """The arguments of a call without those that are not given: what stands behind them goes by name."""
    first = next((k for k, a in enumerate(args) if is_unset(a)), None)
    if first is None:
        return args, kwargs
    named = zip(list(inspect.signature(fn).parameters)[first:], args[first:], strict=False)
    return args[:first], {**{name: a for name, a in named if not is_unset(a)}, **kwargs}
