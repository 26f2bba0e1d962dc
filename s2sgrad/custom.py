"""Derivative rules of one's own: ``@custom_vjp`` and ``@custom_jvp``.

A rule replaces the derivative of a function's code: for numerical stability, for speed, or because there is no code to
differentiate (C, Cython, Numba). It is Python like any other, is inlined in the emitted source, and is differentiated
itself where a derivative of a derivative is asked for. How calls are lowered: :mod:`s2sgrad.custom_calls`.

For rules in the notation of s2sgrad's own table, also for functions that others have written, see
:mod:`s2sgrad.rules.table`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import MethodType
from typing import Any, TypeVar

from s2sgrad.callees import AnyCallee, take_apart
from s2sgrad.dispatch import forget_compiled
from s2sgrad.errors import ArgnumsError, CustomRuleError

F = TypeVar("F", bound=Callable[..., Any])


class CustomRuled:
    """A function with a derivative rule of its own. Calling it calls the function.

    :ivar fun: the function.
    :ivar nondiff: the positions of the arguments that are not differentiated.
    """

    fwd: Callable[..., Any] | None = None
    bwd: Callable[..., Any] | None = None
    jvp: Callable[..., Any] | None = None
    jvps: tuple[Callable[..., Any] | None, ...] = ()

    def __init__(self, fun: Callable[..., Any], nondiff_argnums: Sequence[int] = ()) -> None:
        if not callable(fun):
            raise CustomRuleError(f"{fun!r} cannot be called, and so has no derivative", "pass a function")
        functools.update_wrapper(self, fun)
        self.__name__: str = getattr(fun, "__name__", type(fun).__name__)
        self.__qualname__: str = getattr(fun, "__qualname__", self.__name__)
        self.fun = fun
        given = (nondiff_argnums,) if isinstance(nondiff_argnums, int) else tuple(nondiff_argnums)
        self.nondiff = frozenset(self._position(k) for k in given)

    def _position(self, k: int) -> int:
        try:
            parameters = list(inspect.signature(self.fun).parameters.values())
        except ValueError:  # some built-in functions do not tell
            return k
        if any(p.kind is p.VAR_POSITIONAL for p in parameters) and k >= 0:
            return k
        if not -len(parameters) <= k < len(parameters):
            message = f"nondiff_argnums names argument {k}, but `{self.__name__}` has {len(parameters)}"
            raise ArgnumsError(message, "count from 0")
        return k % len(parameters)

    @property
    def has_rule(self) -> bool:
        """Whether a rule has been given."""
        return self.fwd is not None or self.jvp is not None or bool(self.jvps)

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Give the forward and the backward part; derivatives that were compiled with others are compiled again."""
        for part in (fwd, bwd):
            if not callable(part):
                raise CustomRuleError(f"{part!r} cannot be called", "pass two functions: defvjp(forward, backward)")
        self.fwd, self.bwd = fwd, bwd
        forget_compiled()

    def defjvp(self, jvp: F) -> F:
        """Give the rule: ``jvp(primals, tangents) -> (out, out_dot)``. Also a decorator."""
        if not callable(jvp):
            raise CustomRuleError(f"{jvp!r} cannot be called", "pass a function: defjvp(rule)")
        self.jvp, self.jvps = jvp, ()
        forget_compiled()
        return jvp

    def defjvps(self, *jvps: Callable[..., Any] | None) -> None:
        """Give a rule for each differentiated argument: ``jvp(x_dot, out, *primals) -> out_dot``; None for zero.

        The tangent of the result is their sum.
        """
        if not jvps or not all(jvp is None or callable(jvp) for jvp in jvps):
            raise CustomRuleError("defjvps takes a function or None for each argument", "pass as many as arguments")
        self.jvp, self.jvps = None, jvps
        forget_compiled()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.fun(*args, **kwargs)

    def __get__(self, obj: object, owner: type | None = None) -> Any:
        return self if obj is None else MethodType(self, obj)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.__name__}>"

    def __reduce__(self) -> str:
        return self.__qualname__

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self.fun)

    def __s2sgrad_callee__(self) -> AnyCallee:
        """How it is called when it is differentiated itself."""
        return replace(take_apart(self.fun), function=self, name=self.__name__)


class custom_vjp(CustomRuled):
    """A function whose reverse rule is given by :meth:`defvjp`.

    >>> import numpy as np
    >>> from s2sgrad import custom_vjp, grad
    >>> @custom_vjp
    ... def log1pexp(x):
    ...     return np.log1p(np.exp(x))
    >>> def forward(x):
    ...     e = np.exp(x)
    ...     return np.log1p(e), e
    >>> def backward(e, y_bar):
    ...     return (y_bar * (1.0 - 1.0 / (1.0 + e)),)
    >>> log1pexp.defvjp(forward, backward)
    >>> float(grad(log1pexp)(100.0))
    1.0

    As in JAX, ``forward`` takes the arguments of the function and returns a pair of what that returns and the
    *residuals*: anything that ``backward`` needs. It runs in place of the function where a derivative is computed, so
    its value has to be the same. ``backward`` takes the residuals and the cotangent of the result, which has the
    result's structure, and returns a tuple with one cotangent for each argument: of the argument's structure, shapes
    and kind of numbers; None, for an argument or a part of it, where there is no derivative.

    Both may call compiled code; what they compute by other means can be differentiated again. Forward mode transposes
    ``backward``, which is right because that is linear in the cotangent; where that cannot be seen it is refused,
    unless a rule for it is given, too (:meth:`~custom_jvp.defjvp`).

    :param fun: the function.
    :param nondiff_argnums: positions of arguments that are not differentiated: options, functions, sizes.
        ``forward`` gets them where they are, ``backward`` in front of the residuals.
    :raises CustomRuleError: when a derivative is compiled or run, if what the rule returns does not fit.
    """


class custom_jvp(CustomRuled):
    """A function whose forward rule is given by :meth:`defjvp` or :meth:`defjvps`.

    >>> import numpy as np
    >>> from s2sgrad import custom_jvp, grad
    >>> @custom_jvp
    ... def distance(x):
    ...     return np.sqrt(np.sum(x**2))
    >>> @distance.defjvp
    ... def distance_jvp(primals, tangents):
    ...     (x,), (x_dot,) = primals, tangents
    ...     y = distance(x)
    ...     return y, np.sum(x * x_dot) / np.maximum(y, 1e-30)
    >>> grad(distance)(np.zeros(2))
    array([0., 0.])

    The rule serves both modes: the tangent is linear in the tangents, and reverse mode transposes it, unless a rule for
    that is given, too (:meth:`~custom_vjp.defvjp`).

    :param fun: the function.
    :param nondiff_argnums: as for :class:`custom_vjp`; the rule gets these arguments in front.
    :raises CustomRuleError: when a derivative is compiled or run, if what the rule returns does not fit.
    """
