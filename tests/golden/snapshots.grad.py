import numpy as np


def next_snapshot(first, last, free):
    """The next step to keep the state of, on the way from step ``first``, whose state is kept, to step ``last``.

    ``free``: how many more snapshots may be taken; without any the answer is ``last``, which is reversed next. So the
    number of steps that are computed again is least (Griewank & Walther, ACM TOMS 26, 2000).
    """
    steps, s = last - first + 1, free + 1
    if steps <= 2 or s <= 1:
        return last
    r, fewer, reach = 1, 1, s + 1  # C(s + r - 1, s) and C(s + r, s) steps
    while reach < steps:
        r += 1
        fewer, reach = reach, reach * (s + r) // r
    return first + min(fewer, steps - fewer * s // (s + r - 1))


def advance(first, last, u, kappa):
    u = u.copy()
    for _ in range(first, last):
        u[1:-1] += kappa * (u[2:] - 2.0 * u[1:-1] + u[:-2]) * u[1:-1]
    return u


def grad_snapshots(u, kappa, n):
    # forward
    u = u.copy()
    snapshots = []
    following = 0
    for i in range(n):
        if i == following:
            snapshots.append((i, u.copy()))
            following = next_snapshot(i, n - 1, 3 - len(snapshots))
        u[1:-1] += kappa * (u[2:] - 2.0 * u[1:-1] + u[:-2]) * u[1:-1]
    # backward
    u_bar = np.zeros_like(u)
    kappa_bar = 0.0
    for i in reversed(range(n)):
        first, u = snapshots.pop()
        while first < i:
            snapshots.append((first, u))
            following = next_snapshot(first, i, 3 - len(snapshots))
            u = advance(first, following, u, kappa)
            first = following
        # u[1:-1] += kappa * (u[2:] - 2.0 * u[1:-1] + u[:-2]) * u[1:-1]
        t = u[1:-1]
        t1 = u[2:] - 2.0 * t + u[:-2]
        t2 = kappa * t1
        u = u.copy()
        u[1:-1] = t + t2 * t
        # energy += np.sum(u**2)
        u_bar += 2.0 * u
        # u[1:-1] += kappa * (u[2:] - 2.0 * u[1:-1] + u[:-2]) * u[1:-1]
        t_bar = u_bar[1:-1]
        t_bar_2 = t_bar * t
        t_bar = t_bar * t2
        kappa_bar += t_bar_2 @ t1
        t_bar_2 *= kappa
        u_bar[:-2] += t_bar_2
        u_bar[1:-1] += t_bar - 2.0 * t_bar_2
        u_bar[2:] += t_bar_2
    return u_bar, kappa_bar
