"""Array statements as loops over their entries: what a compiler of loops makes fast code of.

    t_bar = u_bar[1:-1] * alpha           ──▶   t = u_bar[1:-1]
    y = np.sum(x * t_bar, axis=1)               t_bar = np.empty(t.shape[0])
                                                for i in range(t.shape[0]):
                                                    t_bar[i] = t[i] * alpha
                                                …

One statement becomes one nest of loops: whatever is folded into it (:mod:`s2sgrad.emit.folding`) is computed entry by
entry and needs no array of its own. Views are taken before the loops. What cannot be written so stays a call.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from s2sgrad.backends.entries import REARRANGING, Entry, Leaf, gathered_axes, is_entrywise, rearranged
from s2sgrad.backends.stacks import as_arrays
from s2sgrad.emit.expressions import Expressions
from s2sgrad.emit.folding import Folding
from s2sgrad.emit.statements import Statements
from s2sgrad.ir.core import Block, Call, Const, For, Function, Op, Operand, Tree, Value, blocks_of, operands_of
from s2sgrad.ir.infer import infer
from s2sgrad.ir.primitives import additem, setitem, unbroadcast
from s2sgrad.ir.types import Array, Length, Scalar, maybe_one
from s2sgrad.optimize.aliases import Aliases
from s2sgrad.optimize.sharing import is_basic_index, same_tree
from s2sgrad.optimize.written_through import is_update

_SUMS = (np.sum, np.mean)
_EXTREMES: dict[Any, type[ast.cmpop]] = {np.max: ast.Gt, np.min: ast.Lt, np.amax: ast.Gt, np.amin: ast.Lt}
_AUGMENTED: dict[Any, type[ast.operator]] = {
    operator.add: ast.Add,
    np.add: ast.Add,
    operator.sub: ast.Sub,
    np.subtract: ast.Sub,
    operator.mul: ast.Mult,
    np.multiply: ast.Mult,
    operator.truediv: ast.Div,
    np.divide: ast.Div,
}


def unfolded(function: Function, folding: Folding) -> None:
    """Fold arrays into what becomes a loop only, and nothing that has loops of its own."""
    users: dict[Value, Op | Block] = {}
    for op, operands in _uses(function.body):
        for x in operands:
            if isinstance(x, Value):
                users[x] = op
    for value, op in list(folding.values.items()):
        if not isinstance(op, Call) or not _has_arrays(op) or _is_number_of_array(op):
            continue
        user = users.get(value)
        if not (is_entrywise(op) and isinstance(user, Call) and is_loop(user)):
            del folding.values[value]

    _open_ternaries(function, folding)


def _open_ternaries(function: Function, folding: Folding) -> None:
    """Print what is no longer one expression as ``if`` statements."""
    changed = True
    while changed:
        changed = False
        for op in list(folding.ternaries):
            inner = [x for block in blocks_of(op) for x in block.ops]
            if not all(x in folding.ternaries or (x.results and x.results[0] in folding.values) for x in inner):
                folding.ternaries.discard(op)
                folding.values.pop(op.results[0], None)
                changed = True


def kind_of(value: Value) -> Hashable:
    """What a variable of compiled code may hold: numbers, or arrays of one rank and dtype."""
    t = value.type
    if isinstance(t, Array):
        return ("array", t.ndim, t.dtype)
    return "number" if isinstance(t, Scalar) else str(t)


def _uses(block: Block) -> Iterator[tuple[Op | Block, Sequence[Operand]]]:
    for op in block.ops:
        yield op, list(operands_of(op))
        for inner in blocks_of(op):
            yield from _uses(inner)
    yield block, [*block.results, *([block.stop] if block.stop is not None else [])]


def _has_arrays(op: Call) -> bool:
    """Whether it makes or reads arrays with axes."""
    return any(_rank(x) for x in (*op.results, *operands_of(op)))


def _is_number_of_array(op: Call) -> bool:
    """Whether it reads one entry of an array, or a length."""
    return isinstance(op.result.type, Scalar) and op.fn in (operator.getitem, len, np.size, np.ndim)


def _rank(x: Any) -> int:
    return x.type.ndim if isinstance(x, (Value, Const)) and isinstance(x.type, Array) else 0


def is_loop(op: Call) -> bool:
    """Whether an operation is written as a loop over entries."""
    if op.fn in (setitem, additem):
        return isinstance(op.args[0].type, Array) and _store(op) is not None
    return (is_entrywise(op) and _rank(op.result) > 0) or _reduction(op) is not None


# -- what kinds of loops there are -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reduction:
    """Over these axes of its argument."""

    axes: tuple[int, ...]
    keepdims: bool


def _reduction(op: Call) -> _Reduction | None:
    if op.fn not in _SUMS and op.fn not in _EXTREMES:
        return None
    if len(op.args) != 1 or not set(op.kwargs) <= {"axis", "keepdims"} or not _rank(op.args[0]):
        return None
    if not isinstance(op.result.type, (Array, Scalar)):
        return None
    rank = _rank(op.args[0])
    axis, keepdims = op.kwargs.get("axis"), op.kwargs.get("keepdims")
    axis = _static(axis)
    if axis is None:
        axes = tuple(range(rank))
    elif isinstance(axis, int):
        axes = (axis % rank,)
    elif isinstance(axis, tuple) and all(isinstance(k, int) for k in axis):
        axes = tuple(sorted(k % rank for k in axis))
    else:
        return None
    kept = isinstance(keepdims, Const) and bool(keepdims.value)
    if keepdims is not None and not isinstance(keepdims, Const):
        return None
    return _Reduction(axes, kept)


@dataclass(frozen=True, slots=True)
class _Store:
    """Where a store goes: a region (``gathered`` False), or entries that index arrays name. ``rank``: of the value."""

    gathered: bool
    rank: int


def _store(op: Call) -> _Store | None:
    a, index, value = op.args
    t = a.type
    if not isinstance(t, Array) or not isinstance(value, (Value, Const)):
        return None
    if not isinstance(value.type, (Array, Scalar)):
        return None
    if isinstance(index, Const) and index.value is Ellipsis:
        return _Store(False, t.ndim) if t.ndim else None
    if isinstance(index, Const) and isinstance(index.value, (tuple, slice)):
        index = _constant(index.value)
    if is_basic_index(index):
        entries = index if isinstance(index, tuple) else (index,)
        rank = t.ndim
        for entry in entries:
            if isinstance(entry, Const) and entry.value is None:
                rank += 1
            elif isinstance(entry, (Value, Const)) and not (
                isinstance(entry, Const) and isinstance(entry.value, (slice, type(Ellipsis)))
            ):
                rank -= 1
        if rank <= 0 or (op.fn is setitem and not _rank(value)):
            return None
        return _Store(False, rank)
    axes = gathered_axes(index, t.ndim)
    return None if axes is None else _Store(True, axes.rank)


def _static(x: Any) -> Any:
    """A tree of constants as the value that it stands for."""
    if isinstance(x, tuple):
        return tuple(map(_static, x))
    return x.value if isinstance(x, Const) else x


def _constant(index: Any) -> Tree:
    if isinstance(index, tuple):
        return tuple(_constant(item) for item in index)
    if isinstance(index, slice):
        return slice(Const(index.start), Const(index.stop), Const(index.step))
    return Const(index)


# -- statements --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Nest:
    """A nest of loops in the making: ``before`` it, and for each axis its variable and where its length is found."""

    before: list[ast.stmt] = field(default_factory=list)
    variables: list[ast.expr] = field(default_factory=list)
    lengths: list[ast.expr] = field(default_factory=list)


class LoopStatements(Statements):
    """Prints array operations as loops."""

    def __init__(self, e: Expressions, folding: Folding, aliases: Aliases, uses: dict[Value, int]) -> None:
        super().__init__(e, folding, aliases.through, uses)
        self.aliases = aliases
        self.variables: dict[str, list[str]] = {}

    def _call(self, op: Call) -> list[ast.stmt]:
        if is_update(op):
            if op.fn in (setitem, additem) and op not in self.through.whole:
                made = self._stored(op)
                if made is not None:
                    return made + self._renamed(op.args[0], op.results[0])
            return super()._call(op)
        if len(op.results) == 1 and op.results[0] in self.e.names:
            name = self.e.names[op.results[0]]
            if op.fn in REARRANGING and op.args[0] not in self.e.folded:
                view = self._view(op)
                if view is not None:
                    return [_assign(name, view)]
            if op.fn is unbroadcast and _rank(op.args[0]):
                return self._unbroadcast(name, op)
            if op.fn is np.pad:
                padded = self._padded(name, op)
                if padded is not None:
                    return padded
            if op.fn is np.einsum:
                contracted = self._contracted(name, op)
                if contracted is not None:
                    return contracted
            if is_entrywise(op) and _rank(op.result):
                return self._array(name, op)
            reduction = _reduction(op)
            if reduction is not None:
                return self._reduced(name, op, reduction)
        return super()._call(op)

    def _for(self, op: For) -> list[ast.stmt]:
        """Numba has no ``reversed``."""
        made = super()._for(op)
        for statement in made:
            if isinstance(statement, ast.For) and isinstance(statement.iter, ast.Call):
                call = statement.iter
                if isinstance(call.func, ast.Name) and call.func.id == "reversed":
                    statement.iter = _backwards(op, call.args[0])
        return made

    # -- nests -----------------------------------------------------------------------------------

    def _nest(self, shape: Sequence[Length | None], leaves: Sequence[Leaf], known: Sequence[ast.expr | None]) -> _Nest:
        """The axes of a nest: ``known`` lengths, or those of the leaves."""
        nest = _Nest()
        for k, length in enumerate(shape):
            nest.variables.append(ast.Name(self._variable("ijklmnpqrs"[k]), ast.Load()))
            given = known[k]
            if given is None:
                given = self._length(k, length, leaves)
            if not isinstance(given, (ast.Constant, ast.Name)):
                name = self._variable("n" + "ijklmnpqrs"[k])
                nest.before.append(_assign(name, given))
                given = ast.Name(name, ast.Load())
            nest.lengths.append(given)
        return nest

    def _length(self, axis: int, length: Length | None, leaves: Sequence[Leaf]) -> ast.expr:
        if isinstance(length, int):
            return ast.Constant(length)
        found = [(leaf, k) for leaf in leaves for k, j in enumerate(leaf.axes) if j == axis]
        sure = [(leaf, k) for leaf, k in found if leaf.shape[k] == length or not maybe_one(leaf.shape[k])]
        if sure:
            return _shape_of(*sure[0])
        result: ast.expr = ast.Constant(1)
        for leaf, k in found:
            test = ast.Compare(_shape_of(leaf, k), [ast.NotEq()], [ast.Constant(1)])
            result = _shape_of(leaf, k) if len(found) == 1 else ast.IfExp(test, _shape_of(leaf, k), result)
        return result

    def _entry(self, nest: _Nest, x: Operand, shape: Sequence[Length | None]) -> tuple[ast.expr, list[Leaf]]:
        """The entry of ``x`` for the variables of the nest. What it needs is put before the nest."""
        entry = Entry(self.e, nest.variables, shape, self._temporary, nest.before, nest.lengths)
        return entry.of(x, list(range(len(shape)))), entry.leaves

    def _leaves(self, x: Operand, rank: int) -> list[Leaf]:
        entry = Entry(self.e, [ast.Name("_", ast.Load())] * rank, [None] * rank, self._temporary, [], None)
        entry.of(x, list(range(rank)))
        return entry.leaves

    def _array(self, name: str, op: Call) -> list[ast.stmt]:
        t = op.result.type
        assert isinstance(t, Array)
        leaves = self._folded_leaves(op, t.ndim)
        nest = self._nest(t.shape, leaves, [None] * t.ndim)
        entry = Entry(self.e, nest.variables, t.shape, self._temporary, nest.before, nest.lengths)
        value = entry.call(op, list(range(t.ndim)))
        made = self._temporary("made") if _reads(value, name) else name
        nest.before.append(_assign(made, self._empty(nest.lengths, t.dtype, "empty")))
        body: list[ast.stmt] = [ast.Assign([_item(made, nest.variables, ast.Store())], value)]
        after = [_assign(name, ast.Name(made, ast.Load()))] if made != name else []
        return [*nest.before, *_loops(nest.variables, nest.lengths, body), *after]

    def _folded_leaves(self, op: Call, rank: int) -> list[Leaf]:
        entry = Entry(self.e, [ast.Name("_", ast.Load())] * rank, [None] * rank, self._temporary, [], None)
        entry.call(op, list(range(rank)))
        return entry.leaves

    def _empty(self, lengths: Sequence[ast.expr], dtype: np.dtype, maker: str) -> ast.expr:
        shape: ast.expr = lengths[0] if len(lengths) == 1 else ast.Tuple(list(lengths), ast.Load())
        kind = [] if dtype == np.float64 else [self.e._dtype(dtype)]
        return ast.Call(self.e.references.numpy(maker), [shape, *kind], [])

    def _view(self, op: Call) -> ast.expr | None:
        """``x[:, None]`` or ``np.transpose(x, (1, 0))``: what a rearranged array is a view of."""
        rank = _rank(op.result)
        order = rearranged(op, list(range(rank)))
        x = self.e.operand(op.args[0])
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
        return ast.Call(self.e.references.numpy("transpose"), [x, axes], [])

    def _unbroadcast(self, name: str, op: Call) -> list[ast.stmt]:
        """The sum over the axes along which ``x`` was broadcast, where only running tells which."""
        x_bar, x = op.args
        assert isinstance(x_bar.type, Array)
        rank, inner = x_bar.type.ndim, _rank(x)
        leaves = self._leaves(x_bar, rank)
        nest = self._nest(x_bar.type.shape, leaves, [None] * rank)
        value, _ = self._entry(nest, x_bar, x_bar.type.shape)
        made = self._temporary("total")
        after = _assign(name, ast.Name(made, ast.Load()))
        total: ast.stmt
        if inner == 0:
            start = _assign(made, ast.Constant(0.0))
            total = ast.AugAssign(ast.Name(made, ast.Store()), ast.Add(), value)
            return [*nest.before, start, *_loops(nest.variables, nest.lengths, [total]), after]
        like = self.e.operand(x)
        if not isinstance(like, ast.Name):
            shaped = self._temporary("like")
            nest.before.append(_assign(shaped, like))
            like = ast.Name(shaped, ast.Load())
        lengths = [_shape(like.id, k) for k in range(inner)]
        spots: list[ast.expr] = []
        for k in range(inner):
            stride = self._temporary("stride")
            one = ast.Compare(lengths[k], [ast.NotEq()], [ast.Constant(1)])
            nest.before.append(_assign(stride, ast.IfExp(one, ast.Constant(1), ast.Constant(0))))
            spots.append(ast.BinOp(nest.variables[rank - inner + k], ast.Mult(), ast.Name(stride, ast.Load())))
        nest.before.append(_assign(made, self._empty(lengths, x_bar.type.dtype, "zeros")))
        total = ast.AugAssign(_item(made, spots, ast.Store()), ast.Add(), value)
        return [*nest.before, *_loops(nest.variables, nest.lengths, [total]), after]

    def _padded(self, name: str, op: Call) -> list[ast.stmt] | None:
        """``np.pad`` with zeros."""
        x = self.e.operand(op.args[0])
        widths = _static(op.args[1]) if len(op.args) == 2 and not op.kwargs else None
        if not isinstance(x, ast.Name) or not isinstance(op.result.type, Array) or not isinstance(widths, tuple):
            return None
        if len(widths) != op.result.type.ndim or not all(isinstance(w, tuple) and len(w) == 2 for w in widths):
            return None
        if not all(isinstance(n, int) for w in widths for n in w):
            return None
        lengths, places = [], []
        for k, (a, b) in enumerate(widths):
            n = _shape(x.id, k)
            lengths.append(n if a + b == 0 else ast.BinOp(n, ast.Add(), ast.Constant(a + b)))
            stop = ast.BinOp(n, ast.Add(), ast.Constant(a))
            places.append(ast.Slice(None, None, None) if a + b == 0 else ast.Slice(ast.Constant(a), stop, None))
        made = self._temporary("padded") if x.id == name else name
        return [
            _assign(made, self._empty(lengths, op.result.type.dtype, "zeros")),
            ast.Assign([_item(made, places, ast.Store())], x),
            *([_assign(name, ast.Name(made, ast.Load()))] if made != name else []),
        ]

    def _contracted(self, name: str, op: Call) -> list[ast.stmt] | None:
        """``np.einsum``, two operands at a time."""
        spec = op.args[0]
        if not isinstance(spec, Const) or not isinstance(spec.value, str) or "->" not in spec.value:
            return None
        left, out = spec.value.replace(" ", "").split("->")
        terms = left.split(",")
        operands = list(op.args[1:])
        if "." in spec.value or any(_rank(x) != len(term) for x, term in zip(operands, terms, strict=True)):
            return None
        if any(len(set(term)) < len(term) for term in terms) or not set(op.kwargs) <= {"optimize"}:
            return None
        t = op.result.type
        if not isinstance(t, (Array, Scalar)):
            return None
        dtype = t.dtype
        made: list[ast.stmt] = []
        known: list[str] = []
        for x in map(self.e.operand, operands):
            if not isinstance(x, ast.Name):
                made.append(_assign(self._temporary("c"), x))
                x = made[-1].targets[0]  # type: ignore[attr-defined]
            known.append(x.id)
        while True:
            last = len(terms) <= 2
            if not last:
                _nearest_first(terms, known, out)
            rest = set(out).union(*terms[2:])
            pair = terms[:2]
            kept = out if last else "".join(k for k in dict.fromkeys("".join(pair)) if k in rest)
            target = name if last and name not in known else self._temporary("part")
            made += self._pair(target, known[:2], pair, kept, dtype)
            terms[:2], known[:2] = [kept], [target]
            if last:
                return made if target == name else [*made, _assign(name, ast.Name(target, ast.Load()))]

    def _pair(self, target: str, names: list[str], terms: list[str], out: str, dtype: np.dtype) -> list[ast.stmt]:
        """The sum of products of two arrays (or of one), whose axes have letters, over the letters not in ``out``."""
        letters = [*out, *(k for k in dict.fromkeys("".join(terms)) if k not in out)]
        before: list[ast.stmt] = []
        variables: dict[str, ast.expr] = {}
        lengths: dict[str, ast.expr] = {}
        for n, letter in enumerate(letters):
            variables[letter] = ast.Name(self._variable("ijklmnpqrs"[n]), ast.Load())
            length = self._variable("n" + "ijklmnpqrs"[n])
            lengths[letter] = ast.Name(length, ast.Load())
            sizes = [_shape(x, term.index(letter)) for x, term in zip(names, terms, strict=False) if letter in term]
            before.append(_assign(length, sizes[0]))
            for size in sizes[1:]:
                before.append(_unequal(size, lengths[letter]))
        factors: list[ast.expr] = [
            _item(x, [variables[k] for k in term], ast.Load()) if term else ast.Name(x, ast.Load())
            for x, term in zip(names, terms, strict=False)
        ]
        value: ast.expr = factors[0] if len(factors) == 1 else ast.BinOp(factors[0], ast.Mult(), factors[1])
        summed = letters[len(out) :]
        zero = ast.Constant(0j if dtype.kind == "c" else 0.0 if dtype.kind == "f" else 0)
        total = self._temporary("s")
        add: list[ast.stmt] = [ast.AugAssign(ast.Name(total, ast.Store()), ast.Add(), value)]
        inner = [_assign(total, zero), *_loops([variables[k] for k in summed], [lengths[k] for k in summed], add)]
        if not out:
            return [*before, *inner, _assign(target, ast.Name(total, ast.Load()))]
        before.append(_assign(target, self._empty([lengths[k] for k in out], dtype, "empty")))
        spots = [variables[k] for k in out]
        inner.append(ast.Assign([_item(target, spots, ast.Store())], ast.Name(total, ast.Load())))
        return [*before, *_loops(spots, [lengths[k] for k in out], inner)]

    # -- reductions --------------------------------------------------------------------------------

    def _reduced(self, name: str, op: Call, how: _Reduction) -> list[ast.stmt]:
        x = op.args[0]
        assert isinstance(x.type, Array)
        rank = x.type.ndim
        leaves = self._leaves(x, rank)
        nest = self._nest(x.type.shape, leaves, [None] * rank)
        value, _ = self._entry(nest, x, x.type.shape)
        kept = [k for k in range(rank) if k not in how.axes]
        t = op.result.type
        assert isinstance(t, (Array, Scalar))
        clash = _reads(value, name)
        made = self._temporary("total") if clash else name
        if isinstance(t, Scalar):
            inner = self._accumulated(op, made, value, nest, list(range(rank)))
            after = self._divided(op, ast.Name(made, ast.Load()), nest, how)
            body = [*nest.before, *inner, *after]
        else:
            places = [nest.variables[k] for k in kept]
            shape = [nest.lengths[k] for k in kept]
            if how.keepdims:
                places = [nest.variables[k] if k in kept else ast.Constant(0) for k in range(rank)]
                shape = [nest.lengths[k] if k in kept else ast.Constant(1) for k in range(rank)]
            nest.before.append(_assign(made, self._empty(shape, t.dtype, "zeros" if op.fn in _SUMS else "empty")))
            trailing = kept == list(range(len(kept)))
            if trailing or op.fn in _EXTREMES:
                total = self._temporary("s")
                inner = self._accumulated(op, total, value, nest, list(how.axes))
                inner += self._divided(op, ast.Name(total, ast.Load()), nest, how)
                inner.append(ast.Assign([_item(made, places, ast.Store())], ast.Name(total, ast.Load())))
                outer = [nest.variables[k] for k in kept]
                body = [*nest.before, *_loops(outer, [nest.lengths[k] for k in kept], inner)]
            else:
                add: list[ast.stmt] = [ast.AugAssign(_item(made, places, ast.Store()), ast.Add(), value)]
                body = [*nest.before, *_loops(nest.variables, nest.lengths, add)]
                if op.fn is np.mean:
                    divide: ast.stmt = ast.AugAssign(
                        _item(made, places, ast.Store()), ast.Div(), _product(nest.lengths, how.axes)
                    )
                    body += _loops([nest.variables[k] for k in kept], [nest.lengths[k] for k in kept], [divide])
        return [*body, _assign(name, ast.Name(made, ast.Load()))] if clash else body

    def _accumulated(self, op: Call, total: str, value: ast.expr, nest: _Nest, axes: list[int]) -> list[ast.stmt]:
        variables, lengths = [nest.variables[k] for k in axes], [nest.lengths[k] for k in axes]
        t = op.args[0].type
        kind = t.dtype.kind if isinstance(t, Array) else "f"
        if op.fn in _SUMS:
            zero: Any = 0j if kind == "c" else 0.0 if kind == "f" or op.fn is np.mean else 0
            step: list[ast.stmt] = [ast.AugAssign(ast.Name(total, ast.Store()), ast.Add(), value)]
            return [_assign(total, ast.Constant(zero)), *_loops(variables, lengths, step)]
        here = self._temporary("v")
        seen = ast.Name(here, ast.Load())
        better = ast.Compare(seen, [_EXTREMES[op.fn]()], [ast.Name(total, ast.Load())])
        nan = ast.Compare(seen, [ast.NotEq()], [seen])
        first = _substituted(value, {v.id: ast.Constant(0) for v in variables if isinstance(v, ast.Name)})
        step = [
            _assign(here, value),
            ast.If(ast.BoolOp(ast.Or(), [better, nan]), [_assign(total, seen)], []),
        ]
        return [_assign(total, first), *_loops(variables, lengths, step)]

    def _divided(self, op: Call, total: ast.expr, nest: _Nest, how: _Reduction) -> list[ast.stmt]:
        if op.fn is not np.mean:
            return []
        assert isinstance(total, ast.Name)
        return [ast.AugAssign(ast.Name(total.id, ast.Store()), ast.Div(), _product(nest.lengths, how.axes))]

    # -- stores ------------------------------------------------------------------------------------

    def _stored(self, op: Call) -> list[ast.stmt] | None:
        where = _store(op)
        if where is None:
            return None
        a, index, value = op.args
        symbol: type[ast.operator] | None = None
        if op.fn is additem:
            symbol = ast.Add
            made = self.e.folded.get(value) if isinstance(value, Value) else None
            if isinstance(made, Call) and made.fn is operator.neg:
                symbol, value = ast.Sub, made.args[0]
        else:
            symbol, value = self._augmented_store(a, index, value)
        before: list[ast.stmt] = []
        if where.gathered:
            return self._scattered(op, where, symbol, value)
        target: ast.expr = self.e.operand(a)
        if not (isinstance(index, Const) and index.value is Ellipsis):
            name = self._temporary("view")
            before.append(_assign(name, self.e.subscript(a, index)))
            target = ast.Name(name, ast.Load())
        if not isinstance(target, ast.Name):
            return None
        rank = where.rank
        known = [_shape(target.id, k) for k in range(rank)]
        shape = _region(a, index, rank)
        return before + self._written(a, target.id, rank, shape, known, None, symbol, value)

    def _augmented_store(self, a: Operand, index: Tree, value: Operand) -> tuple[type[ast.operator] | None, Operand]:
        made = self.e.folded.get(value) if isinstance(value, Value) else None
        if not isinstance(made, Call) or made.fn not in _AUGMENTED or len(made.args) != 2:
            return None, value
        whole = isinstance(index, Const) and index.value is Ellipsis
        commutes = _AUGMENTED[made.fn] in (ast.Add, ast.Mult)
        for k in (0, 1) if commutes else (0,):
            x = made.args[k]
            if whole and x is a:
                return _AUGMENTED[made.fn], made.args[1 - k]
            read = self.e.folded.get(x) if isinstance(x, Value) else None
            taken = isinstance(read, Call) and read.fn is operator.getitem and read.args[0] is a
            if taken and isinstance(read, Call) and same_tree(read.args[1], index):
                return _AUGMENTED[made.fn], made.args[1 - k]
        return None, value

    def _written(
        self,
        a: Operand,
        target: str,
        rank: int,
        shape: Sequence[Length | None],
        known: Sequence[ast.expr | None],
        places: Callable[[list[ast.expr]], list[ast.expr]] | None,
        symbol: type[ast.operator] | None,
        value: Operand,
    ) -> list[ast.stmt]:
        before: list[ast.stmt] = []
        leaves = self._leaves(value, rank)
        nest = self._nest(shape, leaves, known)
        entry, leaves = self._entry(nest, value, shape)
        overlapping = any(self.aliases.share([a], [leaf.value]) for leaf in leaves)
        if overlapping:  # compute all of it before the first entry is written
            copy = self._temporary("copy")
            dtype = value.type.dtype if isinstance(value.type, (Array, Scalar)) else np.dtype(float)
            nest.before.append(_assign(copy, self._empty(nest.lengths, dtype, "empty")))
            fill: list[ast.stmt] = [ast.Assign([_item(copy, nest.variables, ast.Store())], entry)]
            before = _loops(nest.variables, nest.lengths, fill)
            entry = _item(copy, nest.variables, ast.Load())
        spots = nest.variables if places is None else places(nest.variables)
        cell = _item(target, spots, ast.Store())
        step: ast.stmt = ast.Assign([cell], entry) if symbol is None else ast.AugAssign(cell, symbol(), entry)
        return [*nest.before, *before, *_loops(nest.variables, nest.lengths, [step])]

    def _scattered(
        self, op: Call, where: _Store, symbol: type[ast.operator] | None, value: Operand
    ) -> list[ast.stmt] | None:
        a, index = op.args[0], op.args[1]
        target = self.e.operand(a)
        assert isinstance(a.type, Array)
        axes = gathered_axes(index, a.type.ndim)
        if axes is None or not isinstance(target, ast.Name):
            return None
        arrays = [self.e.operand(x) for x in axes.entries if isinstance(x, Value)]
        if not all(isinstance(x, ast.Name) for x in arrays):
            return None
        known: list[ast.expr | None] = []
        for k in range(axes.rank):
            if k == axes.place:
                known.append(_shape(arrays[0].id, 0))  # type: ignore[attr-defined]
            else:
                known.append(_shape(target.id, k if k < axes.place else k + len(arrays) - 1))
        name = target.id

        def places(variables: list[ast.expr]) -> list[ast.expr]:
            return [
                *variables[: axes.place],
                *(ast.Subscript(x, variables[axes.place], ast.Load()) for x in arrays),
                *variables[axes.place + 1 :],
            ]

        return self._written(a, name, axes.rank, [None] * axes.rank, known, places, symbol, value)

    # -- names -----------------------------------------------------------------------------------

    def _variable(self, hint: str) -> str:
        """The name of a loop's variable or length: one that no value of the function has."""
        known = self.variables.get(hint)
        if known is None:
            known = self.variables[hint] = [self._temporary(hint)]
        return known[0]

    def _temporary(self, hint: str) -> str:
        name = self.e.references.unique(hint)
        used = set(self.e.names.values())
        n = 2
        while name in used:
            name, n = self.e.references.unique(f"{hint}_{n}"), n + 1
        self.e.references.taken[name] = self
        return name


def _region(a: Operand, index: Tree, rank: int) -> list[Length | None]:
    """The lengths of what an index selects, as far as types tell."""
    assert isinstance(a.type, Array)
    if isinstance(index, Const) and index.value is Ellipsis:
        return list(a.type.shape)
    t = infer(operator.getitem, (a, index), {})
    return list(t.shape) if isinstance(t, Array) and t.ndim == rank else [None] * rank


# -- syntax ------------------------------------------------------------------------------------------


def _assign(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value)


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


def _unequal(a: ast.expr, b: ast.expr) -> ast.stmt:
    """Raises where two lengths differ."""
    message = ast.Constant("operands could not be broadcast together")
    error = ast.Call(ast.Name("ValueError", ast.Load()), [message], [])
    return ast.If(ast.Compare(a, [ast.NotEq()], [b]), [ast.Raise(error)], [])


def _item(name: str, index: Sequence[ast.expr], context: ast.expr_context) -> ast.Subscript:
    where = index[0] if len(index) == 1 else ast.Tuple(list(index), ast.Load())
    return ast.Subscript(ast.Name(name, ast.Load()), where, context)


def _reads(value: ast.expr, name: str) -> bool:
    """Whether an expression has a variable of that name in it."""
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(value))


def _shape(name: str, axis: int) -> ast.expr:
    shape = ast.Attribute(ast.Name(name, ast.Load()), "shape", ast.Load())
    return ast.Subscript(shape, ast.Constant(axis), ast.Load())


def _shape_of(leaf: Leaf, axis: int) -> ast.expr:
    return _shape(leaf.name, axis)


def _loops(variables: Sequence[ast.expr], lengths: Sequence[ast.expr], body: list[ast.stmt]) -> list[ast.stmt]:
    for variable, length in zip(reversed(variables), reversed(lengths), strict=True):
        assert isinstance(variable, ast.Name)
        items = ast.Call(ast.Name("range", ast.Load()), [length], [])
        body = [ast.For(ast.Name(variable.id, ast.Store()), items, body, [])]
    return body


def _product(lengths: Sequence[ast.expr], axes: Sequence[int]) -> ast.expr:
    result = lengths[axes[0]]
    for k in axes[1:]:
        result = ast.BinOp(result, ast.Mult(), lengths[k])
    return result


def _substituted(tree: ast.expr, names: dict[str, ast.expr]) -> ast.expr:
    class Substitution(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return names.get(node.id, node)

    copied = ast.parse(ast.unparse(ast.fix_missing_locations(ast.Expression(tree))), mode="eval")
    found: ast.expr = Substitution().visit(copied).body
    return found


def _backwards(op: For, items: ast.expr) -> ast.expr:
    """A range from its last item to its first."""
    assert isinstance(items, ast.Call)
    bounds = items.args
    start: ast.expr = ast.Constant(0) if len(bounds) == 1 else bounds[0]
    stop = bounds[0] if len(bounds) == 1 else bounds[1]
    step = bounds[2] if len(bounds) == 3 else ast.Constant(1)
    one = ast.Constant(1)
    if isinstance(op.step, Const) and op.step.value == 1:
        before = ast.UnaryOp(ast.USub(), one) if len(bounds) == 1 else ast.BinOp(start, ast.Sub(), one)
        return ast.Call(items.func, [ast.BinOp(stop, ast.Sub(), one), before, ast.UnaryOp(ast.USub(), one)], [])
    if isinstance(op.step, Const) and op.step.value == -1:
        return ast.Call(items.func, [ast.BinOp(stop, ast.Add(), one), ast.BinOp(start, ast.Add(), one)], [])
    count = ast.Call(ast.Name("len", ast.Load()), [items], [])
    last = ast.BinOp(start, ast.Add(), ast.BinOp(ast.BinOp(count, ast.Sub(), one), ast.Mult(), step))
    return ast.Call(items.func, [last, ast.BinOp(start, ast.Sub(), step), ast.UnaryOp(ast.USub(), step)], [])


def statements(e: Expressions, folding: Folding, aliases: Aliases, uses: dict[Value, int]) -> Statements:
    """What prints the blocks of a function for a compiler of loops."""
    return LoopStatements(e, folding, aliases, uses)


def finished(body: list[ast.stmt], statements: Statements) -> list[ast.stmt]:
    """The statements of a whole function, with arrays for stacks of numbers."""
    assert isinstance(statements, LoopStatements)
    return as_arrays(body, statements.e, statements._temporary)
