"""Recover how fast heat spreads in a rod, from noisy measurements at its end.

The simulation overwrites its array step by step, as one writes it in NumPy; the gradient that s2sgrad emits
runs the same steps backward, in place too.
"""

from __future__ import annotations

import numpy as np

from s2sgrad import value_and_grad


def simulate(alpha, u, steps):
    """Explicit finite differences for u_t = alpha u_xx, in units of the grid; the ends are kept at their values."""
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return u


def misfit(alpha, u, steps, measured):
    """Half the squared distance between simulated and measured temperatures."""
    r = simulate(alpha, u, steps) - measured
    return 0.5 * np.sum(r * r)


def recover(true_alpha=0.3, guess=0.1, steps=200, points=64, seed=0):
    """Newton's method on the misfit's gradient, by secants. Prints each step; returns the coefficient."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0.0, 1.0, points)
    start = np.sin(np.pi * x) + 0.5 * np.sin(3.0 * np.pi * x)
    measured = simulate(true_alpha, start, steps) + 1e-3 * rng.standard_normal(points)

    misfit_and_slope = value_and_grad(misfit)
    print(misfit_and_slope.source(guess, start, steps, measured))
    alpha, step = guess, 1e-3
    alpha_before = slope_before = None
    for iteration in range(50):
        value, slope = misfit_and_slope(alpha, start, steps, measured)
        print(f"{iteration:3d}  alpha {alpha:.6f}  misfit {value:.3e}  slope {slope:+.3e}")
        if abs(slope) < 1e-9:
            break
        if slope_before is not None:
            step = np.clip((alpha - alpha_before) / (slope - slope_before), 1e-6, 1.0)
        alpha_before, slope_before = alpha, slope
        alpha = float(np.clip(alpha - step * slope, 0.0, 0.5))
    print(f"true coefficient {true_alpha}, recovered {alpha:.5f}")
    return alpha


if __name__ == "__main__":
    if abs(recover() - 0.3) > 2e-3:
        raise SystemExit("the coefficient was not recovered")
