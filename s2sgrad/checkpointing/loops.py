"""Loops that are kept in memory as a few of their states: ``for i in checkpointed(range(n)): …``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from s2sgrad.ir.schedule import at_least_one

T = TypeVar("T")

_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def checkpointed(
    iterable: Iterable[T], *, snapshots: int | None = None, memory: int | str | None = None
) -> Iterable[T]:
    """The same iterable, for a ``for`` loop whose derivative keeps only some of the states that the loop goes through.

    The backward part starts anew from the nearest of these *snapshots* and computes the steps up to the one that it
    reverses again, keeping other states on its way: binomial checkpointing, with the least number of steps that are
    computed again (A. Griewank and A. Walther, "Algorithm 799: Revolve", ACM TOMS 26, 2000). Reversing ``n`` steps
    with ``s`` snapshots computes ``t(n, s) - (n - 1)`` steps again, where ``t(n, s) = r * n - C(s + r, s + 1)`` and
    ``r`` is the least number with ``n <= C(s + r, s)``; and each step once more when it is reversed itself. If
    ``break`` or ``return`` may leave the loop, how often it runs is known only after it has run: ``n - 1`` more.

    A state is what the loop changes and later steps read: numbers, arrays, lists and tuples of them. What the loop only
    reads is not copied.

    :param iterable: what the loop runs over: a range, an array, a list, ``zip`` or ``enumerate`` of them.
    :param snapshots: how many states to keep, the one before the loop among them; the one that is worked with comes on
        top. By default as many as it takes to compute no step more than twice again, about ``sqrt(2 * n)``.
    :param memory: how many bytes the snapshots may take instead: an int, or text such as ``"200MB"`` or ``"1.5GiB"``.
        The state is measured before the loop.
    :raises ValueError: ``snapshots`` is less than 1, or ``memory`` holds no state, or is not a size.
    :raises TypeError: both are given.

    >>> import s2sgrad
    >>> def decay(x, dt):
    ...     for _ in s2sgrad.checkpointed(range(1000), snapshots=10):
    ...         x = x - dt * x**3
    ...     return x
    >>> round(s2sgrad.grad(decay)(1.0, 0.01), 6)
    0.010208
    """
    if snapshots is not None and memory is not None:
        raise TypeError("a loop is checkpointed with a number of snapshots, or within a budget of memory, not both")
    if snapshots is not None:
        at_least_one(snapshots)
    if memory is not None:
        bytes_in(memory)
    return iterable


def bytes_in(memory: int | str) -> int:
    """The number of bytes in ``"200MB"``, ``"1.5 GiB"`` or a number."""
    if not isinstance(memory, str):
        return int(memory)
    found = re.fullmatch(r"\s*([0-9.]+)\s*([kMGT]i?)?B?\s*", memory)
    if found is None or found[1].count(".") > 1 or found[1] == ".":
        raise ValueError(f"memory={memory!r} is not a size: write '200MB', '1.5GiB' or a number of bytes")
    return int(float(found[1]) * _UNITS[found[2] or ""])
