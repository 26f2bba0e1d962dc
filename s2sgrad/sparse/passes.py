"""The compressed passes: derivatives along the directions of all colours at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from s2sgrad.backends.options import Backend
from s2sgrad.derivative import DerivativeFunction, pullback_of, pushforward_of
from s2sgrad.transforms.batching import CannotBatch
from s2sgrad.wanted import Kind


class Passes:
    """Derivatives of ``fun`` in one argument, in forward or reverse mode, for given directions."""

    def __init__(self, fun: Callable[..., Any], argnum: int | str, backend: Backend) -> None:
        self.fun = fun
        self.argnum = argnum
        self.backend = backend
        self.made: dict[tuple[bool, int], DerivativeFunction] = {}
        self.last: DerivativeFunction | None = None  # what was called last
        self.singly: set[tuple[bool, int]] = set()  # what cannot be batched

    def derivative(self, reverse: bool, count: int) -> DerivativeFunction:
        """The function that takes ``count`` arguments and then the directions."""
        made = self.made.get((reverse, count))
        if made is None:
            kind: Kind = "pullbacks" if reverse else "pushforwards"
            made = DerivativeFunction(self.fun, kind, self.argnum, primals=count, backend=self.backend)
            self.made[reverse, count] = made
        return made

    def single(self, reverse: bool, count: int) -> DerivativeFunction:
        """The same for one direction."""
        maker = pullback_of if reverse else pushforward_of
        return maker(self.fun, (self.argnum,), count, self.backend)

    def source(self, reverse: bool, args: tuple[Any, ...], kwargs: dict[str, Any], like: Any) -> str:
        """The code for directions in an array ``like`` this one."""
        seeds = np.zeros((2, *np.shape(like)), np.asarray(like).dtype)
        try:
            return self.derivative(reverse, len(args)).source(*args, seeds, **kwargs)
        except CannotBatch:
            return self.single(reverse, len(args)).source(*args, _number(seeds[0], like), **kwargs)

    def along(
        self, reverse: bool, args: tuple[Any, ...], kwargs: dict[str, Any], seeds: np.ndarray, like: Any
    ) -> np.ndarray:
        """The derivatives along each of ``seeds``, side by side in rows.

        :param seeds: directions as rows. ``like``: what they are directions in: an array or a number.
        """
        _keep_memory()
        key = (reverse, len(args))
        directions = seeds.reshape(-1, *np.shape(like)).astype(np.asarray(like).dtype, copy=False)
        if key not in self.singly:
            try:
                self.last = self.derivative(*key)
                return _rows(self.last(*args, directions, **kwargs))
            except CannotBatch:
                self.singly.add(key)
        self.last = run = self.single(*key)
        found = [run(*args, _number(direction, like), **kwargs) for direction in directions]
        return _rows([each[0] if reverse else each[1] for each in found])


@cache
def _keep_memory() -> None:
    """Let the C library keep the memory that a pass has freed for the next one.

    glibc gives what is free at the end of its heap back to the system from twice the size of the largest block on that
    was mapped and freed, 32 MB at most. Arrays of a few directions are of that size, and to have their pages mapped
    anew in each pass takes several times what the pass does. Nothing is written into this block.
    """
    np.empty(2**24, np.uint8)


def _rows(found: Any) -> np.ndarray:
    rows: np.ndarray = np.asarray(found)
    return rows.reshape(len(rows), -1)


def _number(direction: np.ndarray, like: Any) -> Any:
    """A direction in a number is a number of the same type."""
    return direction if isinstance(like, np.ndarray) else type(like)(direction)
