"""Measure operators against the derivatives that they are made of: `OMP_NUM_THREADS=1 python -m benchmarks.operators`.

The product of a Hessian and a vector against the gradient; Jacobians of 100 × 100 against a hundred single passes; the
linear function of `linearize` against `jvp`; the Jacobian of a hand's pose in 26 columns, on both backends;
derivatives of higher order against the value. Each number is the best of several repetitions, in processor time.
"""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workloads.adbench import pose, turn
from s2sgrad import directional, grad, hessian, hvp, jacfwd, jacrev, jvp, linearize, vhp, vjp

RNG = np.random.default_rng(0)


def rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def network(params: Any) -> Any:
    hidden = np.tanh(X @ params["W1"] + params["b1"])
    return np.mean((hidden @ params["W2"] - Y) ** 2)


def diffusion(u: Any) -> Any:
    u = u.copy()
    for _ in range(50):
        u[1:-1] += 0.2 * (u[2:] - 2.0 * u[1:-1] + u[:-2]) + 0.01 * u[1:-1] ** 2
    return np.sum(u**2)


def layer(x: Any) -> Any:
    return np.tanh(A @ np.tanh(A @ x))


def loop(x: Any) -> Any:
    u = x.copy()
    for _ in range(20):
        u[1:] += 0.1 * np.sin(u[:-1])
    return u


def curve(x: Any) -> Any:
    return np.exp(np.sin(x) * np.cos(x**2)) / np.sqrt(1.0 + np.tanh(x) ** 2)


X, Y = RNG.normal(size=(256, 64)), RNG.normal(size=(256, 8))
A = RNG.normal(size=(100, 100)) / 10.0
PARAMS = {"W1": RNG.normal(size=(64, 64)) / 8.0, "b1": np.zeros(64), "W2": RNG.normal(size=(64, 8)) / 8.0}
POINT = RNG.normal(size=100)


def best(call: Callable[[], Any]) -> float:
    """Seconds that a call takes."""
    call()
    timer = timeit.Timer(call, timer=time.process_time)
    number, _ = timer.autorange()
    return min(timer.repeat(5, max(1, number // 4))) / max(1, number // 4)


def show(what: str, seconds: float, of: str, other: float) -> None:
    print(f"{what:45} {1e6 * seconds:10.1f} µs   {seconds / other:6.2f} × {of}")


def products() -> None:
    cases = [(rosenbrock, RNG.normal(size=10_000)), (network, PARAMS), (diffusion, RNG.normal(size=1_000))]
    for f, x in cases:
        gradient = grad(f)
        one = best(lambda gradient=gradient, x=x: gradient(x))
        for operator in (hvp, vhp):
            product = operator(f)
            seconds = best(lambda product=product, x=x: product((x,), (x,)))
            show(f"{operator.__name__} of {f.__name__}", seconds, "gradient", one)


def jacobians() -> None:
    for f in (layer, loop):
        _, pullback = vjp(f, POINT)
        _, tangent_of = linearize(f, POINT)
        push = jvp(f)
        tangent = best(lambda push=push: push((POINT,), (POINT,)))
        value_and_back = best(lambda f=f: vjp(f, POINT)[1](POINT))
        for operator, one, of in ((jacfwd, tangent, "jvp"), (jacrev, value_and_back, "vjp")):
            jacobian = operator(f)
            seconds = best(lambda jacobian=jacobian: jacobian(POINT))
            show(f"{operator.__name__} of {f.__name__}, 100 × 100", seconds, f"100 {of}", 100.0 * one)
        show(f"linear function of {f.__name__}", best(lambda t=tangent_of: t(POINT)), "jvp", tangent)
        show(f"pullback of {f.__name__}", best(lambda p=pullback: p(POINT)), "jvp", tangent)
    small = RNG.normal(size=100)
    second, one = hessian(rosenbrock), grad(rosenbrock)
    show(
        "hessian of rosenbrock, 100 × 100",
        best(lambda: second(small)),
        "100 gradients",
        100.0 * best(lambda: one(small)),
    )


def residuals(pose: Any, joints: Any, parents: Any, offsets: Any, bind: Any, skin: Any, vertices: Any) -> Any:
    """Where the skin of a hand is: ``pose`` holds the place of the wrist and the angles of some ``joints``."""
    angles = np.zeros((len(parents), 3))
    angles[joints] = pose[3:]
    R, p = np.zeros((len(parents), 3, 3)), np.zeros((len(parents), 3))
    R[0], p[0] = turn(angles[0]), pose[:3]
    for b in range(1, len(parents)):
        a = parents[b]
        R[b] = R[a] @ turn(angles[b])
        p[b] = p[a] + R[a] @ offsets[b]
    shift = p - np.einsum("bij,bj->bi", R, bind)
    moved = np.einsum("bij,vj->bvi", R, vertices) + shift[:, None, :]
    return np.ravel(np.einsum("bv,bvi->vi", skin, moved))


def directions() -> None:
    """All directions in one pass against one pass for each."""
    angles, place, parents, offsets, bind, skin, vertices, *_ = pose(200)
    joints = np.repeat(np.arange(len(parents)), 3)[:23], np.tile(np.arange(3), len(parents))[:23]
    at = np.concatenate([place, angles[joints]]), joints, parents, offsets, bind, skin, vertices
    push = jvp(residuals)
    fixed = (None,) * (len(at) - 1)
    apart = best(lambda: [push(at, (unit, *fixed)) for unit in np.eye(26)])
    for backend in ("numpy", "numba"):
        jacobian = jacfwd(residuals, backend=backend)  # type: ignore[call-overload]
        show(f"jacfwd of a hand in 26 columns, {backend}", best(lambda j=jacobian: j(*at)), "26 jvp in NumPy", apart)


def series() -> None:
    value = best(lambda: curve(POINT))
    for order in (1, 2, 4, 8, 16):
        derivative = directional(curve, order=order)
        show(f"derivative of order {order}", best(lambda d=derivative: d((POINT,), (POINT,))), "value", value)


if __name__ == "__main__":
    products()
    jacobians()
    directions()
    series()
