"""A nested function that reads what surrounds it, a lambda, and a function passed as an argument."""

import numpy as np

from s2sgrad import grad


def twice(g, x):
    return g(g(x))


def closures(x, scale):
    def step(t):
        return np.sin(t) * scale

    return twice(step, x) + twice(lambda t: t * t - scale, x)


derivative = grad(closures, argnums=(0, 1))
arguments = (0.6, 1.3)
