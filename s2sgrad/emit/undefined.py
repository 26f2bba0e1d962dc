"""Variables that are copied though nothing may have been assigned to them.

What a variable is on a path that does not assign it is nothing, and needs no statement, unless it is handed on to
another variable or to a function of ours, or asked for its shape by a zero cotangent: Python cannot read what is not
there. Such variables start as ``None``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from s2sgrad.ir.core import Block, Call, Function, Operand, Value, operands_of, walk
from s2sgrad.ir.primitives import zeros_like
from s2sgrad.ir.undefined import handed_on


def copied_undefined(function: Function, names: Mapping[Value, str], undefined: set[Value]) -> set[str]:
    """The names of variables that another variable gets the value of, though they may have none."""
    if not undefined:
        return set()
    copied = {
        names[value]
        for target, value in handed_on(function.body)
        if value in undefined and value in names and names.get(target, names[value]) != names[value]
    }
    read = {names[value] for value in _read_unseen(function.body) if value in undefined and value in names}
    return copied | read


def _read_unseen(body: Block) -> Iterator[Operand]:
    """What zeros are made like: a cotangent that nobody contributes to may be that of an undefined variable. And what
    a function of ours is given, which uses it only on the paths that define it."""
    for op in walk(body):
        if isinstance(op, Call) and (op.fn is np.zeros_like or op.fn is zeros_like or op.fn is np.shape):
            yield op.args[0]
        elif isinstance(op, Call) and isinstance(op.fn, Function):
            yield from operands_of(op)
