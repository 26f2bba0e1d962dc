"""What derivatives cost: evaluations of a function that counts them, and memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from s2sgrad.rules.table import RULES, partials

calls = 0


def counted(x: Any) -> Any:
    """``np.sin``, with a count of its evaluations."""
    global calls
    calls += 1
    return np.sin(x)


@contextmanager
def rule_of_counted() -> Iterator[None]:
    """With the rule of :func:`counted`: no other test has to have a rule that is not s2sgrad's own."""

    @partials(counted)
    def counted_(y, x):
        return np.cos(x)

    yield
    del RULES[counted]


def evaluations(f: Callable[..., Any], *args: Any) -> int:
    """How often ``f(*args)`` evaluates :func:`counted`. What ``f`` is, is compiled before."""
    global calls
    calls = 0
    f(*args)
    return calls


def peak_memory(f: Callable[..., Any], *args: Any) -> int:
    """The bytes that ``f(*args)`` has at most, beyond what there was."""
    tracemalloc.start()
    try:
        f(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
