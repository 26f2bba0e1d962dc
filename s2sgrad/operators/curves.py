"""Derivatives of higher order along curves and lines, by arithmetic on truncated power series.

    jet            derivatives of f(x(t)), from those of x(t)             x(t) = x + x_1 t + x_2 t²/2! + …
    taylor         the coefficients of f(x + t v), with the factorials    f(x + t v) = c_0 + c_1 t + c_2 t² + …
    directional    the derivative of one order of f(x + t v)              n! c_n

To order n an operation of the primal costs O(n²), where nested tangents would cost 2ⁿ:
:mod:`s2sgrad.transforms.taylor`, which also says what is nested nevertheless.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from s2sgrad.along import Along, applied
from s2sgrad.backends.options import Backend, chosen
from s2sgrad.derivative import Function
from s2sgrad.errors import UnsupportedCall


class _Curve(Along):
    @classmethod
    def derivative(cls, make: Function, fun: Any, argnums: tuple[int, ...], primals: int, order: int) -> Any:
        """The function of the primals and all that is given of the curve."""
        return make(fun, cls.operator, argnums, False, primals, order)


class Jet(_Curve):
    """``jet(f)``."""

    operator = "jet"
    series = True


class Taylor(_Curve):
    """``taylor(f, order=n)``."""

    operator = "taylor"


class Directional(_Curve):
    """``directional(f, order=n)``."""

    operator = "directional"


def jet(fun: Function, primals: Any = None, series: Any = None, *, backend: Backend = "numpy") -> Any:
    """The derivatives of ``fun`` along a curve, to any order.

        >>> import numpy as np
        >>> out, (first, second) = jet(np.sin, (0.5,), ([1.0, 0.0],))       # along x(t) = 0.5 + t
        >>> bool(first == np.cos(0.5) and second == -np.sin(0.5))
        True

    ``jet(fun)`` is the function ``(primals, series) -> (out, out_series)``.

    :param primals: the point on the curve at ``t = 0``.
    :param series: for each primal the list of its derivatives in ``t``: the first, the second, … (JAX's convention: the
        factorials are *not* divided out); None for one that is kept fixed.
    :returns: ``(out, out_series)``: the value, and the list of the derivatives of the result, as many as are given;
        each has the structure of the result.
    :raises StructureMismatch: if the series are of different lengths, or do not look like their primals.
    """
    return applied(Jet, fun, primals, series, backend=backend)


def taylor(
    fun: Function | None = None,
    primals: Any = None,
    tangents: Any = None,
    order: int | None = None,
    *,
    backend: Backend = "numpy",
) -> Any:
    """The Taylor coefficients of ``fun`` along a direction: those of ``t ↦ fun(*(primals + t * tangents))``.

        >>> taylor(lambda x: x**3, (2.0,), (1.0,), order=3)
        [8.0, 12.0, 6.0, 1.0]

    ``taylor(fun, order=n)`` is the function ``(primals, tangents) -> coefficients``; ``@taylor(order=n)`` decorates.

    :param tangents: one for each primal, of its structure and shapes; None for one that is kept fixed.
    :param order: of the last coefficient.
    :returns: the list of the coefficients of the orders 0 to ``order``, with the factorials divided out; each has the
        structure of the result.
    """
    if fun is None:
        return partial(taylor, order=checked_order(order), backend=chosen(backend))
    return applied(Taylor, fun, primals, tangents, checked_order(order), backend)


def directional(
    fun: Function | None = None,
    primals: Any = None,
    tangents: Any = None,
    order: int = 1,
    *,
    backend: Backend = "numpy",
) -> Any:
    """The derivative of order ``order`` of ``fun`` along a direction: of ``t ↦ fun(*(primals + t * tangents))`` at 0.

        >>> directional(lambda x: x**3, (2.0,), (1.0,), order=2)
        12.0
        >>> directional(lambda x, y: x * y, (2.0, 5.0), (1.0, 1.0))
        7.0

    ``directional(fun, order=n)`` is the function ``(primals, tangents) -> derivative``; ``@directional(order=n)``
    decorates.

    :param tangents: one for each primal, of its structure and shapes; None for one that is kept fixed.
    :returns: the derivative, of the structure of the result.
    """
    if fun is None:
        return partial(directional, order=checked_order(order), backend=chosen(backend))
    return applied(Directional, fun, primals, tangents, checked_order(order), backend)


def checked_order(order: Any) -> int:
    """``order``, if it is one. Raises :class:`UnsupportedCall`."""
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise UnsupportedCall(f"order={order!r} is not the order of a derivative", "pass order=1, 2, 3, …")
    return order
