"""A list that grows, and one made by a comprehension."""

from s2sgrad import grad


def lists(x, n):
    powers = [1.0]
    for k in range(n):
        powers.append(powers[-1] * x)
    return sum([0.5 * p * p for p in powers])


derivative = grad(lists)
arguments = (0.7, 4)
