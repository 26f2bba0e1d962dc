"""The derivative of a function at a point, as a linear function: :func:`linearize`."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

import numpy as np

from s2sgrad.along import directions
from s2sgrad.arguments import is_differentiable_argument
from s2sgrad.backends.options import Backend, chosen
from s2sgrad.callees import Callee
from s2sgrad.derivative import Function, shared
from s2sgrad.errors import StructureMismatch
from s2sgrad.ir.structures import flatten, same_structure
from s2sgrad.labels import plain
from s2sgrad.later import CalledLater


def linearize(fun: Function, *primals: Any, has_aux: bool = False, backend: Backend = "numpy") -> Any:
    """The value of ``fun`` at ``primals``, and its derivative there, as a function of tangents.

        >>> import numpy as np
        >>> out, tangent_of = linearize(lambda x, y: np.sin(x) * y, 0.0, 3.0)
        >>> tangent_of(1.0, 0.0), tangent_of(0.5, None)
        (np.float64(3.0), np.float64(1.5))
        >>> print(tangent_of.source())
        def function_tangent(t, y, t_2, x_dot, y_dot):
            t_dot = x_dot * t
            t_dot = y_dot * t_2 + t_dot * y
            return t_dot
        <BLANKLINE>

    What has to be worked out of the primal is worked out once; each call of the linear function costs no more than its
    own work. (For recursive functions, and where there is a ``try``, it runs the primal again.) For one tangent,
    :func:`~s2sgrad.jvp` takes less memory.

    ``linearize(fun)`` is the function ``(*primals) -> (out, tangent_of)``.

    :param has_aux: ``fun`` returns ``(out, aux)``, and only ``out`` is differentiated.
    :returns: ``(out, tangent_of)``, or ``(out, tangent_of, aux)``. ``tangent_of(*tangents)`` takes a tangent for each
        primal, of its structure and shapes, and None for one that is kept fixed or is not made of floats; it returns
        the tangent of ``out``. It cannot be pickled.
    """
    if not primals:
        return partial(linearize, fun, has_aux=has_aux, backend=chosen(backend))
    argnums = tuple(i for i, x in enumerate(primals) if is_differentiable_argument(plain(x)))
    out, later = shared(fun, "linearize", argnums, has_aux, None, 1, chosen(backend))(*primals)
    out, *aux = out if has_aux else (out,)
    return out, Linear(fun, later, argnums, primals, has_aux), *aux


class Linear(CalledLater):
    """Takes tangents to the tangent of the result."""

    maker = "linearize"
    what = "linear function"

    def __init__(
        self, fun: Function, later: Any, argnums: tuple[int, ...], primals: tuple[Any, ...], has_aux: bool
    ) -> None:
        super().__init__(later, argnums)
        self.fun = fun
        self.primals = tuple(map(_copied, primals))  # what is called inside of another function starts from them
        self.has_aux = has_aux

    def __call__(self, *tangents: Any) -> Any:
        given, dots = directions("the linear function", self.fun, self.primals, tangents)
        for i in given:
            if i not in self.argnums:
                raise StructureMismatch(
                    f"there is a tangent for primal {i}, which is not made of floats", "pass None for it"
                )
        by_position = dict(zip(given, dots, strict=True))
        return self.later(*(by_position[i] if i in by_position else _zeros(self.primals[i]) for i in self.argnums))

    def __s2sgrad_callee__(self) -> Callee:
        """How this is called."""
        parameters = tuple(inspect.signature(_tangents).parameters.values())
        return Callee(self, "tangent_of", parameters, _tangents)


def _tangents(*tangents: Any) -> None:
    """How a linear function is called."""


def _copied(x: Any) -> Any:
    leaves = [leaf.copy() if type(leaf) is np.ndarray else leaf for _, leaf in flatten(x)]
    return same_structure(x, iter(leaves))


def _zeros(x: Any) -> Any:
    x = plain(x)
    zeros = [np.zeros_like(leaf) if isinstance(leaf, np.ndarray) else 0.0 for _, leaf in flatten(x)]
    return same_structure(x, iter(zeros))
