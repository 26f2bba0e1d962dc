"""Arrays that are made entry by entry, and views of arrays."""

from __future__ import annotations

import ast

from s2sgrad.backends.entries import rank_of, rearranged, static
from s2sgrad.backends.nests import Nests
from s2sgrad.backends.syntax import assign, axis_length, item, loops, reads
from s2sgrad.ir.core import Call
from s2sgrad.ir.types import Array


def array(nests: Nests, name: str, op: Call) -> list[ast.stmt]:
    t = op.result.type
    assert isinstance(t, Array)
    nest = nests.nest(t.shape, nests.leaves(op, t.ndim))
    value, _ = nests.entry(nest, op)
    made = nests.array("made", op.result, t) if reads(value, name) else name
    nest.before.append(assign(made, nests.empty(nest.lengths, t.dtype, "empty")))
    body: list[ast.stmt] = [ast.Assign([item(made, nest.variables, ast.Store())], value)]
    after = [assign(name, ast.Name(made, ast.Load()))] if made != name else []
    return [*nest.before, *loops(nest.variables, nest.lengths, body), *after]


def view(nests: Nests, op: Call) -> ast.expr | None:
    """``x[:, None]`` or ``np.transpose(x, (1, 0))``: what a rearranged array is a view of."""
    rank = rank_of(op.result)
    order = rearranged(op, list(range(rank)))
    x = nests.e.operand(op.args[0])
    if order is None or not isinstance(x, ast.Name):
        return None
    if len(order) < rank:
        colon = ast.Slice(None, None, None)
        entries: list[ast.expr] = [colon if k in order else ast.Constant(None) for k in range(rank)]
        return ast.Subscript(x, ast.Tuple(entries, ast.Load()), ast.Load())
    places = sorted(range(rank), key=order.__getitem__)
    if places == list(range(rank))[::-1]:
        return ast.Attribute(x, "T", ast.Load())
    axes = ast.Tuple([ast.Constant(k) for k in places], ast.Load())
    return ast.Call(nests.e.references.numpy("transpose"), [x, axes], [])


def unbroadcast(nests: Nests, name: str, op: Call) -> list[ast.stmt]:
    """The sum over the axes along which ``x`` was broadcast, where only running tells which."""
    x_bar, x = op.args
    assert isinstance(x_bar.type, Array)
    rank, inner = x_bar.type.ndim, rank_of(x)
    nest = nests.nest(x_bar.type.shape, nests.leaves(x_bar, rank))
    value, _ = nests.entry(nest, x_bar)
    t = op.result.type
    made = nests.array("total", op.result, t) if isinstance(t, Array) else nests.temporary("total")
    after = assign(name, ast.Name(made, ast.Load()))
    total: ast.stmt
    if inner == 0:
        start = assign(made, ast.Constant(0.0))
        total = ast.AugAssign(ast.Name(made, ast.Store()), ast.Add(), value)
        return [*nest.before, start, *loops(nest.variables, nest.lengths, [total]), after]
    like = nests.e.operand(x)
    if not isinstance(like, ast.Name):
        assert isinstance(x.type, Array)
        shaped = nests.array("like", x, x.type)
        nest.before.append(assign(shaped, like))
        like = ast.Name(shaped, ast.Load())
    lengths = [axis_length(like.id, k) for k in range(inner)]
    spots: list[ast.expr] = []
    for k in range(inner):
        stride = nests.temporary("stride")
        one = ast.Compare(lengths[k], [ast.NotEq()], [ast.Constant(1)])
        nest.before.append(assign(stride, ast.IfExp(one, ast.Constant(1), ast.Constant(0))))
        spots.append(ast.BinOp(nest.variables[rank - inner + k], ast.Mult(), ast.Name(stride, ast.Load())))
    nest.before.append(assign(made, nests.empty(lengths, x_bar.type.dtype, "zeros")))
    total = ast.AugAssign(item(made, spots, ast.Store()), ast.Add(), value)
    return [*nest.before, *loops(nest.variables, nest.lengths, [total]), after]


def padded(nests: Nests, name: str, op: Call) -> list[ast.stmt] | None:
    """``np.pad`` with zeros."""
    x = nests.e.operand(op.args[0])
    widths = static(op.args[1]) if len(op.args) == 2 and not op.kwargs else None
    if not isinstance(x, ast.Name) or not isinstance(op.result.type, Array) or not isinstance(widths, tuple):
        return None
    if len(widths) != op.result.type.ndim or not all(isinstance(w, tuple) and len(w) == 2 for w in widths):
        return None
    if not all(isinstance(n, int) for w in widths for n in w):
        return None
    lengths, places = [], []
    for k, (a, b) in enumerate(widths):
        n = axis_length(x.id, k)
        lengths.append(n if a + b == 0 else ast.BinOp(n, ast.Add(), ast.Constant(a + b)))
        stop = ast.BinOp(n, ast.Add(), ast.Constant(a))
        places.append(ast.Slice(None, None, None) if a + b == 0 else ast.Slice(ast.Constant(a), stop, None))
    made = nests.array("padded", op.result, op.result.type) if x.id == name else name
    return [
        assign(made, nests.empty(lengths, op.result.type.dtype, "zeros")),
        ast.Assign([item(made, places, ast.Store())], x),
        *([assign(name, ast.Name(made, ast.Load()))] if made != name else []),
    ]
