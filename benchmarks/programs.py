"""Programs to compile: ordinary functions of some twenty lines, and shapes that grow."""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

Program = Callable[..., Any]

_serial = count()


def made(text: str) -> Program:
    """The function ``f`` of a text that has not been seen before, in a file of its own that linecache knows."""
    name = f"<program {next(_serial)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    space: dict[str, Any] = {"np": np, "math": math}
    exec(compile(text, name, "exec"), space)
    function: Program = space["f"]
    return function


# -- of twenty lines, with arguments -----------------------------------------------------------------------

_NUMBERS = "def f(x, a):\n    t = x\n" + "".join(
    f"    u{k} = t * a + {k}.5\n    t = math.sin(u{k}) - u{k} / (1.0 + t * t)\n" for k in range(9)
)

_GRID = """\
def f(u, c, n):
    m = len(u)
    for k in range(n):
        v = np.zeros(m)
        for i in range(1, m - 1):
            left = u[i - 1]
            right = u[i + 1]
            if left > right:
                v[i] = u[i] + c * (left - 2.0 * u[i] + right)
            else:
                v[i] = u[i] + c * left * right
        v[0] = u[0]
        v[m - 1] = u[m - 1]
        u = v
    total = 0.0
    for i in range(m):
        d = u[i] - 1.0
        total += d * d
    return total
"""

_LAYERS = """\
def f(params, x, y):
    w1, b1, w2, b2 = params
    h = np.tanh(x @ w1 + b1)
    out = h @ w2 + b2
    shifted = out - np.max(out, axis=1, keepdims=True)
    e = np.exp(shifted)
    p = e / np.sum(e, axis=1, keepdims=True)
    picked = np.sum(p * y, axis=1)
    loss = -np.mean(np.log(picked))
    reg = 0.0
    for w in (w1, w2):
        reg = reg + np.sum(w * w)
    scale = np.sqrt(np.mean(h ** 2) + 1e-6)
    normed = h / scale
    extra = np.mean(np.abs(normed))
    if reg > 10.0:
        extra = extra * 2.0
    total = loss + 0.01 * reg + 0.1 * extra
    return total
"""

_STEPS = """\
def f(x, n):
    def force(q, k):
        return -k * q + 0.1 * q ** 3

    def step(q, p, h):
        p = p + 0.5 * h * force(q, 2.0)
        q = q + h * p
        p = p + 0.5 * h * force(q, 2.0)
        return q, p

    q = x
    p = 0.1 * x
    energy = 0.0
    for _ in range(n):
        q, p = step(q, p, 0.01)
        energy = energy + 0.5 * p * p + q * q
    a = math.cos(q) + math.sin(p)
    return a * energy + q * p
"""

_SAMPLES = """\
def f(mu, sigma, x, w):
    n = len(x)
    z = (x - mu) / sigma
    logp = -0.5 * z ** 2 - np.log(sigma) - 0.5 * math.log(2.0 * math.pi)
    top = np.max(logp)
    total = top + np.log(np.sum(w * np.exp(logp - top)))
    mean = np.sum(w * x) / np.sum(w)
    centred = x - mean
    var = np.sum(w * centred ** 2) / np.sum(w)
    skew = np.sum(w * centred ** 3) / (np.sum(w) * var ** 1.5)
    clipped = np.where(z > 3.0, 3.0, z)
    clipped = np.maximum(clipped, -3.0)
    robust = np.sum(np.sqrt(1.0 + clipped ** 2) - 1.0)
    first = x[:-1] - x[1:]
    rough = np.dot(first, first) / n
    out = np.zeros(4)
    out[0] = total
    out[1:3] = (skew, robust)
    out[3] = rough
    return np.sum(out * out)
"""

_eye = np.eye(3)[[0, 1, 2, 0, 1, 2]]

#: What each computes, its text and its arguments.
OF_TWENTY_LINES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "numbers": (_NUMBERS + "    return t\n", (0.3, 0.2)),
    "loops over a grid": (_GRID, (np.linspace(0.0, 1.0, 9), 0.1, 3)),
    "two layers": (
        _LAYERS,
        ((np.full((4, 5), 0.1), np.zeros(5), np.full((5, 3), 0.1), np.zeros(3)), np.ones((6, 4)), _eye),
    ),
    "steps of an integrator": (_STEPS, (0.4, 5)),
    "statistics": (_SAMPLES, (0.1, 1.2, np.linspace(-1.0, 2.0, 8), np.ones(8))),
}


# -- that grow: their text for a number of statements, or of levels ----------------------------------------


def _nested(line: Callable[[int], str]) -> Callable[[int], str]:
    """One compound statement in the other, with a line inside of each."""

    def text(depth: int) -> str:
        levels = [f"{'    ' * (k + 1)}{line(k)}:\n{'    ' * (k + 2)}t = t * x + {k}.0\n" for k in range(depth)]
        return "def f(x):\n    t = x\n" + "".join(levels) + "    return t\n"

    return text


#: What grows, its text, and two sizes.
GROWING: dict[str, tuple[Callable[[int], str], int, int]] = {
    "statements on numbers": (
        lambda n: "def f(x):\n" + "    x = math.sin(x) * 0.5 + x\n" * n + "    return x\n",
        500,
        5000,
    ),
    "statements on arrays": (
        lambda n: (
            "def f(x):\n    t = x * np.ones(3)\n" + "    t = np.sin(t) * 0.5 + t\n" * n + "    return np.sum(t)\n"
        ),
        500,
        5000,
    ),
    "updates in place": (
        lambda n: "def f(x):\n    t = x * np.ones(3)\n" + "    t[1:] += t[:-1] * x\n" * n + "    return np.sum(t)\n",
        200,
        2000,
    ),
    "statements in a loop": (
        lambda n: "def f(x):\n    for _ in range(3):\n" + "        x = math.sin(x) * 0.5 + x\n" * n + "    return x\n",
        200,
        2000,
    ),
    "loops after each other": (
        lambda n: "def f(x):\n" + "    for _ in range(2):\n        x = math.sin(x) * x\n" * n + "    return x\n",
        80,
        800,
    ),
    "calls of a small function": (
        lambda n: (
            "def h(a, b):\n    c = math.sin(a) * b\n    return c + a\n\n\ndef f(x):\n"
            + "    x = h(x, 0.5)\n" * n
            + "    return x\n"
        ),
        200,
        2000,
    ),
    "terms of a sum": (
        lambda n: f"def f(x):\n    return {' + '.join(f'math.sin({k}.5 * x)' for k in range(n))}\n",
        100,
        1000,
    ),
    "levels of loops": (_nested(lambda k: f"for i{k} in range(2)"), 6, 18),
    "levels of branches": (_nested(lambda k: f"if t > {k}.5"), 6, 18),
}
