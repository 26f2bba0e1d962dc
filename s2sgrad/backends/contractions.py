"""Sums of products over axes: ``np.einsum``, two operands at a time."""

from __future__ import annotations

import ast
from itertools import combinations

import numpy as np

from s2sgrad.backends.entries import rank_of
from s2sgrad.backends.nests import Nests
from s2sgrad.backends.syntax import assign, axis_length, item, loops, unequal
from s2sgrad.ir.core import Call, Const
from s2sgrad.ir.types import Array, Scalar


def contracted(nests: Nests, name: str, op: Call) -> list[ast.stmt] | None:
    """``np.einsum``, two operands at a time."""
    spec = op.args[0]
    if not isinstance(spec, Const) or not isinstance(spec.value, str) or "->" not in spec.value:
        return None
    left, out = spec.value.replace(" ", "").split("->")
    terms = left.split(",")
    operands = list(op.args[1:])
    if "." in spec.value or any(rank_of(x) != len(term) for x, term in zip(operands, terms, strict=True)):
        return None
    if any(len(set(term)) < len(term) for term in terms) or not set(op.kwargs) <= {"optimize"}:
        return None
    t = op.result.type
    if not isinstance(t, (Array, Scalar)):
        return None
    dtype = t.dtype
    made: list[ast.stmt] = []
    known: list[str] = []
    for x in map(nests.e.operand, operands):
        if not isinstance(x, ast.Name):
            made.append(assign(nests.temporary("c"), x))
            x = made[-1].targets[0]  # type: ignore[attr-defined]
        known.append(x.id)
    while True:
        last = len(terms) <= 2
        if not last:
            _nearest_first(terms, known, out)
        rest = set(out).union(*terms[2:])
        pair = terms[:2]
        kept = out if last else "".join(k for k in dict.fromkeys("".join(pair)) if k in rest)
        target = name if last and name not in known else nests.temporary("part")
        made += _pair(nests, target, known[:2], pair, kept, dtype)
        terms[:2], known[:2] = [kept], [target]
        if last:
            return made if target == name else [*made, assign(name, ast.Name(target, ast.Load()))]


def _pair(nests: Nests, target: str, names: list[str], terms: list[str], out: str, dtype: np.dtype) -> list[ast.stmt]:
    """The sum of products of two arrays (or of one), whose axes have letters, over the letters not in ``out``."""
    letters = [*out, *(k for k in dict.fromkeys("".join(terms)) if k not in out)]
    before: list[ast.stmt] = []
    variables: dict[str, ast.expr] = {}
    lengths: dict[str, ast.expr] = {}
    for n, letter in enumerate(letters):
        variables[letter] = ast.Name(nests.variable("ijklmnpqrs"[n]), ast.Load())
        length = nests.variable("n" + "ijklmnpqrs"[n])
        lengths[letter] = ast.Name(length, ast.Load())
        sizes = [axis_length(x, term.index(letter)) for x, term in zip(names, terms, strict=False) if letter in term]
        before.append(assign(length, sizes[0]))
        for size in sizes[1:]:
            before.append(unequal(size, lengths[letter]))
    factors: list[ast.expr] = [
        item(x, [variables[k] for k in term], ast.Load()) if term else ast.Name(x, ast.Load())
        for x, term in zip(names, terms, strict=False)
    ]
    value: ast.expr = factors[0] if len(factors) == 1 else ast.BinOp(factors[0], ast.Mult(), factors[1])
    summed = letters[len(out) :]
    zero = ast.Constant(0j if dtype.kind == "c" else 0.0 if dtype.kind == "f" else 0)
    total = nests.temporary("s")
    add: list[ast.stmt] = [ast.AugAssign(ast.Name(total, ast.Store()), ast.Add(), value)]
    inner = [assign(total, zero), *loops([variables[k] for k in summed], [lengths[k] for k in summed], add)]
    if not out:
        return [*before, *inner, assign(target, ast.Name(total, ast.Load()))]
    before.append(assign(target, nests.empty([lengths[k] for k in out], dtype, "empty")))
    spots = [variables[k] for k in out]
    inner.append(ast.Assign([item(target, spots, ast.Store())], ast.Name(total, ast.Load())))
    return [*before, *loops(spots, [lengths[k] for k in out], inner)]


def _nearest_first(terms: list[str], names: list[str], out: str) -> None:
    """Move the two terms to the front whose product, summed over what nothing else needs, has the fewest axes."""

    def cost(pair: tuple[int, int]) -> tuple[int, int]:
        a, b = (set(terms[k]) for k in pair)
        rest = set(out).union(*(terms[k] for k in range(len(terms)) if k not in pair))
        return len((a | b) & rest) - len((a | b) - rest), len(a | b)

    first, second = min(combinations(range(len(terms)), 2), key=cost)
    for items in (terms, names):
        b, a = items.pop(second), items.pop(first)
        items[:0] = [a, b]
