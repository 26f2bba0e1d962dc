"""Jacobians by either mode, the Laplacian, derivatives entry by entry, and gradients with something beside."""

from __future__ import annotations

from s2sgrad.argnums import chosen_arguments
from s2sgrad.backends.options import Backend
from s2sgrad.derivative import Argnames, Argnums, DerivativeFunction, Function, maker


@maker
def jacobian(
    fun: Function,
    argnums: Argnums | None = None,
    *,
    argnames: Argnames | None = None,
    has_aux: bool = False,
    backend: Backend = "numpy",
) -> DerivativeFunction:
    """The Jacobian of a function, by the mode that takes fewer passes for the sizes of each call.

        >>> import numpy as np
        >>> jacobian(lambda x: x[1:] * x[:-1])(np.array([1.0, 2.0, 3.0]))
        array([[2., 1., 0.],
               [0., 3., 2.]])

    Where types tell how many entries there are on either side, only that mode is compiled; otherwise both are, and the
    code chooses when it runs. A function with effects, such as printing, is differentiated in forward mode then.

    :returns: a function of the same arguments; what it returns is arranged as by :func:`~s2sgrad.jacfwd`.
    """
    return DerivativeFunction(fun, "jacobian", chosen_arguments(argnums, argnames), has_aux, backend=backend)


@maker
def laplacian(
    fun: Function,
    argnums: Argnums | None = None,
    *,
    argnames: Argnames | None = None,
    has_aux: bool = False,
    backend: Backend = "numpy",
) -> DerivativeFunction:
    """The sum of the second derivatives of a function that returns one number, in each entry of its arguments.

        >>> import numpy as np
        >>> float(laplacian(lambda x: np.sum(x**3))(np.array([1.0, 2.0])))
        18.0

    It is the trace of the Hessian, forward over reverse with all directions in one pass, so that it takes the memory of
    the Hessian. Of several arguments it is the sum over all of them.

    :param has_aux: ``fun`` returns ``(number, aux)``; the derivative returns ``(laplacian, aux)``.
    """
    return DerivativeFunction(fun, "laplacian", chosen_arguments(argnums, argnames), has_aux, backend=backend)


@maker
def elementwise_grad(
    fun: Function, argnums: Argnums | None = None, *, argnames: Argnames | None = None, backend: Backend = "numpy"
) -> DerivativeFunction:
    """The derivative of an elementwise function, entry by entry: of an array, an array of the same shape.

        >>> import numpy as np
        >>> elementwise_grad(lambda x: x * np.abs(x))(np.array([-1.0, 2.0]))
        array([2., 4.])

    :raises NotDifferentiable: when called, unless each entry of the result is known to depend on one entry: all that a
        derivative passes through has to be elementwise, so no sums, indices or broadcasting.
    """
    return DerivativeFunction(fun, "elementwise_grad", chosen_arguments(argnums, argnames), backend=backend)


@maker
def grad_and_aux(
    fun: Function, argnums: Argnums | None = None, *, argnames: Argnames | None = None, backend: Backend = "numpy"
) -> DerivativeFunction:
    """The gradient of a function that returns ``(number, aux)``, and ``aux``: :func:`~s2sgrad.grad` with ``has_aux``.

    >>> grad_and_aux(lambda x: (x**2, {"seen": x}))(3.0)
    (6.0, {'seen': 3.0})
    """
    return DerivativeFunction(fun, "grad", chosen_arguments(argnums, argnames), True, backend=backend)
