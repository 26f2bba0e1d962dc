"""Quotients share their divisions: of ``z = a / y`` the cotangents are ``z_bar / y``, and ``z_bar * (z / y)`` negated.

    a_bar = truediv z_bar, y                       a_bar = truediv z_bar, y
    t1 = truediv z, y                     ──▶      t2 = mul a_bar, z
    t2 = mul z_bar, t1

A product is cheaper than a division and a product, and needs no array for the second quotient. For real numbers
both are the same; only where the one overflows may the other still be finite.
"""

from __future__ import annotations

import operator

import numpy as np

from s2sgrad.ir.core import Block, Call, Function, Operand, Value, blocks_of, uses_in
from s2sgrad.ir.infer import infer
from s2sgrad.optimize.arrays import has_type
from s2sgrad.optimize.purity import Ours, is_adjoint
from s2sgrad.optimize.rewrite import number

_PRODUCTS = (operator.mul, np.multiply)
_QUOTIENTS = (operator.truediv, np.divide)


def share_quotients(function: Function, ours: Ours = is_adjoint) -> Function:
    """Multiply by quotients that are at hand, the author's among them, in derivative code (what is ``ours``)."""
    uses: dict[Value, int] = {}
    for x in uses_in(function.body):
        if isinstance(x, Value):
            uses[x] = uses.get(x, 0) + 1
    _visit(function.body, {}, {}, uses, ours)
    return function


def _visit(
    block: Block,
    quotients: dict[tuple[Operand, Operand], Value],
    made: dict[Operand, Call],
    uses: dict[Value, int],
    ours: Ours,
) -> None:
    """``quotients``: those visible here by dividend and divisor, and ``made`` the calls that make quotients."""
    added: list[tuple[Operand, Operand]] = []
    for op in block.ops:
        for inner in blocks_of(op):
            _visit(inner, quotients, made, uses, ours)
        if not isinstance(op, Call) or op.kwargs or len(op.args) != 2:
            continue
        if op.fn in _QUOTIENTS and number(op.args[0]) is None:
            if ours(op):
                made[op.result] = op
            key = (op.args[0], op.args[1])
            if key not in quotients:
                quotients[key] = op.result
                added.append(key)
        elif op.fn in _PRODUCTS and ours(op):
            _multiply(op, quotients, made, uses)
    for key in added:  # no longer visible
        del quotients[key]


def _multiply(
    op: Call,
    quotients: dict[tuple[Operand, Operand], Value],
    made: dict[Operand, Call],
    uses: dict[Value, int],
) -> None:
    for x, q in (op.args, op.args[::-1]):
        quotient = made.get(q)
        if quotient is None or uses.get(q) != 1:
            continue
        z, y = quotient.args
        shared = quotients.get((x, y))
        if shared is None or shared is q or not has_type(infer(op.fn, (shared, z), {}), op.result.type):
            continue
        op.args = (shared, z)
        uses[shared] = uses.get(shared, 0) + 1
        return
