"""Power series through calls. Nothing is said of Taylor coefficients in the rules: they follow from the tangents.

Along a curve ``x(t)`` the derivative of ``y = f(x)`` is ``y' = R(x, y, x')``, and ``R`` is what the tangent rule of
``f`` says. Coefficient by coefficient that is a recurrence: ``R`` up to order k - 1 needs no more of ``y`` than that.

    y_k = R_{k-1} / k            the coefficients of x' being (k + 1) x_{k+1}

``R`` is made of calls itself, and its coefficients are found in the same way, each when it is asked for. It ends with:

    linear         the function of the coefficients of one order
    multilinear    Cauchy's product, Σ a_i b_{k-i}
    x / y          z_k = (x_k - Σ_{j>0} y_j z_{k-j}) / y

For ``exp`` that is the classical recurrence, ``sin`` and ``cos`` find each other (a call that is there already is not
made again), and functions that are given by a differential equation follow it. (A. Griewank and A. Walther, Evaluating
Derivatives, second edition, section 13.2, has such recurrences one by one.)
"""

from __future__ import annotations

import operator
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import numpy as np

from s2sgrad.ir.build import Builder
from s2sgrad.ir.clone import Cloner, substitute
from s2sgrad.ir.core import Block, Call, Const, Function, If, Op, Operand, Value, blocks_of, uses_in
from s2sgrad.ir.primitives import UPDATES, new_dict, new_list
from s2sgrad.ir.types import Array, Scalar, Unknown, is_differentiable
from s2sgrad.optimize.cse import call_key
from s2sgrad.optimize.pipeline import clean
from s2sgrad.optimize.purity import is_known
from s2sgrad.rules.table import rule_of
from s2sgrad.transforms.cotangents import add, cast, derivative_type, zero
from s2sgrad.transforms.invoke import Invocations
from s2sgrad.transforms.rule_calls import required_rule
from s2sgrad.transforms.structure import data_operands, is_const, is_hashable
from s2sgrad.transforms.tangent import Forward
from s2sgrad.transforms.tangent_calls import STRUCTURAL, call_tangents

# What does to coefficients what it does to values, though its rule is one of partial derivatives.
_SUMS: frozenset[Any] = frozenset(
    {operator.add, operator.sub, operator.neg, operator.pos, np.add, np.subtract, np.negative, np.positive}
)
_PRODUCTS: frozenset[Any] = frozenset({operator.mul, np.multiply})
_POWERS: frozenset[Any] = frozenset({operator.pow, pow, np.power, np.float_power})
_QUOTIENTS: frozenset[Any] = frozenset({operator.truediv, np.divide})


class CannotExpand(Exception):
    """The code is to be differentiated again and again instead."""


class Series:
    """The coefficients of all values, order by order.

    ``layers``: for each order from 1 on, the coefficients as a forward pass has its tangents; absent ones are zero.
    ``active``: the author's values that have coefficients. ``authors``: the operations that compute the values.
    ``placeholders``: for values that stand for the first derivative of a curve, what they are.
    """

    def __init__(self, active: set[Value], authors: set[Op], order: int) -> None:
        self.active = active
        self.authors = authors
        self.builder = Builder()
        self.layers = [self._layer() for _ in range(order)]
        self.placeholders: dict[Value, Operand] = {}
        self._along = self._layer()  # its tangents are the placeholders
        self._calls: dict[Value, Call] = {}  # the calls in rules, and the one at hand
        self._known: dict[tuple[Value, int], Operand | None] = {}  # the coefficients of their results
        self._rates: dict[Call, list[Operand | None]] = {}
        self._curves: dict[Value, Value] = {}  # of which curve a placeholder is the derivative
        self._table: dict[Hashable, Call] = {}
        self._opaque: set[Value] = set()  # the results of control flow in rules

    def _layer(self) -> Forward:
        layer = Forward(self.active, Invocations(), self.authors)
        layer.builder = self.builder
        return layer

    @contextmanager
    def scope(self) -> Iterator[None]:
        """What is computed in a block is not visible outside of it."""
        kept = [dict(x) for x in (self._calls, self._known, self._rates, self._table, self._along.dots)]
        yield
        self._calls, self._known, self._rates, self._table, self._along.dots = kept  # type: ignore[assignment]

    # -- calls of the author's -----------------------------------------------------------------------

    def expand(self, call: Call) -> None:
        """Compute the coefficients of the results of a call that has just been added to the builder's block."""
        wanted = [v for v in call.results if v in self.active and not self._is_given(v)]
        if wanted and self._is_varied(call):
            self._calls.update(dict.fromkeys(call.results, call))
            for m, layer in enumerate(self.layers, 1):
                for v in wanted:
                    coefficient = self.coefficient(v, m)
                    if coefficient is not None:
                        layer.dots[v] = coefficient
        if _is_pure(call):
            self._table.setdefault(call_key(call), call)

    def _is_given(self, v: Value) -> bool:
        return any(v in layer.dots for layer in self.layers)

    def _is_varied(self, call: Call) -> bool:
        if call.fn is new_list or call.fn is new_dict:
            return True
        rule = rule_of(call.fn)
        if call.fn in _POWERS and is_const(call.args[1], 0):
            return False
        return (rule is None or not rule.nondiff) and any(x in self for x in data_operands(call))

    def __contains__(self, x: object) -> bool:
        """Whether a value has coefficients beside the constant one."""
        return isinstance(x, Value) and (
            x in self._calls or x in self._curves or x in self._opaque or self._is_given(x)
        )

    # -- coefficients --------------------------------------------------------------------------------

    def coefficient(self, x: Operand, m: int) -> Operand | None:
        """The coefficient of order ``m``; None for zero."""
        if not isinstance(x, Value):
            return x if m == 0 else None
        if m == 0:
            return self.placeholders.get(x, x)
        if x in self._opaque:
            raise CannotExpand
        if x in self._curves:
            following = self.coefficient(self._curves[x], m + 1)
            return None if following is None else self._call(operator.mul, float(m + 1), following)
        if x not in self._calls:
            return self.layers[m - 1].dots.get(x)
        if (x, m) not in self._known:
            call = self._calls[x]
            for v, found in zip(call.results, self._of_call(call, m), strict=True):
                if isinstance(found, Value) and found.name is None and v in self.active:
                    found.name = f"{v.name or 't'}_{m}"
                self._known[v, m] = found
        return self._known[x, m]

    def _of_call(self, call: Call, m: int) -> list[Operand | None]:
        """The coefficients of the results of a call."""
        if any(call.fn is fn for fn in STRUCTURAL):
            return self._linear(call, m)
        rule = required_rule(call, self, "forward")
        follows = rule.partials is not None or rule.jvp is not None
        if call.fn in _SUMS or not (follows or rule.transpose is None):
            return self._linear(call, m)
        if not call.kwargs and call.fn in _QUOTIENTS:
            found = self._quotient(call, m)
            return [None if found is None else cast(self.builder, found, call.result.type)]
        if (not call.kwargs and call.fn in _PRODUCTS) or not (follows or not rule.multilinear):
            found = self._product(call, m)
            return [None if found is None else cast(self.builder, found, call.result.type)]
        return [self._integrated(r, m) for r in self._rate_of(call)]

    def _linear(self, call: Call, m: int) -> list[Operand | None]:
        layer = self.layers[m - 1]
        for x in data_operands(call):
            coefficient = self.coefficient(x, m)
            if isinstance(x, Value) and coefficient is not None:
                layer.dots[x] = coefficient
        return call_tangents(layer, call)

    def _product(self, call: Call, m: int) -> Operand | None:
        """Cauchy's product: the sum over all ways to share the order out to the operands."""
        total: Operand | None = None
        for orders in _shares(m, [x in self for x in call.args]):
            factors = [
                self.coefficient(x, k) if isinstance(x, (Value, Const)) else x
                for x, k in zip(call.args, orders, strict=True)
            ]
            if all(factor is not None for factor in factors):
                term = self._call(call.fn, *factors, **call.kwargs)
                total = term if total is None else add(self.builder, term, total)
        return total

    def _quotient(self, call: Call, m: int) -> Operand | None:
        """``z y = x``, solved for the coefficient of ``z``."""
        x, y = call.args
        total = self.coefficient(x, m)
        for j in range(1, m + 1):
            y_j, z_k = self.coefficient(y, j), self.coefficient(call.result, m - j)
            if y_j is not None and z_k is not None:
                term = self._call(operator.mul, y_j, z_k)
                total = self._call(operator.neg, term) if total is None else self._call(operator.sub, total, term)
        return None if total is None else self._call(operator.truediv, total, y)

    def _integrated(self, rate: Operand | None, m: int) -> Operand | None:
        """The coefficient of what has this derivative."""
        found = None if rate is None else self.coefficient(rate, m - 1)
        if found is None or m == 1:
            return found
        if not isinstance(found.type, (Scalar, Array, Unknown)):
            raise CannotExpand
        return self._call(operator.truediv, found, float(m))

    def _call(self, fn: Any, *args: Any, **kwargs: Any) -> Operand:
        made: Operand = self.builder.call(fn, *args, **kwargs)
        return made

    # -- derivatives along the curve -----------------------------------------------------------------

    def _rate_of(self, call: Call) -> list[Operand | None]:
        """The derivatives of the results of a call, as code that has coefficients itself."""
        if call not in self._rates:
            for x in data_operands(call):
                if x in self and isinstance(x, Value):
                    self._take_curve(x)
            rule = Block()
            with self.builder.inside(rule):
                rates = call_tangents(self._along, call)
            rule.results = [rate for rate in rates if rate is not None]
            _fold(rule)
            clean(rule, lambda op: True)
            found = iter(self._adopt(rule))
            self._rates[call] = [None if rate is None else next(found) for rate in rates]
        return self._rates[call]

    def _take_curve(self, x: Value) -> None:
        """Let a placeholder stand for the derivative of ``x``: its own coefficients are not those of ``x_1``."""
        if x in self._along.dots:
            return
        first = self.coefficient(x, 1)
        placeholder = Value(derivative_type(x.type))
        self.placeholders[placeholder] = zero(self.builder, x) if first is None else first
        self._curves[placeholder] = x
        self._along.dots[x] = placeholder

    def _adopt(self, rule: Block) -> list[Operand]:
        """Append the operations of a rule, but for those that are there already; the results of the rule."""
        env = Cloner()
        self._adopt_block(rule, env)
        return [env.operand(x) for x in rule.results]

    def _adopt_block(self, block: Block, env: Cloner) -> None:
        for op in block.ops:
            if isinstance(op, Call):
                self._adopt_call(op, env)
                continue
            if isinstance(op, If) and isinstance(cond := env.operand(op.cond), Const):
                taken = op.then if cond.value else op.orelse
                self._adopt_block(taken, env)
                env.env.update(zip(op.results, map(env.operand, taken.results), strict=True))
                continue
            substitute(Block([], [op]), env.env)
            self._mark(op)
            self.builder.block.ops.append(op)

    def _adopt_call(self, op: Call, env: Cloner) -> None:
        op.args, op.kwargs = env.tree(op.args), env.tree(op.kwargs)
        if _is_pure(op):
            earlier = self._table.setdefault(call_key(op), op)
            if earlier is not op and len(earlier.results) == len(op.results):
                env.env.update(zip(op.results, earlier.results, strict=True))
                if self._is_varied(earlier):  # it may be one of the author's that nothing else needs the derivative of
                    new = [v for v in earlier.results if v not in self and is_differentiable(v.type)]
                    self._calls.update(dict.fromkeys(new, earlier))
                return
        self.builder.block.ops.append(op)
        if self._is_varied(op):
            if isinstance(op.fn, Function):
                raise CannotExpand
            self._calls.update((v, op) for v in op.results if is_differentiable(v.type))

    def _mark(self, op: Op) -> None:
        """Note which results of control flow in a rule have coefficients: nothing says which."""
        for block in blocks_of(op):
            for inner in block.ops:
                if not isinstance(inner, Call):
                    self._mark(inner)
                elif self._is_varied(inner):
                    self._opaque.update(v for v in inner.results if is_differentiable(v.type))
        passed = chain(op.then.results, op.orelse.results) if isinstance(op, If) else uses_in(Block([], [op]))
        if any(x in self for x in passed):
            self._opaque.update(op.results)


def _is_pure(call: Call) -> bool:
    return not call.effect and is_hashable(call.fn) and call.fn not in UPDATES and is_known(call.fn)


def _fold(block: Block) -> None:
    """Do the arithmetic with numbers that a rule is made for, such as an exponent, so that zeros are seen."""
    for op in block.ops:
        known = _constant(op) if isinstance(op, Call) else None
        if known is not None:
            substitute(block, {op.results[0]: known})


def _constant(call: Call) -> Const | None:
    """The result of arithmetic and comparisons of numbers that the rule is made for, such as those of an exponent."""
    module = getattr(call.fn, "__module__", None)
    if module != "_operator" or not all(isinstance(x, Const) and type(x.value) in (int, float) for x in call.args):
        return None
    try:
        return Const(call.fn(*(x.value for x in call.args)))
    except ArithmeticError:
        return None


def _shares(m: int, takes: Sequence[bool]) -> Iterator[tuple[int, ...]]:
    """All ways to share ``m`` out to those that take some."""
    if not takes:
        if m == 0:
            yield ()
        return
    for k in range(m + 1 if takes[0] else 1):
        for rest in _shares(m - k, takes[1:]):
            yield (k, *rest)
