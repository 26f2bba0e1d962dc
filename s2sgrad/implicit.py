"""Solutions of equations, whose derivative comes from the equation: ``fixed_point`` and ``root``.

The solvers are plain iterations of ours, deterministic in the values of the function, so that a derivative returns the
very value that the function does. How the calls are differentiated: :mod:`s2sgrad.implicit_calls`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias

import numpy as np

from s2sgrad.errors import NotConverged, StructureMismatch

Derivative: TypeAlias = Literal["auto", "dense", "iterative"]

#: From how many unknowns on ``derivative="auto"`` does without the whole Jacobian.
LARGE = 1000


def fixed_point(
    f: Callable[..., Any],
    x0: Any,
    *params: Any,
    tol: float | None = None,
    maxiter: int = 1000,
    derivative: Derivative = "auto",
) -> Any:
    """The ``x`` with ``x = f(x, *params)`` that the iteration ``x ← f(x, *params)`` from ``x0`` converges to.

    Its derivative in ``params``, and in all else that ``f`` reads, is that of the solution, by the implicit function
    theorem: one linear equation at the solution, in both modes and at any order. The iteration is not differentiated,
    nothing of it is saved, and the starting point has the derivative zero.

    :param f: takes ``x`` and the parameters, and returns another ``x``: of the structure and the shapes of ``x0``.
    :param x0: a real number or an array of any shape, or a tuple, list or dict of them.
    :param tol: the iteration ends when no entry changes by more than ``tol * (1 + the largest entry)``: by default
        1e-12, in single precision 1e-5. Where it contracts by a factor ``q`` in each step, the error of the solution is
        up to ``q / (1 - q)`` of that; the error of derivatives is of this size, too.
    :param maxiter: after how many iterations to give up.
    :param derivative: how the linear equation is solved: ``"dense"`` with the whole Jacobian, made in one batched pass;
        ``"iterative"`` by GMRES (SciPy's) from products with it; ``"auto"`` iteratively from a thousand unknowns on.
    :raises NotConverged: if the iteration has not ended by itself, or ran into NaN or infinity.

    >>> import numpy as np
    >>> from s2sgrad import fixed_point, grad
    >>> def square_root(a):
    ...     return fixed_point(lambda x: 0.5 * (x + a / x), a)
    >>> print(round(grad(square_root)(2.0), 6))
    0.353553
    """
    start = raveled(x0)
    x = iterated(_in_vectors(f, x0), start, params, tol, maxiter, derivative)
    return unraveled(x, x0)


def root(
    f: Callable[..., Any],
    x0: Any,
    *params: Any,
    tol: float | None = None,
    maxiter: int = 50,
    derivative: Derivative = "auto",
) -> Any:
    """The ``x`` with ``f(x, *params) = 0`` that Newton's method finds from ``x0``.

    The Jacobian is made by differences, and steps are halved until the residual falls. For the derivative see
    :func:`fixed_point`.

    :param f: takes ``x`` and the parameters, and returns a residual of the structure and the shapes of ``x0``.
    :param x0: a real number or an array of any shape, or a tuple, list or dict of them.
    :param tol: the iteration ends with a step of at most ``tol * (1 + the largest entry)``: by default 1e-12, in single
        precision 1e-5.
    :param maxiter: after how many steps to give up.
    :param derivative: as for :func:`fixed_point`.
    :raises NotConverged: if there is no such step, no shorter one lessens the residual, or the Jacobian is singular.

    >>> import numpy as np
    >>> from s2sgrad import grad, root
    >>> def intersection(p):
    ...     x = root(lambda x: np.array([x[0] ** 2 + x[1] ** 2 - p[0], x[0] - p[1] * x[1]]), np.ones(2))
    ...     return x[0]
    >>> grad(intersection)(np.array([2.0, 1.0])).round(6)
    array([0.25, 0.5 ])
    """
    start = raveled(x0)
    x = newton(_in_vectors(f, x0), start, params, tol, maxiter, derivative)
    return unraveled(x, x0)


# -- structures as vectors -----------------------------------------------------------------------------


def raveled(tree: Any) -> Any:
    """A number as it is; arrays and structures as one vector of floats."""
    if not isinstance(tree, (tuple, list, dict, np.ndarray)):
        return float(tree)
    leaves = list(_leaves(tree))
    if len(leaves) == 1:
        return np.ravel(leaves[0])
    return np.concatenate([np.ravel(leaf) for leaf in leaves])


def unraveled(x: Any, like: Any) -> Any:
    """The structure of ``like`` over the entries of a vector."""
    if not isinstance(like, (tuple, list, dict, np.ndarray)):
        return x
    place = 0

    def build(like: Any) -> Any:
        nonlocal place
        if isinstance(like, dict):
            return {key: build(item) for key, item in like.items()}
        if isinstance(like, (tuple, list)):
            items = [build(item) for item in like]
            return type(like)(items) if type(like) in (tuple, list) else type(like)(*items)
        place += np.size(like)
        part = x[place - np.size(like) : place]
        return np.reshape(part, np.shape(like)) if isinstance(like, np.ndarray) else part[0]

    return build(like)


def _leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        for item in tree.values():
            yield from _leaves(item)
    elif isinstance(tree, (tuple, list)):
        for item in tree:
            yield from _leaves(item)
    else:
        yield tree


def _in_vectors(f: Callable[..., Any], x0: Any) -> Callable[..., Any]:
    def of_vector(v: Any, *params: Any) -> Any:
        return raveled(f(unraveled(v, x0), *params))

    return of_vector


# -- solvers ---------------------------------------------------------------------------------------------


def iterated(
    f: Callable[..., Any], x: Any, args: tuple[Any, ...], tol: float | None, maxiter: int, derivative: Derivative
) -> Any:
    """The fixed point of ``f(x, *args)``, for a number or a vector."""
    x = _start(x)
    tol = _tolerance(x, tol)
    for _ in range(maxiter):
        new = _value(f, x, args)
        if not np.all(np.isfinite(new)):
            raise NotConverged("fixed_point has met a NaN or an infinity", "start nearer to the solution")
        change = _largest(new - x)
        x = new
        if change <= tol * (1.0 + _largest(x)):
            return x
    raise NotConverged(
        f"fixed_point has not converged in {maxiter} iterations: the last one changed an entry by {change:.3g}",
        "start nearer to the solution, allow more iterations (maxiter) or a larger tolerance (tol), or use root",
    )


def newton(
    f: Callable[..., Any], x: Any, args: tuple[Any, ...], tol: float | None, maxiter: int, derivative: Derivative
) -> Any:
    """The root of ``f(x, *args)``, for a number or a vector."""
    x = _start(x)
    if np.size(x) == 0:
        return x
    tol = _tolerance(x, tol)
    residual = _value(f, x, args)
    for _ in range(maxiter):
        step = _newton_step(f, x, residual, args)
        if not np.all(np.isfinite(step)):
            raise NotConverged("root has met a singular Jacobian, a NaN or an infinity", "start elsewhere")
        if _largest(step) <= tol * (1.0 + _largest(x)):
            return x - step
        x, residual = _shorter_step(f, x, step, residual, args)
    raise NotConverged(
        f"root has not converged in {maxiter} steps: the last residual is {_largest(residual):.3g}",
        "start nearer to the solution, or allow more steps (maxiter) or a larger tolerance (tol)",
    )


def _shorter_step(f: Callable[..., Any], x: Any, step: Any, residual: Any, args: tuple[Any, ...]) -> tuple[Any, Any]:
    """The step, halved until the residual is less: ``(x, residual)`` there."""
    size = float(np.linalg.norm(residual))
    for _ in range(40):
        there = x - step
        found = _value(f, there, args)
        if float(np.linalg.norm(found)) < size:
            return there, found
        step = 0.5 * step
    raise NotConverged(
        f"root finds no smaller residual than {_largest(residual):.3g} along its step",
        "start nearer to the solution, or allow a larger tolerance (tol)",
    )


def _newton_step(f: Callable[..., Any], x: Any, residual: Any, args: tuple[Any, ...]) -> Any:
    eps = float(np.sqrt(np.finfo(np.asarray(x).dtype).eps))
    with np.errstate(divide="ignore", invalid="ignore"):
        if np.ndim(x) == 0:
            h = eps * (1.0 + abs(x))
            slope = (_value(f, x + h, args) - residual) / ((x + h) - x)
            return np.float64(residual) / slope
        columns = []
        for k in range(x.size):
            there = x.copy()
            there[k] += eps * (1.0 + abs(x[k]))
            columns.append((_value(f, there, args) - residual) / (there[k] - x[k]))
        try:
            return np.linalg.solve(np.stack(columns, axis=1), residual)
        except np.linalg.LinAlgError:
            return np.full_like(x, np.nan)


def _start(x: Any) -> Any:
    """Where an iteration starts: a float, or an array of floats."""
    if np.iscomplexobj(x):
        raise StructureMismatch(
            "fixed_point and root solve for real numbers", "solve for the real and the imaginary parts"
        )
    return x if np.ndim(x) == 0 or x.dtype.kind == "f" else x.astype(float)


def _tolerance(x: Any, tol: float | None) -> float:
    if tol is not None:
        return tol
    return 1e-12 if np.asarray(x).dtype == np.float64 else 1e-5


def _value(f: Callable[..., Any], x: Any, args: tuple[Any, ...]) -> Any:
    """What the function returns, as a number or a vector like ``x``; Python's numbers raise where they overflow."""
    try:
        found = f(x, *args)
    except OverflowError:
        return x + np.inf
    if np.ndim(x) == 0:
        return float(found)
    if np.shape(found) != np.shape(x):
        raise StructureMismatch(
            f"the function returns {np.size(found)} numbers for {np.size(x)} unknowns",
            "return a value of the structure and the shapes of x0",
        )
    return np.asarray(found, x.dtype)


def _largest(x: Any) -> float:
    return float(np.max(np.abs(x), initial=0.0))
