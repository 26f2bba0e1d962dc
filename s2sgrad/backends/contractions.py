"""Sums of products over axes: ``np.einsum``, two operands at a time.

A sum over axes that both operands have is a product of matrices, which BLAS computes, unless the two have an axis in
common that stays; everything else is loops.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from s2sgrad.backends.entries import rank_of
from s2sgrad.backends.nests import Nests
from s2sgrad.backends.syntax import assign, axis_length, item, loops, unequal
from s2sgrad.ir.core import Call, Const
from s2sgrad.ir.types import Array, Length, Scalar


@dataclass(frozen=True, slots=True)
class _Term:
    """An array by its name, with a letter for each axis."""

    name: str
    letters: str


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
    made: list[ast.stmt] = []
    lengths: dict[str, Length] = {}
    given: list[_Term] = []
    for operand, letters in zip(operands, terms, strict=True):
        x = nests.e.operand(operand)
        if not isinstance(x, ast.Name):
            assert isinstance(operand.type, Array)
            made.append(assign(nests.array("c", operand, operand.type), x))
            x = made[-1].targets[0]  # type: ignore[attr-defined]
        given.append(_Term(x.id, letters))
        if isinstance(operand.type, Array):
            made += _measured(nests, given[-1], operand.type, lengths)
    names = {letter: nests.lengths.name(length) for letter, length in lengths.items()}
    while len(given) > 2:
        _nearest_first(given, out)
        kept = "".join(k for k in dict.fromkeys(given[0].letters + given[1].letters) if _is_used(k, given[2:], out))
        part = nests.array("part", Const(None), Array(t.dtype, (1,) * len(kept)))
        made += _pair(nests, part, given[:2], kept, t.dtype, names)
        given[:2] = [_Term(part, kept)]
    if all(name != term.name for term in given):
        return made + _pair(nests, name, given, out, t.dtype, names)
    part = nests.array("part", op.result, t) if isinstance(t, Array) else nests.temporary("part")
    return [*made, *_pair(nests, part, given, out, t.dtype, names), assign(name, ast.Name(part, ast.Load()))]


def _measured(nests: Nests, term: _Term, t: Array, lengths: dict[str, Length]) -> list[ast.stmt]:
    """Gives the letters of a term lengths; what is not known to be equal is checked."""
    made: list[ast.stmt] = []
    for k, (letter, length) in enumerate(zip(term.letters, t.shape, strict=True)):
        known = lengths.get(letter)
        if nests.lengths.name(length) is None:
            variable = nests.temporary("n")
            made.append(assign(variable, axis_length(term.name, k)))
            nests.lengths.names[nests.lengths.found(length)] = ast.Name(variable, ast.Load())
        here, there = nests.lengths.name(length), nests.lengths.name(known) if known is not None else None
        if known is not None and here is not None and there is not None and not nests.lengths.equal(known, length):
            made.append(unequal(here, there))
            nests.lengths.unite(known, length)
        lengths.setdefault(letter, length)
    return made


def _is_used(letter: str, terms: list[_Term], out: str) -> bool:
    return letter in out or any(letter in term.letters for term in terms)


def _pair(
    nests: Nests, target: str, terms: list[_Term], out: str, dtype: np.dtype, lengths: dict[str, Any]
) -> list[ast.stmt]:
    """The sum of products of two arrays (or of one) over the letters that are not in ``out``."""
    product = _product(nests, target, terms, out, dtype, lengths)
    if product is not None:
        return product
    summed = [k for k in dict.fromkeys("".join(term.letters for term in terms)) if k not in out]
    leading = bool(out) and bool(summed) and all(term.letters.startswith("".join(summed)) for term in terms)
    letters = [*summed, *out] if leading else [*out, *summed]
    variables: dict[str, ast.expr] = {
        letter: ast.Name(nests.variable("ijklmnpqrs"[n]), ast.Load()) for n, letter in enumerate(letters)
    }

    def over(axes: Iterable[str], body: list[ast.stmt]) -> list[ast.stmt]:
        axes = list(axes)
        return loops([variables[k] for k in axes], [lengths[k] for k in axes], body)

    factors: list[ast.expr] = [
        item(term.name, [variables[k] for k in term.letters], ast.Load())
        if term.letters
        else ast.Name(term.name, ast.Load())
        for term in terms
    ]
    value: ast.expr = factors[0] if len(factors) == 1 else ast.BinOp(factors[0], ast.Mult(), factors[1])
    if not out:
        total = ast.Name(target, ast.Store())
        return [assign(target, _zero(dtype)), *over(summed, [ast.AugAssign(total, ast.Add(), value)])]
    cell = item(target, [variables[k] for k in out], ast.Store())
    create = assign(target, nests.empty([lengths[k] for k in out], dtype, "zeros" if leading else "empty"))
    if not summed:
        return [create, *over(out, [ast.Assign([cell], value)])]
    if leading:
        return [create, *over(letters, [ast.AugAssign(cell, ast.Add(), value)])]
    s = nests.temporary("s")
    step = over(summed, [ast.AugAssign(ast.Name(s, ast.Store()), ast.Add(), value)])
    return [create, *over(out, [assign(s, _zero(dtype)), *step, ast.Assign([cell], ast.Name(s, ast.Load()))])]


def _zero(dtype: np.dtype) -> ast.expr:
    return ast.Constant(0j if dtype.kind == "c" else 0.0 if dtype.kind == "f" else 0)


def _product(
    nests: Nests, target: str, terms: list[_Term], out: str, dtype: np.dtype, lengths: dict[str, Any]
) -> list[ast.stmt] | None:
    """A pair as a product of two matrices, if it is one; its axes are then brought into the order wanted."""
    if len(terms) != 2 or dtype.kind not in "fc":
        return None
    a, b = terms
    summed = [k for k in a.letters if k in b.letters]
    rows, columns = ([k for k in term.letters if k not in summed] for term in terms)
    if not summed or not (rows or columns) or set(out) != {*rows, *columns}:
        return None
    if max(len(rows), len(columns), len(summed)) < 2 and len(rows) + len(columns) + len(summed) < 3:
        return None  # a matrix times a vector
    if out and columns and out[0] in columns:
        a, b, rows, columns = b, a, columns, rows
    left, right = _matrix(nests, a, rows, summed, lengths), _matrix(nests, b, summed, columns, lengths)
    made: ast.expr = ast.Call(nests.e.references.numpy("dot"), [left, right], [])
    order = [*rows, *columns]
    if len(order) != 2 or not rows or not columns:
        made = ast.Call(ast.Attribute(made, "reshape", ast.Load()), [_shape(order, lengths)], [])
    if order != list(out):
        axes = ast.Tuple([ast.Constant(order.index(k)) for k in out], ast.Load())
        made = ast.Call(nests.e.references.numpy("transpose"), [made, axes], [])
        made = ast.Call(nests.e.references.numpy("ascontiguousarray"), [made], [])
    return [assign(target, made)]


def _shape(letters: list[str], lengths: dict[str, Any]) -> ast.expr:
    return ast.Tuple([lengths[k] for k in letters], ast.Load()) if len(letters) != 1 else lengths[letters[0]]


def _matrix(nests: Nests, term: _Term, rows: list[str], columns: list[str], lengths: dict[str, Any]) -> ast.expr:
    """An array as a matrix: some axes as its rows, the others as its columns."""
    x: ast.expr = ast.Name(term.name, ast.Load())
    turned = list(term.letters) == [*columns, *rows] and bool(rows) and bool(columns)
    first, last = (columns, rows) if turned else (rows, columns)
    if list(term.letters) != [*first, *last]:
        axes = ast.Tuple([ast.Constant(term.letters.index(k)) for k in (*first, *last)], ast.Load())
        x = ast.Call(nests.e.references.numpy("transpose"), [x, axes], [])
    if len(first) != 1 or len(last) != 1:
        x = ast.Call(nests.e.references.numpy("ascontiguousarray"), [x], [])
        sizes = [_size(part, lengths) for part in (first, last)]
        x = ast.Call(ast.Attribute(x, "reshape", ast.Load()), [ast.Tuple(sizes, ast.Load())], [])
    return ast.Attribute(x, "T", ast.Load()) if turned else x


def _size(letters: list[str], lengths: dict[str, Any]) -> ast.expr:
    """The product of some lengths."""
    if not letters:
        return ast.Constant(1)
    size: ast.expr = lengths[letters[0]]
    for letter in letters[1:]:
        size = ast.BinOp(size, ast.Mult(), lengths[letter])
    return size


def _nearest_first(terms: list[_Term], out: str) -> None:
    """Move the two terms to the front whose product, summed over what nothing else needs, has the fewest axes."""

    def cost(pair: tuple[int, int]) -> tuple[int, int]:
        a, b = (set(terms[k].letters) for k in pair)
        rest = set(out).union(*(terms[k].letters for k in range(len(terms)) if k not in pair))
        return len((a | b) & rest) - len((a | b) - rest), len(a | b)

    first, second = min(combinations(range(len(terms)), 2), key=cost)
    b, a = terms.pop(second), terms.pop(first)
    terms[:0] = [a, b]
