"""The emitter reaches the design's target outputs."""

import inspect

import pytest

from s2sgrad.emit import emit
from s2sgrad.ir.verify import verify
from s2sgrad.optimize.inplace import inplace
from tests.emit import gradients

TARGETS = {
    "grad_cubic": """
        def grad_cubic(x):
            return 3.0 * x ** 2 + 5.0
    """,
    "grad_logistic": """
        def grad_logistic(r, x, n):
            # forward
            x_saved = []
            for i in range(n):
                x_saved.append(x)
                x = r * x * (1.0 - x)
            # backward
            r_bar = 0.0
            x_bar = 1.0
            for i in reversed(range(n)):
                # x = r * x * (1.0 - x)
                x = x_saved.pop()
                r_bar += x_bar * (1.0 - x) * x
                x_bar = x_bar * (1.0 - x) * r - x_bar * (r * x)
            return r_bar, x_bar
    """,
    "grad_heat": """
        def grad_heat(u, alpha, steps):
            # forward
            u = u.copy()
            for t in range(steps):
                u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
            # backward
            u_bar = 2.0 * u
            for t in reversed(range(steps)):
                # u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
                t_bar = alpha * u_bar[1:-1]
                u_bar[2:] += t_bar
                u_bar[1:-1] -= 2.0 * t_bar
                u_bar[:-2] += t_bar
            return u_bar
    """,
    "grad_layer": """
        def grad_layer(W, b, X, Y):
            # forward
            H = np.tanh(X @ W + b)
            R = H - Y
            # backward
            # H = np.tanh(X @ W + b)
            t_bar = R * (1.0 - H * H)
            W_bar = X.T @ t_bar
            b_bar = t_bar.sum(axis=0)
            return W_bar, b_bar
    """,
}


@pytest.mark.parametrize("name", TARGETS)
def test_target(name):
    function = getattr(gradients, name)()
    verify(function)
    assert emit(inplace(function)).source == inspect.cleandoc(TARGETS[name]) + "\n"
