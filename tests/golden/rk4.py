"""An ordinary differential equation by Runge and Kutta's method, in numbers."""

from s2sgrad import grad


def slope(x, y, a, b):
    return a * x - b * x * y, b * x * y - y


def rk4(a, b, x, y, n):
    h = 0.1
    for i in range(n):
        k1, l1 = slope(x, y, a, b)
        k2, l2 = slope(x + 0.5 * h * k1, y + 0.5 * h * l1, a, b)
        k3, l3 = slope(x + 0.5 * h * k2, y + 0.5 * h * l2, a, b)
        k4, l4 = slope(x + h * k3, y + h * l3, a, b)
        x += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        y += h / 6.0 * (l1 + 2.0 * l2 + 2.0 * l3 + l4)
    return x * x + y * y


derivative = grad(rk4, argnums=(0, 1))
arguments = (1.1, 0.4, 1.0, 0.8, 4)
