"""Methods of lists, dicts and the like outside of the function, by which a custom rule keeps what it is given.

    on_backward(y, seen.append)            lambda y_bar: seen.append(y_bar)

Such a collection is not looked into, unlike other variables outside: what it holds is nothing that code depends on. So
the function must not read it, neither before nor behind. What is kept are copies, for adjoints change later on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gast
import numpy as np

from s2sgrad.errors import MutationError
from s2sgrad.frontend.lowerer import CALLEES, Lowerer
from s2sgrad.frontend.names import guard, variable_outside
from s2sgrad.frontend.structured import run_time_object
from s2sgrad.frontend.things import Thing
from s2sgrad.ir.core import Call, Const


@dataclass(frozen=True, slots=True)
class Collector:
    """A bound method of a collection outside that puts what it is given into the collection, and returns None.

    ``variable``: what the collection is called, and the key by which reading the variable is noted.
    """

    method: Callable[..., None]
    name: str
    key: Any


def collector(lo: Lowerer, node: Any) -> Collector | None:
    """What an attribute such as ``seen.append`` is, if it is one of these."""
    if node.attr not in _COLLECTING or not isinstance(node.value, gast.Name):
        return None
    found = variable_outside(lo, node.value.id)
    if found is None:
        return None
    key, value, where = found
    if type(value) not in (list, dict, set, deque) or not hasattr(value, node.attr):
        return None
    if not lo.customs and type(value) not in (list, dict):
        return None  # called as it is, by plain Python
    guard(lo, where, value)
    return Collector(getattr(value, node.attr), node.value.id, key)


_COLLECTING = frozenset({"append", "appendleft", "extend", "extendleft", "insert", "add", "update"})


def _call(lo: Lowerer, callee: Collector, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    if not lo.customs:
        what = f"this writes into memory that belongs to the variable `{callee.name}` outside of the function"
        lo.fail(what, "update a copy of it", node, MutationError)
    if callee.key in lo.captured:
        what = f"`{callee.name}` is written by a derivative, and read by the function"
        lo.fail(what, "keep what is seen in a list of its own", node, MutationError)
    lo.unstable[callee.key] = callee.method.__name__
    operands = tuple(run_time_object(lo, a) for a in args)
    options = {name: run_time_object(lo, a) for name, a in kwargs.items()}
    lo.builder.add(Call(given_copies, (Const(callee.method), *operands), options, [], effect=True))
    return Const(None)


CALLEES[Collector] = _call


def given_copies(fn: Any, *args: Any, **kwargs: Any) -> None:
    """Call a method of a collection with copies of the arrays that it is given."""
    fn(*map(copied, args), **{name: copied(x) for name, x in kwargs.items()})


def copied(tree: Any) -> Any:
    """The same tuples, lists and dicts over copies of the arrays."""
    if isinstance(tree, (tuple, list)):
        return type(tree)(map(copied, tree))
    if isinstance(tree, dict):
        return {key: copied(item) for key, item in tree.items()}
    return tree.copy() if isinstance(tree, np.ndarray) else tree
