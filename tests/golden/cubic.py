"""Straight-line code: constants folded, dead forward code gone."""

from s2sgrad import grad


def cubic(x):
    return x**3 + 5 * x


derivative = grad(cubic)
arguments = (1.3,)
