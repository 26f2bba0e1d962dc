"""The state of a reverse pass, and the step from one operation to its cotangents."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Block, Const, Op, Operand, Tree, Value
from s2sgrad.ir.primitives import getindex
from s2sgrad.ir.types import TupleOf
from s2sgrad.transforms.activity import hides_derivative, lost_derivative
from s2sgrad.transforms.cotangents import bar_name, conform
from s2sgrad.transforms.invoke import Invocations
from s2sgrad.transforms.parts import ReverseParts
from s2sgrad.transforms.scopes import Cotangent, Scope, add_cotangents, as_items
from s2sgrad.transforms.structure import Structure


class Reverse:
    """One reverse pass: operations of the primal in, operations appended to ``builder`` out.

    ``active``: the values that get cotangents. ``wrt``: those whose cotangents are wanted: they are kept.
    ``mirrors``: for each block of the primal, the block of the backward part that reverses it.
    ``parts_of``: :func:`s2sgrad.transforms.adjoint.reverse_parts`, for functions that are reversed on their own.
    ``values``: the primal's results are wanted, beside cotangents.
    """

    def __init__(
        self,
        structure: Structure,
        active: set[Value],
        wrt: set[Value],
        step: Callable[[Reverse, Op, Scope], None],
        invocations: Invocations,
        parts_of: Callable[..., ReverseParts],
        values: bool,
    ) -> None:
        self.structure = structure
        self.active = active
        self.wrt = wrt
        self.builder = Builder(adjoint=True)
        self.mirrors: dict[Block, Block] = {structure.body: self.builder.block}
        self.invocations = invocations
        self.parts_of = parts_of
        self.values = values
        self._step = step

    def block(self, block: Block, scope: Scope) -> None:
        """Reverse the operations of a block, from the last to the first, into the builder's block."""
        self.mirrors[block] = self.builder.block
        for op in reversed(block.ops):
            self.builder.stmt = op.stmt
            self._step(self, op, scope)

    def is_active(self, x: Operand) -> bool:
        return isinstance(x, Value) and x in self.active

    # -- contributions ---------------------------------------------------------------------------

    def accumulate(self, scope: Scope, x: Operand, bar: Cotangent | None) -> None:
        """Add a contribution, of the right shape and dtype, to the cotangent of ``x``."""
        if bar is None or not isinstance(x, Value) or x not in self.active:
            return
        if hides_derivative(x.type):
            raise lost_derivative(self.builder.stmt)
        if not isinstance(x.type, TupleOf):
            self._name(bar, x)
        self.put(scope, x, add_cotangents(self.builder, bar, scope.current(x), x))

    def put(self, scope: Scope, x: Value, bar: Cotangent) -> None:
        """Replace the cotangent of ``x``."""
        if isinstance(x.type, TupleOf):
            bar = as_items(self.builder, bar, x.type)
        scope.bars[x] = bar

    def contribute(self, scope: Scope, argument: Tree, bar: Any, *, broadcasts: bool, core: int = 0) -> None:
        """Add what a rule gives for an argument: trees of cotangents for trees, made to fit leaf by leaf."""
        if isinstance(argument, Const) or bar is None or (isinstance(bar, Const) and bar.value is None):
            return
        if isinstance(argument, Value):
            if argument in self.active:
                if isinstance(bar, (Value, Const)):
                    bar = conform(self.builder, bar, argument, broadcasts=broadcasts, core=core)
                self.accumulate(scope, argument, bar)
        elif isinstance(argument, dict):
            for key, item in argument.items():
                self.contribute(scope, item, bar[key], broadcasts=broadcasts, core=core)
        elif isinstance(argument, (tuple, list)):
            if isinstance(bar, Value):
                bar = [self._item(bar, k) for k in range(len(argument))]
            for item, item_bar in zip(argument, bar, strict=True):
                self.contribute(scope, item, item_bar, broadcasts=broadcasts, core=core)

    def _item(self, bar: Value, k: int) -> Operand:
        if isinstance(bar.type, TupleOf):
            return self.builder.typed_call(getindex, bar.type.items[k], bar, Const(k))
        item: Operand = self.builder.call(operator.getitem, bar, k)
        return item

    def _name(self, bar: Cotangent, x: Value) -> None:
        if isinstance(bar, Value) and bar.name is None and bar not in self.structure.home:
            bar.name = bar_name(x)
