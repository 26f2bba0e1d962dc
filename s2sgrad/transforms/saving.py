"""What the forward part keeps for the backward part, decided when the backward part is known.

The backward part has been made as though it could see every value of the primal. Here the values that it
does not see are made available:

- those of the function's top level are simply used;
- those of a branch, or of the body of a ``try``, become results of it;
- those of a loop's body are read again where they still are (:mod:`s2sgrad.transforms.rereading`), or computed again
  where that is cheap, and otherwise pushed on a stack.

    x' = for i in range(n) carry x = a:       saved = new_list
      t = mul r, x                            x', saved' = for i in range(n) carry x = a, s = saved:
      x2 = mul t, x                             s' = push s, x
      yield x2                                  …
    x_bar' = reversed loop:                   x_bar' = reversed loop carry …, s = saved':
      needs x, t                                s', x = pop s
                                                t = mul r, x
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from s2sgrad.errors import InternalError
from s2sgrad.ir.clone import Cloner, substitute
from s2sgrad.ir.core import (
    Block,
    Call,
    Const,
    For,
    Function,
    Op,
    Operand,
    Try,
    Value,
    While,
    With,
    blocks_of,
    operands_of,
    uses_in,
)
from s2sgrad.ir.primitives import getindex
from s2sgrad.optimize.purity import is_known
from s2sgrad.stages import stage
from s2sgrad.transforms.activity import hides_derivative
from s2sgrad.transforms.adjoint_control import index_is_known
from s2sgrad.transforms.mincut import minimum_vertex_cut
from s2sgrad.transforms.recompute import Costs
from s2sgrad.transforms.shapes import settle_shapes
from s2sgrad.transforms.stacks import export, keep_last, path_to, restore, save
from s2sgrad.transforms.structure import Structure

Restore = Callable[[Value, Sequence[tuple[Op, Block]]], tuple[list[Call], Value]]


@stage("saving")
def make_available(
    primal: Function,
    backward: Block,
    structure: Structure,
    mirrors: dict[Block, Block],
    placeholder: Const,
    restore: Restore = restore,
) -> None:
    """Make each value of ``primal`` that ``backward`` uses visible to it; changes both.

    ``backward`` will stand after the primal's operations. ``mirrors``: which block of it reverses a block of
    the primal. ``placeholder``: what a value of a branch is where another branch was taken. ``restore``: how it reads
    what was pushed; what comes later may also run in the order of the primal.
    """
    if not structure.owner:
        return
    settle_shapes(backward, structure)
    saving = _Saving(primal, backward, structure, mirrors, restore)
    for loop in reversed(structure.loops):
        saving.loop(loop)
    saving.branches(placeholder)
    substitute(backward, {v: saving.final(v) for v in saving.env})


def _alike(values: list[Value]) -> list[list[Value]]:
    """Values that are saved together: keys and other objects, which carry no derivative, apart from numbers."""
    groups = ([v for v in values if not hides_derivative(v.type)], [v for v in values if hides_derivative(v.type)])
    return [group for group in groups if group]


class _Saving:
    def __init__(
        self,
        primal: Function,
        backward: Block,
        structure: Structure,
        mirrors: dict[Block, Block],
        restore: Restore,
    ) -> None:
        self.primal = primal
        self.structure = structure
        self.mirrors = mirrors
        self.restore = restore
        self.costs = Costs(structure)
        self.env: dict[Value, Operand] = {}
        self.backward_owner: dict[Block, tuple[Op, Block]] = {}
        self._index_owners(backward)
        self.needed: dict[For | While | None, dict[Value, None]] = {}
        for x in uses_in(backward):
            self._need(x)

    def _index_owners(self, block: Block) -> None:
        for op in block.ops:
            for inner in blocks_of(op):
                self.backward_owner[inner] = (op, block)
                self._index_owners(inner)

    def _need(self, x: Operand) -> None:
        if isinstance(x, Value) and self.structure.is_nested(x):
            self.needed.setdefault(self.structure.loop[self.structure.home[x]], {})[x] = None

    def _is_inside(self, x: Value, loop: For | While) -> bool:
        home = self.structure.home.get(x)
        return home is not None and self.structure.loop[home] is loop

    def final(self, x: Operand) -> Operand:
        """What a value of the primal is in the backward part."""
        while isinstance(x, Value) and x in self.env:
            x = self.env[x]
        return x

    # -- loops -----------------------------------------------------------------------------------

    def loop(self, loop: For | While) -> None:
        """Save or recompute what is needed of one iteration of a loop, its branches included."""
        needed = self.needed.get(loop)
        if not needed:
            return
        if isinstance(loop, For) and index_is_known(loop):
            mirror = self.mirrors[loop.body]
            self.env[loop.index] = mirror.params[0]
        for v in needed:
            if v not in self.env and self._is_the_same_each_time(v, loop) and not self.costs.is_cheap(v, loop):
                self._keep(v, loop)
        saved, recomputed = self._choose(loop, [v for v in needed if v not in self.env])
        restored: dict[Block, list[Op]] = {}
        for block, values in self._by_home(saved).items():
            for group in _alike(values):
                self._save(block, group, restored)
        cloner = Cloner(self.env)
        for block, values in self._by_home(list(recomputed)).items():
            for v in values:
                for source in recomputed[v]:
                    op = cloner.op(source)
                    op.adjoint = True
                    restored.setdefault(self._mirror(block), []).append(op)
        for mirror, ops in restored.items():
            mirror.ops[:0] = ops

    def _is_the_same_each_time(self, v: Value, loop: For | While) -> bool:
        """Whether a loop computes ``v`` from what comes from outside of it, and nobody writes to its memory."""
        op = self.structure.definition.get(v)
        if not isinstance(op, Call) or op.effect or not is_known(op.fn) or v in self.costs.overwritten:
            return False
        return all(
            self._is_the_same_each_time(x, loop)
            for x in operands_of(op)
            if isinstance(x, Value) and loop in self.costs.rereading.places.loops(self.structure.home[x])
        )

    def _keep(self, v: Value, loop: For | While) -> None:
        """Make the last ``v`` visible behind the outermost loop that computes the same each time, if no loop is around
        that: what may be undefined is not put on stacks, which tell nothing of it."""
        path = path_to(self.structure.home[v], self.structure.owner)
        first = next(k for k, (op, _) in enumerate(path) if op is loop)
        for k in range(first - 1, -1, -1):
            op = path[k][0]
            if not isinstance(op, (For, While)) or not self._is_the_same_each_time(v, op):
                break
            first = k
        around = any(isinstance(op, (For, While)) for op, _ in path[:first])
        if around or any(isinstance(op, (Try, With)) for op, _ in path[first:]):
            return
        kept = keep_last(v, path[first:])
        self.structure.note(kept, path[first][0])
        self._need(kept)
        self.env[v] = kept

    def _choose(self, loop: For | While, needed: list[Value]) -> tuple[list[Value], dict[Value, Sequence[Call]]]:
        """The values to save, and the calls that give those to recompute from them, each in program order."""
        sources: dict[Value, Sequence[Call]] = {}
        reads: dict[Value, list[Value]] = {}
        roots: list[Value] = []
        at_hand = set(needed)
        pending = list(needed)
        seen = set(pending)
        while pending:
            v = pending.pop()
            calls = self._source(v, loop, at_hand)
            if not calls:
                roots.append(v)
                continue
            sources[v] = calls
            reads[v] = [x for x in self._operands(calls) if x not in self.env and self._is_inside(x, loop)]
            for x in reads[v]:
                if x not in seen:
                    seen.add(x)
                    pending.append(x)
        certain = set(roots).intersection(needed)
        order = sorted(seen, key=self.structure.position.__getitem__)
        free = self._free(order, reads, certain)
        saved = certain | set(self._cut(order, reads, needed, free))
        recomputed = sorted(self._recomputed(needed, reads, saved), key=self.structure.position.__getitem__)
        for v in recomputed:
            for x in self._operands(sources[v]):
                if not self._is_inside(x, loop):
                    self._need(x)
        return sorted(saved, key=self.structure.position.__getitem__), {v: sources[v] for v in recomputed}

    def _source(self, v: Value, loop: For | While, at_hand: set[Value]) -> Sequence[Call]:
        """The calls that give ``v`` again: a read, unless one operation on what is needed anyway does it."""
        computed = (self.costs.source(v),) if self.costs.is_cheap(v, loop) else ()
        if computed and all(x in at_hand or not self._is_inside(x, loop) for x in self._operands(computed)):
            return computed
        return self.costs.rereading.source(v) or computed

    @staticmethod
    def _operands(calls: Sequence[Call]) -> list[Value]:
        """The values of the primal that these calls read."""
        made = {x for call in calls for x in call.results}
        found = [x for call in calls for x in operands_of(call) if isinstance(x, Value) and x not in made]
        return list(dict.fromkeys(found))

    @staticmethod
    def _free(order: list[Value], reads: dict[Value, list[Value]], certain: set[Value]) -> set[Value]:
        """What can be computed from what has to be saved in any case."""
        free = set(certain)
        for v in order:
            if v in reads and all(x in free for x in reads[v]):
                free.add(v)
        return free

    def _cut(
        self, order: list[Value], reads: dict[Value, list[Value]], needed: list[Value], free: set[Value]
    ) -> list[Value]:
        vertices = [v for v in order if v not in free]
        if not vertices:
            return []
        edges = {v: [x for x in reads[v] if x not in free] for v in vertices if v in reads}
        weights = {v: self.costs.of_saving(v) for v in vertices}
        sources = [v for v in vertices if v not in reads]
        return minimum_vertex_cut(weights, edges, sources, [v for v in needed if v not in free])

    @staticmethod
    def _recomputed(needed: list[Value], reads: dict[Value, list[Value]], saved: set[Value]) -> set[Value]:
        recomputed: set[Value] = set()
        pending = [v for v in needed if v not in saved]
        while pending:
            v = pending.pop()
            if v not in recomputed:
                recomputed.add(v)
                pending += [x for x in reads[v] if x not in saved]
        return recomputed

    def _by_home(self, values: list[Value]) -> dict[Block, list[Value]]:
        groups: dict[Block, list[Value]] = {}
        for v in values:
            groups.setdefault(self.structure.home[v], []).append(v)
        return groups

    def _mirror(self, block: Block) -> Block:
        """The block that reverses a block of a loop. It has to run exactly when that did."""
        mirror = self.mirrors[block]
        if mirror not in self.backward_owner:
            raise InternalError("the backward part of a branch was lost when it was simplified")
        return mirror

    def _save(self, block: Block, values: list[Value], restored: dict[Block, list[Op]]) -> None:
        """Push ``values`` in ``block`` as soon as the last of them is there; pop them where the block is reversed.

        What the body of a ``try`` pushes must be gone if it raises after that. So a loop in it has a stack of its own,
        which is one of the body's values, and a body in a loop gives its values to what is around it first."""
        path = path_to(block, self.structure.owner)
        k = max((j + 1 for j, (op, part) in enumerate(path) if isinstance(op, Try) and part is op.body), default=0)
        if k and not any(isinstance(op, (For, While)) for op, _ in path[k:]):
            self._save_outside(path, values, restored)
            return
        made_by = {self.structure.definition.get(v) for v in values}
        position = max((j + 1 for j, op in enumerate(block.ops) if op in made_by), default=0)
        made, stack = save(values, block, position, path[k:])
        top = path[k - 1][1] if k else self.structure.body
        top.ops.insert(top.ops.index(path[k][0]), made)
        mirror = self._mirror(block)
        outwards = path_to(mirror, self.backward_owner)
        if k:
            self.structure.home[stack], self.structure.definition[stack] = top, path[k][0]
            self.structure.position[stack] = len(self.structure.position)
            self._need(stack)
            blocks = [part for _, part in outwards]
            inside = self.mirrors[top]
            outwards = outwards[blocks.index(inside) + 1 :] if inside in blocks else outwards
        calls, item = self.restore(stack, outwards)
        ops = restored.setdefault(mirror, [])
        ops += calls
        if len(values) == 1:
            item.name = values[0].name
            self.env[values[0]] = item
            return
        item.name = "saved_item"
        for k, v in enumerate(values):
            part = Value(v.type, v.name)
            ops.append(Call(getindex, (item, Const(k)), {}, [part], None, adjoint=True))
            self.env[v] = part

    def _save_outside(self, path: list[tuple[Op, Block]], values: list[Value], restored: dict[Block, list[Op]]) -> None:
        """Save, in the block around a ``try``, what its body has computed; nothing if it raised."""
        first = max((j + 1 for j, (op, _) in enumerate(path) if isinstance(op, (For, While))), default=0)
        j = next(j for j in range(first, len(path)) if isinstance(path[j][0], Try))
        outer = path[j - 1][1]
        exported = [export(path[j:], v, Const(None)) for v in values]
        for v in exported:
            self.structure.home[v], self.structure.definition[v] = outer, path[j][0]
            self.structure.position[v] = len(self.structure.position)
        self._save(outer, exported, restored)
        for v, e in zip(values, exported, strict=True):
            self.env[v] = self.env[e]

    # -- branches --------------------------------------------------------------------------------

    def branches(self, placeholder: Const) -> None:
        """Make what is needed of branches outside of loops their results."""
        for v in self.needed.get(None, ()):
            path = path_to(self.structure.home[v], self.structure.owner)
            self.env[v] = export(path, v, placeholder)
