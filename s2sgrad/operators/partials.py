"""Partial derivatives of any order: :func:`partial_derivative`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from s2sgrad.backends.options import Backend
from s2sgrad.derivative import DerivativeFunction, Function
from s2sgrad.errors import ArgnumsError


def partial_derivative(fun: Function, which: Any, *, backend: Backend = "numpy") -> DerivativeFunction:
    """A partial derivative of a function, of any order, in numbers and entries of arrays.

        >>> partial_derivative(lambda x, y: x * y**3, (0, 1, 1))(2.0, 5.0)      # ∂³f / ∂x ∂y²
        30.0
        >>> import numpy as np
        >>> f = lambda x: x[0] ** 2 * x[1]
        >>> float(partial_derivative(f, ((0, 0), (0, 1)))(np.array([3.0, 5.0])))     # ∂²f / ∂x[0] ∂x[1]
        6.0

    Each derivative is taken in forward mode, those in the same place together (:func:`~s2sgrad.taylor`): nothing is
    computed that is not asked for, unlike with :func:`~s2sgrad.hessian`.

    :param which: a tuple with an item for each derivative: the position or the name of an argument that is a number; or
        a tuple of that, keys or attributes, and the index of an entry: ``(0, "W", 1, 2)``. One position alone will do.
    :returns: a function of the same arguments; its result has the structure of the result of ``fun``.
    :raises ArgnumsError: when called, if an item does not name one number.
    """
    made: DerivativeFunction = described(partial(DerivativeFunction, backend=backend), fun, which)
    return made


def described(make: Callable[..., Any], fun: Any, which: Any) -> Any:
    """The derivative that ``make`` makes of ``fun`` for these places."""
    items = which if isinstance(which, (tuple, list)) else (which,)
    places = [item if isinstance(item, tuple) else (item,) for item in items]
    if not places or not all(place and type(place[0]) in (int, str) for place in places):
        raise ArgnumsError(
            f"{which!r} does not say which partial derivative", 'write (0, 1) for ∂²f/∂x∂y, or (0, (1, "key", 2))'
        )
    argnums = tuple(dict.fromkeys(place[0] for place in places))
    orders = tuple(((argnums.index(place[0]), *place[1:]), n) for place, n in Counter(places).items())
    return make(fun, "partial", argnums, False, None, orders)
