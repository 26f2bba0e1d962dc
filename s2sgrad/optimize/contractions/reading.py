"""A sum of products, however it is written, as factors whose axes have labels.

    np.einsum("ij,jk->ik", x, y)
    np.tensordot(x, y, ((1,), (0,)))        ──▶   x: i j   y: j k   ──▶   i k
    np.sum(x[:, :, None] * y, axis=1)

Axes that have one label must be known to be of one length: where one may have length 1 only, NumPy would repeat it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

import numpy as np

from s2sgrad.ir.core import Call, Const, Operand, Tree
from s2sgrad.ir.types import Array, Length, maybe_one
from s2sgrad.optimize.arrays import constant_options, constants
from s2sgrad.optimize.rewrite import Rewriter

Labels = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Contraction:
    """``x`` times ``y``, summed over all labels that ``out`` does not have.

    ``kept``: where in the result axes of length 1 stand besides: those that a sum has kept.
    ``is_shared``: the products are there in any case, because something else reads them.
    """

    x: Operand
    y: Operand
    a: Labels
    b: Labels
    out: Labels
    kept: tuple[int, ...] = ()
    is_shared: bool = False

    @property
    def summed(self) -> Labels:
        """The labels of both factors that are summed over, in the order of the first."""
        return tuple(k for k in self.a if k in self.b and k not in self.out)

    @property
    def batch(self) -> Labels:
        return tuple(k for k in self.out if k in self.a and k in self.b)

    @property
    def alone(self) -> Labels:
        """The labels of one factor that are summed over."""
        return tuple(k for k in (*self.a, *self.b) if (k in self.a) != (k in self.b) and k not in self.out)

    def swapped(self) -> Contraction:
        return replace(self, x=self.y, y=self.x, a=self.b, b=self.a)


def read(r: Rewriter, op: Call) -> Contraction | None:
    """The contraction that a call computes; None if it is none of two factors of one dtype that BLAS knows."""
    reader = _READERS.get(op.fn)
    found = None if reader is None else reader(r, op)
    if found is None or not (_fits(found.x, found.a) and _fits(found.y, found.b)):
        return None
    x, y = found.x.type, found.y.type
    if not isinstance(x, Array) or not isinstance(y, Array) or x.dtype != y.dtype or x.dtype.char not in "fdFD":
        return None
    lengths = dict(zip(found.a, x.shape, strict=True))
    alike = all(is_one_length(lengths[k], n) for k, n in zip(found.b, y.shape, strict=True) if k in lengths)
    return found if alike else None


def _fits(x: Operand, labels: Labels) -> bool:
    return isinstance(x.type, Array) and x.type.ndim == len(labels) == len(set(labels))


def is_one_length(m: Length, n: Length) -> bool:
    """Whether two axes that broadcast are of one length: equal, or neither of them 1."""
    return m == n or not (maybe_one(m) or maybe_one(n))


def _einsum(r: Rewriter, op: Call) -> Contraction | None:
    text, *factors = op.args
    plain = op.kwargs.keys() <= {"optimize"} and len(factors) == 2
    if not plain or not isinstance(text, Const) or not isinstance(text.value, str):
        return None
    terms, arrow, out = text.value.replace(" ", "").partition("->")
    if not arrow or "." in text.value:
        return None
    (x, y), (a, b) = factors, terms.split(",")
    return Contraction(x, y, tuple(a), tuple(b), tuple(out))


def _tensordot(r: Rewriter, op: Call) -> Contraction | None:
    x, y, *rest = op.args
    given = constants((*rest, *op.kwargs.values()))
    if given is None or len(given) > 1 or not (isinstance(x.type, Array) and isinstance(y.type, Array)):
        return None
    m, n, axes = x.type.ndim, y.type.ndim, given[0] if given else 2
    if isinstance(axes, int):
        first, second = tuple(range(m - axes, m)), tuple(range(axes))
    else:
        first, second = ((k,) if isinstance(k, int) else k for k in axes)
    b: list[Hashable] = [m + k for k in range(n)]
    for i, j in zip(first, second, strict=True):
        b[j % n] = i % m
    out = (*(k for k in range(m) if k not in b), *(k for k in b if isinstance(k, int) and k >= m))
    return Contraction(x, y, tuple(range(m)), tuple(b), out)


def _sum(r: Rewriter, op: Call) -> Contraction | None:
    """A sum of products."""
    product = r.match(op.args[0], operator.mul, np.multiply)
    options = constant_options(op, ("axis", "dtype", "out", "keepdims"))
    if product is None or product.kwargs or options is None or options.keys() - {"axis", "keepdims"}:
        return None
    shape = product.result.type.shape if isinstance(product.result.type, Array) else ()
    if not shape:
        return None
    first, second = (_factor(r, x, shape) for x in product.args)
    if first is None or second is None:
        return None
    axis = options.get("axis")
    axes = range(len(shape)) if axis is None else [k % len(shape) for k in ((axis,) if isinstance(axis, int) else axis)]
    kept = tuple(sorted(axes)) if options.get("keepdims") else ()
    (x, a), (y, b) = first, second
    out = tuple(k for k in range(len(shape)) if k not in axes)
    return Contraction(x, y, a, b, out, kept, not r.is_single(product))


def _factor(r: Rewriter, x: Tree, shape: tuple[Length, ...]) -> tuple[Operand, Labels] | None:
    """A factor without the axes along which it is repeated, and its labels: the axes of the product."""
    if not isinstance(x.type, Array):
        return None
    first = len(shape) - x.type.ndim
    own = tuple(k for k, n in enumerate(shape[first:], first) if is_one_length(x.type.shape[k - first], n))
    repeated = [k for k in range(first, len(shape)) if k not in own]
    if any(x.type.shape[k - first] != 1 for k in repeated):
        return None
    return (_without(r, x, [k - first for k in repeated]) if repeated else x), own


def _without(r: Rewriter, x: Operand, axes: list[int]) -> Operand:
    """``x`` without these axes of length 1: what they were added to, if it is that."""
    assert isinstance(x.type, Array)
    added = r.match(x, np.expand_dims, operator.getitem)
    if added is not None and _added(added, x.type.ndim) == axes:
        return added.args[0]  # type: ignore[no-any-return]
    return r.call(operator.getitem, x, tuple(0 if k in axes else slice(None) for k in range(max(axes) + 1)))


def _added(op: Call, ndim: int) -> list[int] | None:
    """The axes that a call adds, if that is all it does."""
    if op.fn is np.expand_dims:
        options = constant_options(op, ("axis",))
        axis = None if options is None else options["axis"]
        return None if axis is None else sorted(k % ndim for k in ((axis,) if isinstance(axis, int) else axis))
    index = op.args[1] if isinstance(op.args[1], tuple) else (op.args[1],)
    is_new = [isinstance(k, Const) and k.value is None for k in index]
    whole = (None, None, None)
    rest = [k for k, new in zip(index, is_new, strict=True) if not new]
    if not all(isinstance(k, slice) and constants((k.start, k.stop, k.step)) == whole for k in rest):
        return None
    return [k for k, new in enumerate(is_new) if new]


_READERS: dict[object, Callable[[Rewriter, Call], Contraction | None]] = {
    np.einsum: _einsum,
    np.tensordot: _tensordot,
    np.sum: _sum,
}
