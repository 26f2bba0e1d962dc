"""A function that calls itself."""

from s2sgrad import grad


def power(x, n):
    if n == 0:
        return 1.0
    half = power(x, n // 2)
    return half * half * x if n % 2 else half * half


def recursion(x, n):
    return power(x, n) + x


derivative = grad(recursion)
arguments = (0.9, 5)
