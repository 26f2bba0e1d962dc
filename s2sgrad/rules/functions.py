"""Functions that are given to library functions, in definitions and in rules.

A definition (:func:`s2sgrad.rules.table.calls_back`) turns the user's function into one that can be handed on:

    f, params = as_function(f, (0.5,), args)      f(x, *params): the user's f(x, *args)
    return quad(f, a, b, params)

Rules take its derivatives at the values that they have. These names mean something while compiling only: the compiler
knows how calls of them are lowered (:mod:`s2sgrad.callbacks`).
"""

from __future__ import annotations

from typing import Any, NoReturn


def _only_compiled() -> NoReturn:
    raise NotImplementedError("this function is known to the compiler only")


def as_function(function: Any, examples: tuple[Any, ...], args: Any = ()) -> Any:
    """The function as one of arguments like ``examples`` and all that it reads of the code around it.

    :param function: one function, or a tuple of functions, which then read the same.
    :param args: what the function is called with behind its own arguments.
    :returns: the function (or a tuple of them), and the tuple of what it reads.
    """
    _only_compiled()


def vector_like(x: Any) -> Any:
    """A vector of floats with as many entries as ``x``: an example."""
    _only_compiled()


def is_function(x: Any) -> bool:
    """Whether this can be called: decided while compiling."""
    _only_compiled()


def has_derivative(x: Any) -> bool:
    """Whether this is a float, or made of floats: decided while compiling."""
    _only_compiled()


def vjp_of(function: Any, primals: tuple[Any, ...], y_bar: Any) -> Any:
    """The cotangents of all primals, None for those that are not made of floats."""
    _only_compiled()


def jvp_of(function: Any, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> Any:
    """The tangent of the result; None is no tangent."""
    _only_compiled()


def jacobian_of(function: Any, primals: tuple[Any, ...], position: int) -> Any:
    """The derivative of the result in one of the primals."""
    _only_compiled()
