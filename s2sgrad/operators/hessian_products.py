"""Products of the Hessian with a vector, at a small constant times the cost of the gradient.

    hvp    d/dt ∇f(x + t v)         the tangent of the gradient: forward over reverse
    vhp    ∇ₓ (∇f(x) · v)           the gradient of the tangent: reverse over forward

Both are compiled into one function, in which primal and gradient are worked out once. As the Hessian is symmetric they
are equal; the first is the faster one as a rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from s2sgrad.along import Along, applied
from s2sgrad.backends.options import Backend
from s2sgrad.derivative import Function


class _Product(Along):
    @classmethod
    def derivative(cls, make: Function, fun: Any, argnums: tuple[int, ...], primals: int, order: int) -> Any:
        """The function of primals and tangents, of one primal if one has a tangent."""
        return make(fun, cls.operator, argnums[0] if len(argnums) == 1 else argnums, False, primals)

    @staticmethod
    def result(raw: Any, argnums: tuple[int, ...], primals: int, nothing: Any = None) -> Any:
        """The product of each primal; of one primal, bare."""
        if primals == 1:
            return raw if argnums else nothing
        products = iter((raw,) if len(argnums) == 1 else raw)
        return tuple(next(products) if i in argnums else nothing for i in range(primals))


class HVP(_Product):
    """``hvp(f)``."""

    operator = "hvp"


class VHP(_Product):
    """``vhp(f)``."""

    operator = "vhp"


@overload
def hvp(fun: Function, primals: None = None, tangents: None = None, *, backend: Backend = "numpy") -> Along: ...
@overload
def hvp(fun: Function, primals: Sequence[Any], tangents: Sequence[Any], *, backend: Backend = "numpy") -> Any: ...
def hvp(
    fun: Function,
    primals: Sequence[Any] | None = None,
    tangents: Sequence[Any] | None = None,
    *,
    backend: Backend = "numpy",
) -> Any:
    """The product of the Hessian of ``fun``, which returns one number, with ``tangents``.

        >>> import numpy as np
        >>> def f(x):
        ...     return np.sum(x**3)
        >>> hvp(f, (np.array([1.0, 2.0]),), (np.array([1.0, 0.5]),))
        array([6., 6.])

    ``hvp(fun)`` is the function ``(primals, tangents) -> product``, also as a decorator; it shows its ``source``.

    :param tangents: one for each primal, of its structure and shapes; None for one that is kept fixed: the Hessian has
        neither rows nor columns for it.
    :returns: the product, of the structure of the primal; for several primals, a tuple of one for each, with None for
        those that are kept fixed.
    :raises StructureMismatch: if a tangent does not look like its primal.
    :raises NonScalarOutput: if ``fun`` does not return one number.
    """
    return applied(HVP, fun, primals, tangents, backend=backend)


@overload
def vhp(fun: Function, primals: None = None, tangents: None = None, *, backend: Backend = "numpy") -> Along: ...
@overload
def vhp(fun: Function, primals: Sequence[Any], tangents: Sequence[Any], *, backend: Backend = "numpy") -> Any: ...
def vhp(
    fun: Function,
    primals: Sequence[Any] | None = None,
    tangents: Sequence[Any] | None = None,
    *,
    backend: Backend = "numpy",
) -> Any:
    """Like :func:`hvp`, by reverse over forward mode.

    >>> vhp(lambda x, y: x * y**2, (1.0, 3.0), (1.0, 0.0))
    (0.0, 6.0)
    """
    return applied(VHP, fun, primals, tangents, backend=backend)
