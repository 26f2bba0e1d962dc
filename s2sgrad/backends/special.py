"""SciPy's special functions of numbers, in compiled code: the very functions that ``scipy.special`` calls.

SciPy exports them for Cython (``scipy.special.cython_special``), from where their addresses are taken; compiled code on
the disk names them, and finds them when this module is loaded. ``from s2sgrad.backends.special import psi`` makes that
function when it is first asked for.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any

from llvmlite import binding
from numba import njit, types
from numba.extending import get_cython_function_address

_CYTHON = "scipy.special.cython_special"


def of_numbers(name: str, arguments: int) -> Callable[..., Any] | None:
    """The function of doubles of that name; None if SciPy exports none."""
    made = globals().get(name)
    return made if made is not None else _make(name, arguments)


def __getattr__(name: str) -> Any:
    made = None if name.startswith("_") else _make(name, None)
    if made is None:
        raise AttributeError(name)
    return made


def _make(name: str, arguments: int | None) -> Callable[..., Any] | None:
    exported = importlib.import_module(_CYTHON).__pyx_capi__
    fused = re.compile(rf"(__pyx_fuse_(\d+_)?\d*)?{re.escape(name)}")
    for key in filter(fused.fullmatch, exported):
        signature = re.search(r'"double \((double(?:, double)*)(, int __pyx_skip_dispatch)?\)"', str(exported[key]))
        if signature is None:
            continue
        count = signature[1].count("double")
        if arguments not in (None, count):
            continue
        symbol = f"s2sgrad_special_{name}"
        binding.add_symbol(symbol, get_cython_function_address(_CYTHON, key))
        rest = (types.int32,) if signature[2] else ()
        globals()[f"_{name}"] = types.ExternalFunction(symbol, types.float64(*(types.float64,) * count, *rest))
        parameters = ", ".join(f"x{k}" for k in range(count))
        scope = globals()
        exec(f"def {name}({parameters}):\n    return _{name}({parameters}{', 0' if rest else ''})", scope)
        scope[name] = njit(scope[name], error_model="numpy")
        made: Callable[..., Any] = scope[name]
        return made
    return None
