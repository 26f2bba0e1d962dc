"""Loops and calls whose work is done again in the backward part, instead of being saved.

A checkpointed loop keeps its state before some of its steps. The backward part pops the nearest of these states, goes
on from there to the step that is to be reversed, keeping states on its way (:mod:`s2sgrad.ir.schedule` says which),
runs that step again, and reverses it:

    x' = for i in range(n) carry x = a:         for i in reversed(range(n)) carry snapshots, x_bar:
      if i == following:                          snapshots', (first, x) = pop snapshots
        snapshots' = push snapshots, (i, x)       while first < i:
        following' = next_snapshot …                snapshots'' = push snapshots', (first, x)
      x2 = mul r, x                                 last = next_snapshot first, i, …
      yield x2                                      first, x = last, (advance first, last, x)
                                                  x2 = mul r, x            (the step, and what it saves for itself)
                                                  x_bar' = mul x_bar, r

``advance`` is a function of its own: the loop over a part of its range. All this is ordinary IR, which may be
differentiated again. A loop that leaves early takes no snapshots, because the schedule depends on how often it runs:
it counts its steps, and the backward part starts from the initial state.

A checkpointed call is a call of a function that is not inlined. It saves nothing; the backward part calls the
function's adjoint, which runs it again:

    y = f x          y = f x                    x_bar = f_adjoint x, y_bar
"""

from __future__ import annotations

import operator
from collections.abc import Sequence

from s2sgrad.ir.build import Builder
from s2sgrad.ir.clone import Cloner
from s2sgrad.ir.core import Block, Call, Const, For, Function, If, Op, Operand, Value, While, uses_in, walk
from s2sgrad.ir.primitives import getindex, make_list, new_list, pop, push
from s2sgrad.ir.schedule import bytes_of, enough_snapshots, next_snapshot, snapshots_within
from s2sgrad.ir.types import BOOL, INT, ListOf, TupleOf
from s2sgrad.optimize.dce import dce_block
from s2sgrad.optimize.inplace import functions_called
from s2sgrad.transforms.activity import active_values
from s2sgrad.transforms.adjoint_control import Bars, bar_type, carried_on, count_steps, has_zero_of_its_own
from s2sgrad.transforms.adjoint_core import Reverse
from s2sgrad.transforms.cotangents import bar_name, cast, derivative_type
from s2sgrad.transforms.invoke import cotangents_of
from s2sgrad.transforms.parts import ReverseParts, free_values
from s2sgrad.transforms.repeat import Advance, repeated, state_of
from s2sgrad.transforms.scopes import Scope, as_operand


def without_checkpoints(function: Function) -> Function:
    """The function, whose derivative is not going to be taken, with plain loops (changes it, and those it calls)."""
    for called in functions_called(function):
        for op in walk(called.body):
            if isinstance(op, For):
                op.checkpoints = None
    return function


# -- calls ---------------------------------------------------------------------------------------


def reverse_checkpointed_call(r: Reverse, call: Call, g: Function, bars: Bars, scope: Scope) -> None:
    """Call the adjoint of a function that saves nothing."""
    active = tuple(k for k, x in enumerate(call.args) if r.is_active(x))
    results = tuple(k for k, bar in enumerate(bars) if bar is not None)
    seeds = [as_operand(r.builder, bars[k], call.results[k]) for k in results]

    def make() -> tuple[ReverseParts, Block]:
        again = repeated(g, results, "this function")
        wrt, outputs = [again.params[k] for k in active], range(len(results))
        parts = r.parts_of(again, wrt, "param", outputs, invocations=r.invocations, values=False)
        return parts, _one_body(parts)

    cotangents = cotangents_of(call, g, active)
    r.builder.add(Call(r.invocations.adjoint(g, active, results, make), (*call.args, *seeds), {}, list(cotangents)))
    for k, bar in zip(active, cotangents, strict=True):
        r.contribute(scope, call.args[k], bar, broadcasts=False)


def _one_body(parts: ReverseParts) -> Block:
    """A forward part and its backward part one after the other, for the cotangents only."""
    body = Block([], [*parts.primal.body.ops, *parts.backward.ops], parts.backward.results)
    dce_block(body)
    return body


# -- loops ---------------------------------------------------------------------------------------


def reverse_checkpointed(r: Reverse, op: For, bars: Bars, scope: Scope) -> None:
    """Carry backwards the cotangents of what the loop carries, as for any loop, and compute its steps again."""
    step = _Step(r, op, bars)
    advance = state_of(op, step.reads)
    early = op.body.stop is not None
    stop = r.builder.call(operator.add, op.start, count_steps(r.structure, op)) if early else op.stop
    stack = None
    if advance is not None:
        stack = _first_snapshot(r, op, advance, stop) if early else _take_snapshots(r, op, advance)
    _reverse_steps(r, op, step, bars, scope, stop, advance, stack)
    op.checkpoints = None


def reverse_at_once(r: Reverse, op: For, bars: Bars, scope: Scope) -> None:
    """Run and reverse one step after the other of a loop whose steps do not depend on each other."""
    _reverse_steps(r, op, _Step(r, op, bars), bars, scope, op.stop, None, None)


def _reverse_steps(
    r: Reverse,
    op: For,
    step: _Step,
    bars: Bars,
    scope: Scope,
    stop: Operand,
    advance: Advance | None,
    stack: _Stack | None,
) -> None:
    """The backward loop, from ``stop``. ``stack``: the snapshots from which it goes on by ``advance``, if any."""
    r.builder.stmt = op.stmt
    inits = [as_operand(r.builder, bars[k], op.results[k]) for k in step.carried]
    inits += [as_operand(r.builder, scope.current(x), x) for x in step.free]
    index = Value(INT, op.index.name)
    params = [Value(bar_type(op, k), bar_name(op.carried[k])) for k in step.carried]
    params += [Value(derivative_type(x.type), bar_name(x)) for x in step.free]
    body = Block([index, *params])
    with r.builder.inside(body):
        given: dict[Value, Operand] = {op.index: index}
        if advance is not None and stack is not None:
            left = _restore(r.builder, op, advance, stack, given)
        body.results = step.reverse(r, given, params)
    results = [Value(derivative_type(op.inits[k].type), p.name) for k, p in zip(step.carried, params, strict=False)]
    results += [Value(p.type, p.name) for p in params[len(results) :]]
    backward = For(op.start, stop, op.step, list(inits), body, list(results), reverse=not op.reverse)
    if stack is not None:
        backward.inits.append(stack.list)
        body.params.append(stack.param)
        body.results.append(left)
        backward.results.append(Value(left.type, left.name))
    r.builder.add(backward)
    for x, result in zip(step.free, results[len(step.carried) :], strict=True):
        r.put(scope, x, result)
    for k, result in zip(step.carried, results, strict=False):
        r.contribute(scope, op.inits[k], result, broadcasts=False)


class _Step:
    """One iteration of a loop as a function, and what reverses it.

    ``carried``: the positions of the carried values that have cotangents. ``free``: the values from outside that get
    contributions. ``reads``: the parameters of the loop's body that an iteration and its reversal read.
    """

    def __init__(self, r: Reverse, op: For, bars: Bars) -> None:
        self.op = op
        self.carried = [k for k, bar in enumerate(bars) if bar is not None or r.is_active(op.carried[k])]
        step = repeated(Function("step", [], op.body), self.carried, "this loop")
        body = step.body
        inside, body.params, body.stop = body.params, [], None
        free = free_values(body, inside)
        step.params = [*inside, *free]
        before = dict(zip(op.body.params, inside, strict=True))
        params = [before[op.carried[k]] for k in self.carried]
        varied = active_values(body, [*params, *(x for x in free if r.is_active(x))], body.results)
        pairs = list(zip(self.carried, params, strict=True))
        self.through = [k for k, p in pairs if p in varied or not has_zero_of_its_own(op, k)]
        self.free = [x for x in free if x in varied]
        wrt = [*(p for k, p in pairs if k in self.through), *self.free]
        sums = {x: Value(derivative_type(x.type), bar_name(x)) for x in self.free}
        outputs = range(len(self.carried))
        parts = r.parts_of(step, wrt, "param", outputs, invocations=r.invocations, begun=sums, values=False)
        self.params = [*parts.primal.params, *parts.seeds, *sums.values()]
        self.given = [*op.body.params, *free]
        self.body = _one_body(parts)
        live = set(uses_in(self.body))
        self.reads = [x for x, p in zip(self.given, self.params, strict=False) if p in live]

    def reverse(self, r: Reverse, given: dict[Value, Operand], bars: Sequence[Value]) -> list[Operand]:
        """Append the iteration and its reversal. ``given``: what the parameters of the body are; ``bars``: the
        cotangents that come in. Returns those that go on to the iteration before."""
        seeds = [cast(r.builder, bar, self.op.body.results[k].type) for k, bar in zip(self.carried, bars, strict=False)]
        sums = bars[len(seeds) :]
        values = [given.get(x, x) for x in self.given]
        cloner = Cloner(dict(zip(self.params, [*values, *seeds, *sums], strict=True)), _as_adjoint)
        r.builder.block.ops += [cloner.op(op) for op in self.body.ops]
        results = [cloner.operand(x) for x in self.body.results]
        through = dict(zip(self.through, results, strict=False))
        carried = [carried_on(r, through.get(k), self.op, k, bar) for k, bar in zip(self.carried, bars, strict=False)]
        return [*carried, *results[len(through) :]]


def _as_adjoint(op: Op) -> None:
    op.adjoint = True


class _Stack:
    """The snapshots of a loop. ``list``: where the backward loop starts; ``param``: what it carries of them;
    ``limit``: how many there may be."""

    def __init__(self, made: Value, limit: Operand) -> None:
        self.list = made
        self.limit = limit
        self.param = Value(made.type, made.name)


def _stack_type(advance: Advance) -> ListOf:
    return ListOf(TupleOf((INT, *(p.type for p in advance.params))))


def _limit(b: Builder, op: For, stop: Operand, state: tuple[Operand, ...]) -> Operand:
    """How many snapshots there may be, according to the loop's policy."""
    assert op.checkpoints is not None
    snapshots, memory = op.checkpoints.snapshots, op.checkpoints.memory
    if not _is_none(snapshots):
        return snapshots
    if not _is_none(memory):
        size = b.typed_call(bytes_of, INT, state)
        return b.typed_call(snapshots_within, INT, memory, size, name="limit")
    start_at_zero = isinstance(op.start, Const) and op.start.value == 0
    steps = stop if start_at_zero else b.call(operator.sub, stop, op.start)
    return b.typed_call(enough_snapshots, INT, steps, name="limit")


def _is_none(x: Operand) -> bool:
    return isinstance(x, Const) and x.value is None


def _next(b: Builder, first: Operand, last: Operand, limit: Operand, stack: Value) -> Value:
    kept = b.typed_call(len, INT, stack)
    free = b.typed_call(operator.sub, INT, limit, kept)
    return b.typed_call(next_snapshot, INT, first, last, free, name="following")


def _first_snapshot(r: Reverse, op: For, advance: Advance, stop: Operand) -> _Stack:
    """The snapshots of a loop that may leave early: its initial state."""
    b, state = r.builder, tuple(op.inits[k] for k in advance.positions)
    limit = _limit(b, op, stop, state)
    return _Stack(b.typed_call(make_list, _stack_type(advance), (op.start, *state), name="snapshots"), limit)


def _take_snapshots(r: Reverse, op: For, advance: Advance) -> _Stack:
    """Let a loop of the primal take snapshots before the steps that the schedule names."""
    home = r.structure.home[op.results[0]]
    before = Builder(Block(), stmt=op.stmt)
    limit = _limit(before, op, op.stop, tuple(op.inits[k] for k in advance.positions))
    empty = before.typed_call(new_list, _stack_type(advance), name="snapshots")
    at = home.ops.index(op)
    home.ops[at:at] = before.block.ops
    for made in before.block.ops:
        r.structure.place(made, home, op.results[0])
    kept, following = Value(empty.type, empty.name), Value(INT, "following")
    take, leave = Block(), Block([], [], [kept, following])
    inside = Builder(take, stmt=op.stmt)
    state = tuple(op.carried[k] for k in advance.positions)
    longer = inside.typed_call(push, empty.type, kept, (op.index, *state), name=empty.name)
    end = op.stop
    last = Const(end.value - 1) if isinstance(end, Const) else inside.call(operator.sub, end, 1)
    take.results = [longer, _next(inside, op.index, last, limit, longer)]
    due = Call(operator.eq, (op.index, following), {}, [Value(BOOL)], op.stmt)
    choice = If(due.result, take, leave, [Value(empty.type, empty.name), Value(INT, "following")], op.stmt)
    op.body.ops[:0] = [due, choice]
    op.inits += [empty, op.start]
    op.body.params += [kept, following]
    op.body.results += choice.results
    results = [Value(empty.type, empty.name), Value(INT, "following")]
    op.results += results
    for result in results:
        r.structure.note(result, op)
    return _Stack(results[0], limit)


def _restore(b: Builder, op: For, advance: Advance, stack: _Stack, given: dict[Value, Operand]) -> Value:
    """Go on from the nearest snapshot to the step at hand. ``given`` gets its state; returns the snapshots left."""
    index = given[op.index]
    t = _stack_type(advance)
    assert isinstance(t.item, TupleOf)
    left, item = Value(t, stack.list.name), Value(t.item, "snapshot")
    b.add(Call(pop, (stack.param,), {}, [left, item]))
    first, *state = (
        b.typed_call(getindex, part, item, Const(k), name=p.name)
        for k, (part, p) in enumerate(zip(t.item.items, [Value(INT, "first"), *advance.params], strict=True))
    )
    heads = [Value(x.type, x.name) for x in (first, *state, left)]
    cond = Block([Value(x.type, x.name) for x in heads])
    with b.inside(cond):
        cond.results = [b.typed_call(operator.lt, BOOL, cond.params[0], index)]
    body = Block(heads)
    with b.inside(body):
        longer = b.typed_call(push, t, heads[-1], tuple(heads[:-1]), name=left.name)
        last = _next(b, heads[0], index, stack.limit, longer)
        later = [Value(p.type, p.name) for p in advance.params]
        b.add(Call(advance.function, (heads[0], last, *heads[1:-1], *advance.free), {}, list(later)))
        body.results = [last, *later, longer]
    ends = [Value(x.type, x.name) for x in heads]
    b.add(While([first, *state, left], cond, body, ends))
    given.update(zip((op.carried[k] for k in advance.positions), ends[1:-1], strict=True))
    return ends[-1]
