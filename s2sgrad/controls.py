"""Where derivatives pass and where they do not: ``stop_gradient``, ``no_grad``, ``on_backward``.

Called by themselves these functions do nothing. In a function that is differentiated they are lowered as
:mod:`s2sgrad.control_calls` says.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")


def stop_gradient(x: T) -> T:
    """``x``, as a constant: no derivative passes through it, in either mode and at any order.

    :param x: numbers and arrays, or a structure of them.
    :returns: ``x`` itself.

    >>> from s2sgrad import grad, stop_gradient
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    return x


class NoGrad(Generic[P, R]):
    """A function whose calls are constants for the derivative of what calls it: see :func:`no_grad`."""

    __wrapped__: Callable[P, R]

    def __init__(self, fun: Callable[P, R]) -> None:
        functools.update_wrapper(self, fun)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.__wrapped__(*args, **kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __repr__(self) -> str:
        return f"no_grad({getattr(self.__wrapped__, '__qualname__', self.__wrapped__)})"


def no_grad(fun: Callable[P, R]) -> NoGrad[P, R]:
    """The same function, through which no derivative passes.

    What it is given and what it returns count as constants, so that it may be any function: compiled code, too, or
    Python that s2sgrad does not differentiate. Also a decorator, and within the function that is differentiated.

    >>> import numpy as np
    >>> from s2sgrad import grad, no_grad
    >>> def f(x):
    ...     scale = no_grad(np.linalg.norm)(x)
    ...     return np.sum(x / scale)
    >>> grad(f)(np.array([3.0, 4.0]))
    array([0.2, 0.2])
    """
    return NoGrad(fun)


def on_backward(x: T, fn: Callable[[T], T | None]) -> T:
    """``x``; in reverse mode, ``fn`` is called with the adjoint of ``x`` where that is complete.

    ``fn`` may look at the adjoint (log it, look for NaN), change it in place, or return another one of its structure
    and shapes, which then takes its place: clipped, say. If it returns None the adjoint stays what it is. It is called
    once each time that the place is passed, in loops in the opposite order, and never if no adjoint gets there. Where
    it has Python source it is inlined; then derivatives of the gradient are derivatives of what it does, too. A list or
    dict outside may collect adjoints (``seen.append``, or in a lambda); it is given copies, and the function itself
    must not read it.

    In forward mode nothing is called: there is no adjoint. Only the adjoint of the gradient that is asked for is passed
    on: in reverse mode over reverse mode, that of the inner one.

    :param x: a number or an array, or a structure of them.
    :raises CustomRuleError: if ``fn`` returns an adjoint of another structure or shape.

    >>> import numpy as np
    >>> from s2sgrad import grad, on_backward
    >>> def f(x):
    ...     x = on_backward(x, lambda x_bar: np.clip(x_bar, -1.0, 1.0))
    ...     return np.sum(x**2)
    >>> grad(f)(np.array([0.1, 5.0]))
    array([0.2, 1. ])
    >>> seen = []
    >>> grad(lambda x: on_backward(x**2, seen.append) * 3.0)(2.0)
    12.0
    >>> seen
    [3.0]
    """
    return x
