"""The two halves of a function's adjoint, before they are put into one function or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from s2sgrad.ir.core import Block, Function, Value, defined_in, uses_in


@dataclass(slots=True)
class ReverseParts:
    """A primal that saves what ``backward`` (whose results are the cotangents) needs; all values of the primal's
    top level are visible to ``backward``. ``seeds``: parameters for the cotangents of results."""

    primal: Function
    backward: Block
    seeds: list[Value]


def free_values(block: Block, bound: Sequence[Value]) -> list[Value]:
    """The values that a block uses and neither defines nor gets as ``bound``, in the order of their use."""
    defined = {*defined_in(block), *bound}
    return list(dict.fromkeys(x for x in uses_in(block) if isinstance(x, Value) and x not in defined))
