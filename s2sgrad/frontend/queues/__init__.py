"""Queues of the standard library: ``collections.deque`` and ``heapq``, entered through what they do to a list."""

from __future__ import annotations

import collections
import heapq
from typing import Any

from s2sgrad.frontend.calls import handles
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.queues import heaps
from s2sgrad.frontend.queues.deques import Deque
from s2sgrad.frontend.stand_ins import STAND_INS
from s2sgrad.frontend.things import Cell, Method, ObjectRef, Thing
from s2sgrad.ir.core import Const

STAND_INS[collections.deque] = Deque


@handles(collections.deque)
def _deque(lo: Lowerer, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    ref = ObjectRef(Cell(), collections.deque)
    lo.heap[ref.cell] = {}
    lo.invoke(Method(ref, "__init__", Deque.__init__), args, kwargs, node)
    return ref


def _defined(fn: Any, definition: Any) -> None:
    @handles(fn)
    def handler(lo: Lowerer, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
        return lo.invoke(Const(definition), args, kwargs, node)


for _fn, _definition in (
    (heapq.heappush, heaps.heappush),
    (heapq.heappop, heaps.heappop),
    (heapq.heapify, heaps.heapify),
    (heapq.heappushpop, heaps.heappushpop),
    (heapq.heapreplace, heaps.heapreplace),
    (heapq.nlargest, heaps.nlargest),
    (heapq.nsmallest, heaps.nsmallest),
):
    _defined(_fn, _definition)
