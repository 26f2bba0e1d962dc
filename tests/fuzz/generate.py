"""A random program: helper functions and a function ``f`` of numbers and arrays that returns a number."""

from __future__ import annotations

import random

from tests.fuzz.constructs import DEFINITIONS
from tests.fuzz.scope import Scope
from tests.fuzz.statements import Statements

#: Every argument that ``f`` may have, with its kind.
PARAMETERS = {"x": "number", "y": "number", "u": (3,), "v": (3,), "A": (3, 3), "B": (2, 3)}

HELPERS = """
def smooth(t, c=0.5, *, d=1.0):
    return np.tanh(t * c) + 0.1 * d


def total(*items, scale=0.5):
    s = 0.0
    for t in items:
        s += np.sin(t) * scale
    return s


def early(t, c):
    if t > c:
        return t * c
    for i in range(3):
        t = 0.7 * t + 0.1 * c
        if t > 0.4:
            return np.sin(t)
    return t - c


def both(s, t, **options):
    return s * t, np.cos(s) + options.get('c', 0.2) * t


def power(t, n):
    if n == 0:
        return 1.0
    return np.sin(t) * power(t, n - 1) + 0.1 * t


def apply(g, t):
    return g(t) + 0.5 * t


def set_part(a, value):
    a[0] = value
    a[1:] *= 0.7


def scale_rows(a):
    for i in range(len(a)):
        a[i] = np.sin(a[i]) * 0.5
    return a
"""

CALLS = {
    "smooth": ["smooth(#)", "smooth(#, #)", "smooth(#, d=#)", "smooth(c=#, t=#)"],
    "total": ["total(#, #)", "total(#, #, #, scale=0.3)", "total(*[#, #])"],
    "early": ["early(#, #)", "early(c=#, t=#)"],
    "both": ["both(#, #)[0]", "both(#, #, c=#)[1]", "sum(both(#, t=#))"],
    "power": ["power(#, 3)", "power(#, 2)", "power(#, n)"],
    "apply": ["apply(np.sin, #)", "apply(smooth, #)", "apply(lambda t: t * #, #)"],
}


def program(seed: int, constructs: bool = False) -> str:
    """The source of a module with a function ``f``; the same for the same seed in every process.

    ``constructs``: with exceptions, contexts, generators, classes and the like.
    """
    return written(random.Random(seed), constructs)


def written(rng: random.Random, constructs: bool = False) -> str:
    """The program that these random choices make."""
    names = [name for name in PARAMETERS if name == "x" or rng.random() < 0.6]
    scope = Scope(functions={k: v for k, v in CALLS.items() if rng.random() < 0.3})
    for name in names:
        shape = PARAMETERS[name]
        if isinstance(shape, str):
            scope.numbers.append(name)
        else:
            scope.arrays[name] = shape
    writer = Statements(rng, scope, arrays_change=rng.random() < 0.8)
    writer.constructs = constructs
    if rng.random() < 0.6:  # else the arguments themselves are written to
        for name in names:
            if name in scope.arrays:
                writer.write(f"{name} = {name}.copy()")
    writer.body(rng.choice([2, 3, 4, 6, 8]))
    writer.write(f"return {writer.result()}")
    header = f"def f({', '.join([*names, 'n'])}):"
    return (
        "from collections import defaultdict, deque\nfrom contextlib import contextmanager, suppress\n\n"
        "import numpy as np\n\nfrom s2sgrad import grad\n\n"
        + HELPERS
        + "\n"
        + DEFINITIONS
        + "\n\n"
        + "\n".join([header, *writer.lines])
        + "\n"
    )
