"""A small tracer: runs a straight-line function on stand-ins for operands and records the IR."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Const, Tree, Value
from s2sgrad.ir.types import Array, Scalar


class Traced:
    """Stands for an operand; whatever is done with it is appended to the builder."""

    def __init__(self, builder: Builder, operand: Any) -> None:
        self.builder = builder
        self.operand = operand

    def _call(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        lowered = [unwrap(a) for a in args]
        result = self.builder.call(fn, *lowered, **{k: unwrap(v) for k, v in kwargs.items()})
        return wrap(self.builder, result)

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        assert method == "__call__"
        return self._call(ufunc, *args, **kwargs)

    def __array_function__(self, fn: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if fn is np.ndim:
            return self.ndim
        return self._call(fn, *args, **kwargs)

    def __getitem__(self, index: Any) -> Any:
        return self._call(operator.getitem, self, index)

    @property
    def ndim(self) -> int:
        return self.operand.type.ndim if isinstance(self.operand.type, Array) else 0

    @property
    def shape(self) -> Any:
        return self._call(np.shape, self)

    @property
    def dtype(self) -> Any:
        t = self.operand.type
        return t.dtype if isinstance(t, (Scalar, Array)) else np.dtype(float)

    @property
    def T(self) -> Any:
        return self._call(np.transpose, self)


def _binary(fn: Any) -> tuple[Any, Any]:
    return (lambda a, b: a._call(fn, a, b)), (lambda a, b: a._call(fn, b, a))


for _name in "add sub mul truediv pow matmul lt le gt ge eq ne floordiv mod and_ or_".split():
    _forward, _backward = _binary(getattr(operator, _name))
    _plain = _name.strip("_")
    setattr(Traced, f"__{_plain}__", _forward)
    setattr(Traced, f"__r{_plain}__", _backward)
for _name in ("neg", "pos", "abs", "invert"):
    setattr(Traced, f"__{_name}__", (lambda fn: lambda a: a._call(fn, a))(getattr(operator, _name)))


def wrap(builder: Builder, tree: Tree) -> Any:
    if isinstance(tree, Const):
        return tree.value
    if isinstance(tree, Value):
        return Traced(builder, tree)
    return type(tree)(wrap(builder, t) for t in tree)


def unwrap(x: Any) -> Any:
    if isinstance(x, Traced):
        return x.operand
    if type(x) in (tuple, list):
        return type(x)(unwrap(item) for item in x)
    if type(x) is slice:
        return slice(unwrap(x.start), unwrap(x.stop), unwrap(x.step))
    return x if isinstance(x, (Const, Value)) else Const(x)


def inline_rule(builder: Builder, rule: Any, args: tuple[Tree, ...], kwargs: dict[str, Tree]) -> Tree:
    return unwrap(rule(*(wrap(builder, a) for a in args), **{k: wrap(builder, v) for k, v in kwargs.items()}))
