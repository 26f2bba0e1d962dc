"""The types of NumPy and SciPy functions without a type rule: run them on two witnesses and read off what agrees.

A witness is a tiny array of the right dtype whose lengths are distinct small numbers, one per symbol. A length of
the result that is the same symbol in both runs is that symbol; one that depends on the data is a new one.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from s2sgrad.ir.core import Const, Tree, Value, leaves, map_tree
from s2sgrad.ir.shapes.elementwise import WEAK_WITNESS
from s2sgrad.ir.shapes.table import CannotTell, Types
from s2sgrad.ir.types import Array, Dim, Length, Scalar, TupleOf, Type, is_integer, type_of

# Growing in one run, shrinking in the other: the least of two lengths is neither of them.
_SIZES = ((5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43), (28, 25, 22, 18, 16, 14, 12, 10, 9, 8, 6, 4))
_LIBRARIES = ("numpy", "scipy")
_IMPURE = frozenset(
    {
        np.fromfile,
        np.genfromtxt,
        np.load,
        np.loadtxt,
        np.memmap,
        np.save,
        np.savetxt,
        np.savez,
        np.savez_compressed,
        np.set_printoptions,
        np.setbufsize,
        np.seterr,
        np.seterrcall,
    }
)


def is_pure(fn: Any) -> bool:
    """Whether it is safe to call a function to see what it returns: one of a library, without effects."""
    module = getattr(fn, "__module__", None) or type(fn).__module__
    if not isinstance(module, str) or module.partition(".")[0] not in _LIBRARIES or hasattr(fn, "__self__"):
        return False
    return not module.startswith("numpy.random") and fn not in _IMPURE


def run_on_witness(fn: Any, args: tuple[Tree, ...], kwargs: dict[str, Tree]) -> Types:
    """What ``fn`` returns for arguments of these types, if it is safe to run it."""
    if not is_pure(fn):
        raise CannotTell
    return seen_by_running(fn, args, kwargs)


def seen_by_running(fn: Any, args: tuple[Tree, ...], kwargs: dict[str, Tree]) -> Types:
    """What ``fn`` returns for arguments of these types."""
    first, second = (_run(fn, args, kwargs, number) for number in (0, 1))
    # A length may be computed from an integer argument: two runs that agree on it prove nothing.
    counts = any(isinstance(x, Value) and is_integer(x.type) for x in (*leaves(args), *leaves(kwargs)))
    if isinstance(first, tuple):
        if not isinstance(second, tuple) or len(first) != len(second):
            raise CannotTell
        return tuple(_agreed(a, b, counts) for a, b in zip(first, second, strict=True))
    if isinstance(second, tuple):
        raise CannotTell
    return _agreed(first, second, counts)


def _agreed(a: Type, b: Type, counts: bool) -> Type:
    if isinstance(a, Array) and isinstance(b, Array) and a.dtype == b.dtype and a.ndim == b.ndim:
        pairs = zip(a.shape, b.shape, strict=True)
        known = [m == n and not (counts and isinstance(m, int)) for m, n in pairs]
        return Array(a.dtype, tuple(m if k else Dim(object()) for m, k in zip(a.shape, known, strict=True)))
    if a != b:
        raise CannotTell
    return a


def _run(fn: Any, args: tuple[Tree, ...], kwargs: dict[str, Tree], number: int) -> Types:
    sizes: dict[Any, int] = {}

    def witness(x: Any) -> Any:
        return x.value if isinstance(x, Const) else _witness_of(x.type, sizes, number)

    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = fn(*map_tree(witness, args), **map_tree(witness, kwargs))
    except Exception as error:
        raise CannotTell from error
    known: dict[int, Length] = {}
    for x in (*leaves(args), *leaves(kwargs)):
        if isinstance(x.type, Array) and not isinstance(x, Const):
            for n in x.type.shape:
                known.setdefault(_size(n, sizes, number), n)
    if isinstance(result, (tuple, list)):
        return tuple(_read_back(r, known) for r in result)
    return _read_back(result, known)


def _read_back(result: Any, known: dict[int, Length]) -> Type:
    t = type_of(result)
    if isinstance(t, Array):
        return Array(t.dtype, tuple(n if n == 1 else known.get(n, n) for n in t.shape if isinstance(n, int)))
    if not isinstance(t, Scalar):
        raise CannotTell
    return t


def _witness_of(t: Type, sizes: dict[Any, int], number: int) -> Any:
    """A tiny run-time value of this type; ``sizes`` assigns a length to each symbol and is added to."""
    if isinstance(t, Scalar):
        value = WEAK_WITNESS[t.dtype.kind]
        if number and t.dtype.kind in "iu":
            value += 1
        return value if t.weak else t.dtype.type(value)
    if isinstance(t, TupleOf):  # a shape: its integers are the lengths that they stand for
        return tuple(
            _size(item.length, sizes, number)
            if isinstance(item, Scalar) and item.length is not None
            else _witness_of(item, sizes, number)
            for item in t.items
        )
    if not isinstance(t, Array):
        raise CannotTell
    shape = tuple(_size(n, sizes, number) for n in t.shape)
    witness = np.full(shape, 0.25 if t.dtype.kind in "fc" else 1)
    if number:
        witness = witness * (np.arange(witness.size).reshape(shape) % 4)
    if t.ndim >= 2 and shape[-1] == shape[-2]:
        witness = witness + 4 * np.eye(shape[-1])
    return witness.astype(t.dtype)


def _size(n: Length, sizes: dict[Any, int], number: int) -> int:
    if isinstance(n, int):
        return n
    if n.base not in sizes:
        choices = _SIZES[number]
        if len(sizes) == len(choices):
            raise CannotTell
        sizes[n.base] = choices[len(sizes)]
    return max(sizes[n.base] + n.offset, 2)
