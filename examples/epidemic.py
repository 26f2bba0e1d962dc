"""Fit the rates of an epidemic model to case counts: an ordinary differential equation, integrated by hand.

The integrator is a scalar loop (Runge-Kutta, fourth order) over a function of the author's own; s2sgrad enters the
calls, reverses the loop, and saves only what the backward part needs.
"""

from __future__ import annotations

import numpy as np

from s2sgrad import value_and_grad


def rates(s, i, beta, gamma):
    """Susceptible and infected fractions change (Kermack & McKendrick 1927)."""
    infections = beta * s * i
    return -infections, infections - gamma * i


def infected(beta, gamma, i, days, steps_per_day):
    """The infected fraction at the end of each day."""
    s = 1.0 - i
    h = 1.0 / steps_per_day
    history = []
    for _ in range(days):
        for _ in range(steps_per_day):
            s1, i1 = rates(s, i, beta, gamma)
            s2, i2 = rates(s + 0.5 * h * s1, i + 0.5 * h * i1, beta, gamma)
            s3, i3 = rates(s + 0.5 * h * s2, i + 0.5 * h * i2, beta, gamma)
            s4, i4 = rates(s + h * s3, i + h * i3, beta, gamma)
            s += h / 6.0 * (s1 + 2.0 * s2 + 2.0 * s3 + s4)
            i += h / 6.0 * (i1 + 2.0 * i2 + 2.0 * i3 + i4)
        history.append(i)
    return history


def misfit(beta, gamma, i, counts, steps_per_day):
    """The squared distance between the logarithms of modelled and counted cases."""
    modelled = infected(beta, gamma, i, len(counts), steps_per_day)
    total = 0.0
    for m, c in zip(modelled, counts, strict=True):
        total += (np.log(m) - np.log(c)) ** 2
    return total


def fit(beta=0.4, gamma=0.4, days=60, steps_per_day=4, seed=0):
    """Gradient descent with a step size per parameter (Rprop: Riedmiller & Braun 1993). Returns the rates."""
    rng = np.random.default_rng(seed)
    true = (0.5, 0.2)
    counts = np.array(infected(*true, 1e-3, days, steps_per_day)) * np.exp(0.02 * rng.standard_normal(days))

    misfit_and_gradient = value_and_grad(misfit, argnums=(0, 1))
    print(misfit_and_gradient.source(beta, gamma, 1e-3, counts, steps_per_day))
    x, steps, before = np.array([beta, gamma]), np.full(2, 0.01), np.zeros(2)
    for iteration in range(200):
        value, gradient = misfit_and_gradient(float(x[0]), float(x[1]), 1e-3, counts, steps_per_day)
        signs = np.sign(gradient)
        steps = np.clip(steps * np.where(signs * before < 0, 0.5, 1.2), 1e-8, 0.05)
        x, before = x - steps * signs, signs
        if iteration % 20 == 0:
            print(f"{iteration:4d}  beta {x[0]:.4f}  gamma {x[1]:.4f}  misfit {value:.5f}")
        if np.max(steps) < 1e-6:
            break
    print(f"true rates {true}, recovered ({x[0]:.4f}, {x[1]:.4f})")
    return x


if __name__ == "__main__":
    if np.max(np.abs(fit() - (0.5, 0.2))) > 0.01:
        raise SystemExit("the rates were not recovered")
