"""Equations with a matrix that is inverted anyway are solved by its inverse.

    x = solve A, b                          t1 = inv A
    …                                       x = matmul t1, b
    t1 = inv A                       ──▶    …
    t2 = transpose A
    b_bar = solve t2, x_bar                 b_bar = matmul x_bar, t1

A triangular matrix, such as a Cholesky factor, is inverted for the sake of two equations or more: NumPy has no function
that solves triangular equations, and treats each as one with any matrix, at several times the cost.

The adjoint of a determinant is the inverse; an equation with the same matrix costs a third of that, a product nothing
beside it. Only derivative code is rewritten, and statements of the author's that nothing else reads. As for accuracy:
the gradient has the inverse in it in any case; the error of a product with it is bounded as that of a solution is, by
the condition of the matrix (A. Druinsky and S. Toledo, *How accurate is inv(A)*b?*, 2012).
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2sgrad.ir.core import Block, Call, Function, Op, Operand, Value, blocks_of, walk
from s2sgrad.ir.primitives import inverse_of_triangle
from s2sgrad.ir.types import Array
from s2sgrad.optimize.dce import dce
from s2sgrad.optimize.unobserved import unobserved
from s2sgrad.stages import stage


@stage("inverses")
def inverses(function: Function) -> Function:
    """Use inverses that are there (changes the function)."""
    _Inverses(function).block(function.body)
    return dce(function)


@dataclass(slots=True)
class _Matrix:
    """What a block computes of one matrix: the places of its inverses and equations, and whether of its transpose."""

    inverses: list[tuple[int, bool]] = field(default_factory=list)
    equations: list[tuple[int, bool]] = field(default_factory=list)


class _Inverses:
    def __init__(self, function: Function) -> None:
        self.free = unobserved(function)
        self.triangles = {op.results[0] for op in walk(function.body) if _is_triangle(op)}

    def block(self, block: Block) -> None:
        for op in block.ops:
            for inner in blocks_of(op):
                self.block(inner)
        put: dict[int, list[Op]] = {}  # what stands at a place instead
        for a, matrix in self.matrices(block).items():
            if matrix.inverses and matrix.equations:
                self.replace(block, a, matrix, put)
            elif len(matrix.equations) > 1 and a in self.triangles:
                self.invert(block, a, matrix, put)
        block.ops = [new for at, op in enumerate(block.ops) for new in put.get(at, (op,))]

    def matrices(self, block: Block) -> dict[Value, _Matrix]:
        found: dict[Value, _Matrix] = {}
        transposes: dict[Value, tuple[Value, bool]] = {}
        for at, op in enumerate(block.ops):
            if not isinstance(op, Call) or not op.args or not _is_matrix(op.args[0]) or op.kwargs:
                continue
            a, transposed = transposes.get(op.args[0], (op.args[0], False))
            if op.fn is np.transpose and len(op.args) == 1:
                transposes[op.result] = a, not transposed
            elif op.fn is np.linalg.inv:
                found.setdefault(a, _Matrix()).inverses.append((at, transposed))
            elif op.fn is np.linalg.solve and self.is_ours(op) and _rank(op.args[1]) in (1, 2):
                found.setdefault(a, _Matrix()).equations.append((at, transposed))
        return found

    def is_ours(self, op: Op) -> bool:
        return op.adjoint or op in self.free

    def replace(self, block: Block, a: Value, matrix: _Matrix, put: dict[int, list[Op]]) -> None:
        """Solve the equations by the first inverse, which is computed before the first of them if that can be."""
        at, of_transpose = matrix.inverses[0]
        inverse = block.ops[at]
        assert isinstance(inverse, Call)
        first = min(k for k, _ in matrix.equations)
        moves = first < at and self.is_ours(inverse)
        if moves and of_transpose and not matrix.equations[0][1]:
            return  # the transpose may not be there yet
        for k, transposed in matrix.equations:
            if k > at or moves:
                put[k] = _product(block.ops[k], inverse.result, transposed != of_transpose)
        if moves:
            before = block.ops[first]
            assert isinstance(before, Call)
            inverse.args = before.args[:1] if of_transpose else (a,)
            inverse.stmt, inverse.adjoint = before.stmt, before.adjoint
            put[at] = []
            put[first] = [inverse, *put[first]]

    def invert(self, block: Block, a: Value, matrix: _Matrix, put: dict[int, list[Op]]) -> None:
        """Solve the equations by the inverse of a triangle."""
        first = block.ops[matrix.equations[0][0]]
        inverse = Call(inverse_of_triangle, (a,), {}, [Value(a.type)], first.stmt, adjoint=first.adjoint)
        for k, transposed in matrix.equations:
            put[k] = _product(block.ops[k], inverse.result, transposed)
        put[matrix.equations[0][0]].insert(0, inverse)


def _is_triangle(op: Op) -> bool:
    """Whether the result is a lower triangle."""
    return isinstance(op, Call) and op.fn is np.linalg.cholesky and len(op.args) == 1 and not op.kwargs


def _is_matrix(x: object) -> bool:
    return isinstance(x, Value) and _rank(x) == 2


def _rank(x: Operand) -> int | None:
    return x.type.ndim if isinstance(x.type, Array) else None


def _product(equation: Op, inverse: Value, is_transposed: bool) -> list[Op]:
    """The solution of an equation as a product with an inverse, or with its transpose."""
    assert isinstance(equation, Call)
    b = equation.args[1]

    def call(fn: Any, args: tuple[Operand, ...], results: list[Value]) -> Call:
        return Call(fn, args, {}, results, equation.stmt, adjoint=equation.adjoint)

    if not is_transposed:
        return [call(operator.matmul, (inverse, b), equation.results)]
    if _rank(b) == 1:
        return [call(operator.matmul, (b, inverse), equation.results)]
    t = inverse.type
    assert isinstance(t, Array)
    turned = Value(Array(t.dtype, t.shape[::-1]))
    turn = call(np.transpose, (inverse,), [turned])
    return [turn, call(operator.matmul, (turned, b), equation.results)]
