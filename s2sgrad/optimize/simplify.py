"""Algebra on derivative code, and the trivial control flow that transforms leave behind.

    t1: pyi = sub 3, 1                             t1: pyf = pow x, 2
    t2: pyf = pow x, t1                      ──▶   x_bar: pyf = mul 3.0, t1
    t3: pyf = mul 3, t2
    x_bar: pyf = mul 1.0, t3

The rewrites are tables by function (``algebra``, ``arrays``, ``added_axes``, ``fourier``, ``selections``,
``divisors``, ``lengths``); ``rewrite`` applies them. The author's own operations are left alone, so the primal part
stays what it was to the last bit. A rewrite may assume real arithmetic (it may reassociate constants), not more: none
drops an ``x * 0.0``, not zero for an infinite x. What replaces an operation has its very type, or is a Python number
in the place of a NumPy scalar.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from s2sgrad.ir.core import Block, Function
from s2sgrad.optimize.added_axes import ADDED_AXES
from s2sgrad.optimize.algebra import ALGEBRA
from s2sgrad.optimize.arrays import ARRAYS
from s2sgrad.optimize.divisors import DIVISORS
from s2sgrad.optimize.fourier import FOURIER
from s2sgrad.optimize.lengths import length_rewrites
from s2sgrad.optimize.purity import Ours, is_adjoint
from s2sgrad.optimize.returned import returned_memory
from s2sgrad.optimize.rewrite import Rewrite, Rewriter
from s2sgrad.optimize.selections import SELECTIONS


def _merged(*tables: Mapping[Any, tuple[Rewrite, ...]]) -> dict[Any, tuple[Rewrite, ...]]:
    merged: dict[Any, tuple[Rewrite, ...]] = {}
    for table in tables:
        for fn, rewrites in table.items():
            merged[fn] = merged.get(fn, ()) + rewrites
    return merged


_REWRITES = _merged(ALGEBRA, ARRAYS, ADDED_AXES, FOURIER, SELECTIONS, DIVISORS)


def simplify(function: Function, ours: Ours = is_adjoint) -> Function:
    """Rewrite the derivative operations of ``function``: those that are ``ours``."""
    lengths = length_rewrites([p for p in function.params if p not in function.optional])
    rewrites = _merged(_REWRITES, lengths)
    Rewriter(rewrites, ours, returned_memory(function)).run(function.body)
    return function


def simplify_block(block: Block, ours: Ours = is_adjoint) -> None:
    """Rewrite the derivative operations of ``block`` (in place; its free values may be defined anywhere outside)."""
    Rewriter(_REWRITES, ours, set()).run(block)
