"""Lists that grow: push and pop are each other's adjoint."""

from __future__ import annotations

import operator

from s2sgrad.ir.primitives import keys_of, new_dict, new_list, ordering, pop, push, same, stop_gradient
from s2sgrad.rules.table import linear, nondiff


@linear(push, wrt=(0, 1))
def push_(y_bar, stack, value):
    return pop(y_bar)


@linear(pop)
def pop_(y_bars, stack):
    rest_bar, value_bar = y_bars
    return push(rest_bar, value_bar)


@linear(same)
def same_(y_bar, x):
    return y_bar


nondiff(stop_gradient)
nondiff(new_list, new_dict, keys_of, ordering, operator.indexOf, operator.countOf)
