"""A loop that needs its intermediate values."""

from s2sgrad import grad


def logistic(r, x, n):
    for i in range(n):
        x = r * x * (1.0 - x)
    return x


derivative = grad(logistic, argnums=(0, 1))
arguments = (3.2, 0.3, 5)
