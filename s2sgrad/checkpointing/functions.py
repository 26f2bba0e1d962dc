"""Functions that are computed again in reverse: ``checkpoint(f)``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

from s2sgrad.wrappers import SameFunction

P = ParamSpec("P")
R = TypeVar("R")


class Checkpoint(SameFunction, Generic[P, R]):
    """A function whose calls save nothing for the derivative of what calls it: see :func:`checkpoint`."""

    __wrapped__: Callable[P, R]

    def __init__(self, fun: Callable[P, R]) -> None:
        functools.update_wrapper(self, fun)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.__wrapped__(*args, **kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __repr__(self) -> str:
        return f"checkpoint({getattr(self.__wrapped__, '__qualname__', self.__wrapped__)})"


def checkpoint(fun: Callable[P, R]) -> Checkpoint[P, R]:
    """The same function, which is computed again in the backward part instead of saving what it computes.

    The derivative of a function that calls it keeps the arguments of the call only, and calls the function's adjoint
    with them, which runs it again. So a call takes one more evaluation and next to no memory. In forward mode, and when
    it is called by itself, it is ``fun``.

    :param fun: any function; also as a decorator, also within the function that is differentiated. It may read
        variables of the code around it. It may not write into its arguments
        (:class:`~s2sgrad.errors.MutationError`), nor depend on what is another the second time, like random draws
        (:class:`~s2sgrad.errors.UnsupportedCall`); what it prints is printed once.

    >>> import numpy as np
    >>> import s2sgrad
    >>> @s2sgrad.checkpoint
    ... def layer(w, h):
    ...     return np.tanh(w @ h)
    >>> def loss(w, h):
    ...     for _ in range(3):
    ...         h = layer(w, h)
    ...     return np.sum(h**2)
    >>> w, h = 0.1 * np.ones((2, 2)), np.ones(2)
    >>> s2sgrad.grad(loss)(w, h).round(5)
    array([[0.00185, 0.00185],
           [0.00185, 0.00185]])
    """
    return Checkpoint(fun)
