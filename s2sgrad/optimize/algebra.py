"""Rewrites of derivative arithmetic. Each holds over the reals for every value of its operands.

Normal form: constants stand on the left of a product and are merged, a negation is as far outside as it goes,
so that a sum can absorb it.
"""

from __future__ import annotations

import math
from operator import add, mul, neg, pow, sub, truediv
from typing import Any

import numpy as np

from s2sgrad.ir import primitives
from s2sgrad.ir.core import Call, Const, Operand, Tree, Value
from s2sgrad.ir.infer import infer
from s2sgrad.ir.types import Array, Scalar, Type
from s2sgrad.optimize.rewrite import Rewrite, Rewriter, number, same_shape

_ADD = (add, np.add)
_MUL = (mul, np.multiply)
_NEG = (neg, np.negative)
_DIV = (truediv, np.divide)
ZEROS = (np.zeros, np.zeros_like, primitives.zeros_like)


def fold(r: Rewriter, op: Call) -> Operand | None:
    """3 - 1 → 2"""
    values = [number(x) for x in op.args]
    if None in values:
        return None
    try:
        result = op.fn(*values)
    except ArithmeticError:  # left to happen at run time
        return None
    return Const(imaginary(result)) if type(result) in (int, float, complex) else None


def imaginary(c: Any) -> Any:
    """An imaginary number as what ``-2j`` stands for: its real part is a zero of the same sign."""
    return complex(math.copysign(0.0, c.imag), c.imag) if isinstance(c, complex) and c.real == 0.0 else c


def real_constant(r: Rewriter, op: Call) -> Operand | None:
    """(1+0j) + z → 1.0 + z"""
    for k, x in enumerate(op.args):
        c = number(x)
        if isinstance(c, complex) and c.imag == 0.0:
            args = _with(op.args, k, Const(c.real))
            return r.call(op.fn, *args) if infer(op.fn, args, {}) == op.result.type else None
    return None


def one_times(r: Rewriter, op: Call) -> Operand | None:
    """1.0 * x → x; x * 1 → x"""
    x, y = op.args
    return y if number(x) == 1 else x if number(y) == 1 else None


def constant_times(r: Rewriter, op: Call) -> Operand | None:
    """x * 2 → 2.0 * x; 2.0 * (3.0 * x) → 6.0 * x; 2.0 * (0.5 / x) → 1.0 / x; 2.0 * -x → -2.0 * x; -1.0 * x → -x"""
    x, y = op.args
    if number(x) is None:
        x, y = y, x
    c = number(x)
    if c is None:
        return None
    if c == -1:
        return r.call(neg, y)
    inner = r.match(y, mul, neg, truediv)
    if inner is not None and inner.fn is neg:
        return r.call(mul, -c, inner.args[0])
    if inner is not None and not _is_kept(r, inner) and (d := number(inner.args[0])) is not None:
        with r.of_statement(inner if inner.fn is truediv else op):
            return r.call(inner.fn, imaginary(c * d), inner.args[1])
    if isinstance(c, int) and _kind(y) == "f" and abs(c) < 2**53:
        return r.call(mul, float(c), y)
    return r.call(mul, c, y) if y is op.args[0] else None


def constants_times(r: Rewriter, op: Call) -> Operand | None:
    """2.0 * x * (3.0 * y) → 6.0 * (x * y)"""
    a, b = r.match(op.args[0], mul), r.match(op.args[1], mul)
    if a is None or b is None or not (r.is_single(a) and r.is_single(b)):
        return None
    c, d = number(a.args[0]), number(b.args[0])
    return None if c is None or d is None else r.call(mul, imaginary(c * d), r.call(mul, a.args[1], b.args[1]))


def constant_outward(r: Rewriter, op: Call) -> Operand | None:
    """x * (0.5 / y) → 0.5 * (x / y); x * (2.0 * y) → 2.0 * (x * y); 2.0 * x / y → 2.0 * (x / y), if it costs no more"""
    for k, factor in enumerate(op.args[:1] if op.fn in _DIV else op.args):
        inner = r.match(factor, mul, truediv)
        c = None if inner is None or number(op.args[1 - k]) is not None else number(inner.args[0])
        if inner is None or c is None or not same_shape(inner.args[1].type, op.result.type) or not r.is_single(inner):
            continue
        other, x = op.args[1 - k], inner.args[1]
        if inner.fn is mul:
            return r.call(mul, c, r.call(op.fn, *((x, other) if k == 0 else (other, x))))
        if op.fn in _MUL:
            return r.call(mul, c, r.call(truediv, other, x))
    return None


def numbers_first(r: Rewriter, op: Call) -> Operand | None:
    """2.0 * (s * x) → 2.0 * s * x, for a number s and an array x"""
    x, y = op.args
    inner = r.match(y, *_MUL)
    if inner is None or inner.kwargs or not isinstance(x.type, Scalar) or not r.is_single(inner):
        return None
    for k, s in enumerate(inner.args):
        z = inner.args[1 - k]
        if isinstance(s, Value) and isinstance(s.type, Scalar) and isinstance(z.type, Array) and z.type.ndim:
            return r.call(mul, r.call(mul, x, s), z)
    return None


def product_of_negation(r: Rewriter, op: Call) -> Operand | None:
    """-x * y → -(x * y), which a sum may absorb"""
    for k, x in enumerate(op.args):
        inner = r.match(x, *_NEG)
        if inner is not None and same_shape(x.type, op.result.type):
            return r.call(neg, r.call(op.fn, *_with(op.args, k, inner.args[0])))
    return None


def times_reciprocal(r: Rewriter, op: Call) -> Operand | None:
    """t * (1 / y) → t / y, which belongs to the statement that divides: a zero divisor is its fault"""
    for t, y in (op.args, op.args[::-1]):
        inner = r.match(y, *_DIV)
        if inner is not None and number(inner.args[0]) == 1:
            with r.of_statement(inner):
                return r.call(truediv, t, inner.args[1])
    return None


def over_one(r: Rewriter, op: Call) -> Operand | None:
    """x / 1 → x"""
    x: Operand = op.args[0]
    return x if number(op.args[1]) == 1 else None


def plus_zero(r: Rewriter, op: Call) -> Operand | None:
    """x + 0.0 → x; np.zeros(n) + x → x"""
    x, y = op.args
    return y if is_zero(r, x, op.result.type) else x if is_zero(r, y, op.result.type) else None


def constant_last(r: Rewriter, op: Call) -> Operand | None:
    """5.0 + x → x + 5.0"""
    x, y = op.args
    return r.new(op.fn, op.result.type, y, x) if number(x) is not None and number(y) is None else None


def plus_itself(r: Rewriter, op: Call) -> Operand | None:
    """x + x → 2.0 * x; 0.5 * x + 0.5 * x → x; a + x + x → a + 2.0 * x (x * y counts as the same x * y)"""
    x, y = op.args
    if (doubled := _together(r, x, y)) is not None:
        return doubled
    inner = r.match(x, add)
    if inner is None or not r.is_single(inner):
        return None
    for k, z in enumerate(inner.args):
        doubled = _together(r, z, y) if same_shape(z.type, op.result.type) else None
        if doubled is not None:
            return r.call(add, inner.args[1 - k], doubled)
    return None


def _together(r: Rewriter, x: Operand, y: Operand) -> Operand | None:
    """``c * z + d * z`` as one product; None where the two are not multiples of the same."""
    (c, z), (d, w) = _multiple(r, x), _multiple(r, y)
    if not isinstance(z, Value) or _kind(z) not in "fc" or not _is_same(r, z, w):
        return None
    total = c + d
    return z if total == 1 else r.call(mul, total if isinstance(total, complex) else float(total), z)


def _multiple(r: Rewriter, x: Operand) -> tuple[Any, Operand]:
    """``c`` and ``z`` where ``x`` is ``c * z``."""
    inner = r.match(x, mul)
    c = None if inner is None else number(inner.args[0])
    return (1, x) if inner is None or c is None else (c, inner.args[1])


def _is_same(r: Rewriter, x: Operand, y: Operand) -> bool:
    """Whether two values are one, or the same arithmetic of the same operands."""
    if x is y:
        return True
    a, b = r.match(x, *_SAME), r.match(y, *_SAME)
    if a is None or b is None or a.fn is not b.fn or a.kwargs or b.kwargs:
        return False
    pairs = zip(a.args, b.args, strict=True)
    return all(p is q or (number(p) is not None and number(p) == number(q)) for p, q in pairs)


_SAME = (*_MUL, *_DIV, *_NEG)


def plus_negation(r: Rewriter, op: Call) -> Operand | None:
    """x + -y → x - y; x + -2.0 * y → x - 2.0 * y; -x + y → y - x"""
    x, y = op.args
    if (z := negated(r, y)) is not None:
        return r.call(sub, x, z)
    if (z := negated(r, x)) is not None:
        return r.call(sub, y, z)
    return None


def minus_zero(r: Rewriter, op: Call) -> Operand | None:
    """x - 0 → x; 0 - x → -x"""
    x, y = op.args
    if is_zero(r, y, op.result.type):
        return x  # type: ignore[no-any-return]
    return r.call(neg, y) if is_zero(r, x, op.result.type) else None


def minus_negation(r: Rewriter, op: Call) -> Operand | None:
    """x - -y → x + y; -x - y → -(x + y)"""
    x, y = op.args
    if (z := negated(r, y)) is not None:
        return r.call(add, x, z)
    inner = r.match(x, *_NEG)
    if inner is not None and same_shape(x.type, op.result.type):
        return r.call(neg, r.call(add, inner.args[0], y))
    return None


def negation(r: Rewriter, op: Call) -> Operand | None:
    """--x → x; -(-x * y) → x * y; -(2.0 * x) → -2.0 * x; -(x - y) → y - x"""
    (x,) = op.args
    if (y := negated(r, x)) is not None:
        return y
    inner = r.match(x, sub, mul, truediv)
    if inner is None:
        return None
    if inner.fn is sub:
        return r.call(sub, inner.args[1], inner.args[0]) if r.is_single(inner) else None
    c = number(inner.args[0])
    return None if c is None or _is_kept(r, inner) else r.call(inner.fn, -c, inner.args[1])


def quotient_of_negation(r: Rewriter, op: Call) -> Operand | None:
    """-x / y → -(x / y)"""
    x, y = op.args
    inner = r.match(x, *_NEG)
    if inner is not None and same_shape(x.type, op.result.type):
        return r.call(neg, r.call(op.fn, inner.args[0], y))
    return None


def trivial_power(r: Rewriter, op: Call) -> Operand | None:
    """x ** 1 → x; x ** 0 → 1.0 for a number"""
    x, p = op.args
    if number(p) == 1:
        return x  # type: ignore[no-any-return]
    return Const(1.0) if number(p) == 0 and isinstance(op.result.type, Scalar) else None


# -- what the rewrites ask -------------------------------------------------------------------------


def is_zero(r: Rewriter, x: Operand, result: Type) -> bool:
    """Whether ``x`` is zero and adds nothing to the shape ``result`` either."""
    if number(x) == 0:
        return True
    # The other summand replaces the sum only if it has the type of the sum: then equal shapes, where that type tells.
    return same_shape(result, result) and r.match(x, *ZEROS) is not None


def negated(r: Rewriter, x: Operand) -> Operand | None:
    """``y`` where ``x`` is ``-y``; ``2.0 * y`` where it is ``-2.0 * y``; ``y * z`` where it is ``-y * z``."""
    inner = r.match(x, *_NEG, mul, truediv)
    if inner is None:
        return None
    if inner.fn in _NEG:
        return inner.args[0]  # type: ignore[no-any-return]
    c = number(inner.args[0])
    if not r.is_single(inner):
        return None
    if c is not None:
        return r.call(inner.fn, -c, inner.args[1]) if not isinstance(c, complex) and c < 0 else None
    for k, factor in enumerate(inner.args):
        negation = r.match(factor, *_NEG)
        if negation is not None:
            return r.call(inner.fn, *_with(inner.args, k, negation.args[0]))
    return None


def _is_kept(r: Rewriter, op: Call) -> bool:
    """Whether ``op`` makes an array that is read elsewhere, too: to start from its operands would save no pass."""
    return isinstance(op.result.type, Array) and not r.is_single(op)


def _kind(x: Operand) -> str:
    return x.type.dtype.kind if isinstance(x.type, (Scalar, Array)) else "O"


def _with(args: tuple[Tree, ...], k: int, x: Any) -> tuple[Tree, ...]:
    return (*args[:k], x, *args[k + 1 :])


ALGEBRA: dict[Any, tuple[Rewrite, ...]] = {
    **dict.fromkeys(_ADD, (fold, real_constant, plus_zero, plus_negation, plus_itself, constant_last)),
    **dict.fromkeys((sub, np.subtract), (fold, real_constant, minus_zero, minus_negation)),
    **dict.fromkeys(
        _MUL,
        (
            fold,
            real_constant,
            one_times,
            constant_times,
            constants_times,
            numbers_first,
            product_of_negation,
            times_reciprocal,
            constant_outward,
        ),
    ),
    **dict.fromkeys(_DIV, (fold, over_one, quotient_of_negation, constant_outward)),
    **dict.fromkeys(_NEG, (fold, negation)),
    **dict.fromkeys((pow, np.power), (fold, trivial_power)),
}
