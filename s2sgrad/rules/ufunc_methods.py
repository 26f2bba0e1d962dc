"""The methods of NumPy's ufuncs: ``reduce``, ``accumulate``, ``outer``.

Where NumPy has a function for it, that is what is called. The others are defined here as NumPy carries them out,
entry by entry along the axis, and a differentiated call enters the definition.
"""

from __future__ import annotations

from typing import Any

import numpy as np

UFUNC_METHODS: dict[tuple[str, Any], Any] = {
    ("reduce", np.add): np.sum,
    ("reduce", np.multiply): np.prod,
    ("reduce", np.maximum): np.max,
    ("reduce", np.minimum): np.min,
    ("accumulate", np.add): np.cumsum,
    ("accumulate", np.multiply): np.cumprod,
}


def reduce(ufunc: Any, x: Any, axis: Any = 0, keepdims: bool = False, initial: Any = None) -> Any:
    """``ufunc.reduce(x)``, for a ufunc of two arguments."""
    rows = np.moveaxis(x, axis, 0)
    total = rows[0] if initial is None else ufunc(initial, rows[0])
    for i in range(1, len(rows)):
        total = ufunc(total, rows[i])
    return np.expand_dims(total, axis) if keepdims else total


def accumulate(ufunc: Any, x: Any, axis: Any = 0) -> Any:
    """``ufunc.accumulate(x)``."""
    y = np.array(np.moveaxis(x, axis, 0))
    for i in range(1, len(y)):
        y[i] = ufunc(y[i - 1], y[i])
    return np.moveaxis(y, 0, axis)


def outer(ufunc: Any, x: Any, y: Any) -> Any:
    """``ufunc.outer(x, y)``."""
    return ufunc(np.reshape(x, (*np.shape(x), *(1,) * np.ndim(y))), y)


UFUNC_DEFINITIONS: dict[str, Any] = {"reduce": reduce, "accumulate": accumulate, "outer": outer}
