"""A `while` loop whose number of iterations only running can tell."""

from s2sgrad import value_and_grad


def newton(a, x):
    error = x * x - a
    while abs(error) > 1e-10:
        x = x - error / (2.0 * x)
        error = x * x - a
    return x


derivative = value_and_grad(newton, argnums=(0, 1))
arguments = (2.0, 1.0)
