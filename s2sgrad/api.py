"""Derivatives of Python functions: what users call. More is in :mod:`s2sgrad.operators`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from s2sgrad.along import Along, applied
from s2sgrad.argnums import chosen_arguments
from s2sgrad.arguments import derivative_like, is_differentiable_argument
from s2sgrad.backends.options import Backend, chosen
from s2sgrad.derivative import (
    Argnames,
    Argnums,
    DerivativeFunction,
    Function,
    maker,
    shared,
)
from s2sgrad.labels import check_same_labels, plain
from s2sgrad.later import CalledLater


@maker
def grad(
    fun: Function,
    argnums: Argnums | None = None,
    *,
    argnames: Argnames | None = None,
    has_aux: bool = False,
    backend: Backend = "numpy",
) -> DerivativeFunction:
    """The gradient of a function that returns one number.

        >>> import numpy as np
        >>> def loss(w, x):
        ...     return np.sum(np.sin(w * x))
        >>> dloss = grad(loss)
        >>> dloss(np.array([0.0, 1.0]), np.array([3.0, 0.0]))
        array([3., 0.])
        >>> print(dloss.source())
        def grad_loss(w, x):
            return np.cos(w * x) * x
        <BLANKLINE>

    Also a decorator: ``@grad``, ``@grad(argnums=(0, 1))``.

    :param fun: the primal; its arguments are numbers, arrays, and nested tuples, lists and dicts of them.
    :param argnums: the positions of the arguments to differentiate in: one, or several for a tuple of gradients
        (default: the first).
    :param argnames: their names, instead or as well (then behind those by position): also of keyword-only parameters.
    :param has_aux: ``fun`` returns ``(number, aux)``; the derivative returns ``(gradient, aux)``.
    :returns: a function of the same arguments; its result has the structure of the differentiated arguments.
    :param backend: ``"numba"``, or :class:`s2sgrad.Numba` with options, compiles the derivative to machine code.
    :raises ArgumentTypeError: when called with an argument to differentiate in that is not made of floats.
    :raises NonScalarOutput: when called, if ``fun`` does not return one number.
    """
    return DerivativeFunction(fun, "grad", chosen_arguments(argnums, argnames), has_aux, backend=backend)


@maker
def value_and_grad(
    fun: Function,
    argnums: Argnums | None = None,
    *,
    argnames: Argnames | None = None,
    has_aux: bool = False,
    backend: Backend = "numpy",
) -> DerivativeFunction:
    """Like :func:`grad`, but returns ``(value, gradient)``, and ``((value, aux), gradient)`` with ``has_aux``.

    >>> value_and_grad(lambda x: x**2)(3.0)
    (9.0, 6.0)
    """
    return DerivativeFunction(fun, "value_and_grad", chosen_arguments(argnums, argnames), has_aux, backend=backend)


class Tangent(Along):
    """``jvp(f)``."""

    operator = "jvp"

    @classmethod
    def derivative(cls, make: Function, fun: Any, argnums: tuple[int, ...], primals: int, order: int) -> Any:
        """The function ``(*primals, *tangents) -> (out, out_dot)``."""
        return make(fun, "jvp", argnums, False, primals)


@overload
def jvp(fun: Function, primals: None = None, tangents: None = None, *, backend: Backend = "numpy") -> Along: ...
@overload
def jvp(
    fun: Function, primals: Sequence[Any], tangents: Sequence[Any], *, backend: Backend = "numpy"
) -> tuple[Any, Any]: ...
def jvp(
    fun: Function,
    primals: Sequence[Any] | None = None,
    tangents: Sequence[Any] | None = None,
    *,
    backend: Backend = "numpy",
) -> Along | tuple[Any, Any]:
    """The value of ``fun`` at ``primals``, and its derivative along ``tangents`` (forward mode).

        >>> jvp(lambda x, y: x * y, (3.0, 2.0), (1.0, None))
        (6.0, 2.0)

    ``jvp(fun)`` is the function ``(primals, tangents) -> (out, out_dot)``.

    :param tangents: one for each primal, of its structure and shapes; None for one that is kept fixed.
    :returns: ``(out, out_dot)``; where a part of the result carries no derivative, its tangent is zero.
    :raises StructureMismatch: if a tangent does not look like its primal.
    """
    result: Along | tuple[Any, Any] = applied(Tangent, fun, primals, tangents, backend=backend)
    return result


def vjp(fun: Function, *primals: Any, has_aux: bool = False, backend: Backend = "numpy") -> tuple[Any, ...]:
    """The value of ``fun`` at ``primals``, and the function that pulls cotangents back through it (reverse mode).

        >>> out, pullback = vjp(lambda x, y: x * y, 3.0, 2.0)
        >>> out, pullback(1.0)
        (6.0, (2.0, 3.0))
        >>> print(pullback.source())
        def function_pullback(y, x, out_bar):
            # x * y
            x_bar = out_bar * y
            y_bar = out_bar * x
            return x_bar, y_bar
        <BLANKLINE>

    :param has_aux: ``fun`` returns ``(out, aux)``, and only ``out`` is differentiated.
    :returns: ``(out, pullback)``, or ``(out, pullback, aux)``. ``pullback(out_bar)``, where ``out_bar`` has the
        structure and the shapes of ``out``, returns a tuple with a cotangent for each primal; None for those that
        are not made of floats.
    """
    argnums = tuple(i for i, x in enumerate(primals) if is_differentiable_argument(plain(x)))
    out, back = shared(fun, "vjp", argnums, has_aux, None, 1, chosen(backend))(*primals)
    out, *aux = out if has_aux else (out,)
    return out, _Pullback(back, argnums, len(primals), out), *aux


class _Pullback(CalledLater):
    """Pulls cotangents back through a function."""

    maker = "vjp"
    what = "pullback"

    def __init__(self, later: Any, argnums: tuple[int, ...], primals: int, out: Any) -> None:
        super().__init__(later, argnums)
        self._primals = primals
        self._out = out

    def __call__(self, out_bar: Any) -> tuple[Any, ...]:
        check_same_labels(out_bar, self._out, "the cotangent")
        bars = iter(self.later(derivative_like(plain(out_bar), plain(self._out), "the cotangent")))
        return tuple(next(bars) if i in self.argnums else None for i in range(self._primals))


@maker
def jacfwd(
    fun: Function,
    argnums: Argnums | None = None,
    *,
    argnames: Argnames | None = None,
    has_aux: bool = False,
    backend: Backend = "numpy",
) -> DerivativeFunction:
    """The Jacobian of a function, made by columns in forward mode: for few inputs and many outputs.

        >>> import numpy as np
        >>> jacfwd(lambda x: x[1:] * x[:-1])(np.array([1.0, 2.0, 3.0]))
        array([[2., 1., 0.],
               [0., 3., 2.]])

    :param has_aux: ``fun`` returns ``(out, aux)``; the derivative returns ``(jacobian of out, aux)``.
    :returns: a function of the same arguments. Where ``fun`` returns an array of shape ``S``, the derivative in an
        array of shape ``T`` has shape ``S + T``. Nested results and arguments are mirrored: the structure of the result
        is outside, and in the place of each array of it stands that of the arguments.
    """
    return DerivativeFunction(fun, "jacfwd", chosen_arguments(argnums, argnames), has_aux, backend=backend)


@maker
def jacrev(
    fun: Function,
    argnums: Argnums | None = None,
    *,
    argnames: Argnames | None = None,
    has_aux: bool = False,
    backend: Backend = "numpy",
) -> DerivativeFunction:
    """The Jacobian of a function, made by rows in reverse mode: for many inputs and few outputs. See :func:`jacfwd`.

    >>> import numpy as np
    >>> jacrev(lambda p: p["a"] * np.sum(p["b"]))({"a": 2.0, "b": np.ones(3)})
    {'a': np.float64(3.0), 'b': array([2., 2., 2.])}
    """
    return DerivativeFunction(fun, "jacrev", chosen_arguments(argnums, argnames), has_aux, backend=backend)


@maker
def hessian(
    fun: Function,
    argnums: Argnums | None = None,
    *,
    argnames: Argnames | None = None,
    has_aux: bool = False,
    backend: Backend = "numpy",
) -> DerivativeFunction:
    """The matrix of second derivatives: the forward Jacobian of the reverse Jacobian.

        >>> import numpy as np
        >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 5.0]))
        array([[10.,  6.],
               [ 6.,  0.]])

    For several arguments, or one that is nested, the blocks are nested twice: ``hessian(f, (0, 1))(x, y)[0][1]`` is the
    derivative in ``x``, then in ``y``.
    """
    which = chosen_arguments(argnums, argnames)
    return DerivativeFunction(
        DerivativeFunction(fun, "jacrev", which, has_aux), "jacfwd", which, has_aux, backend=backend
    )
