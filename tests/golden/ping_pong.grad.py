import numpy as np


def grad_ping_pong(u, steps):
    # forward
    old = u.copy()
    new = np.zeros_like(u)
    saved = []
    for t in range(steps):
        t = 0.1 * old[1:-1]
        t1 = old[2:] - old[:-2]
        saved.append((t, t1))
        new[1:-1] = old[1:-1] + t * t1
        new, old = old, new
    # backward
    old_bar = 2.0 * old
    new_bar = np.zeros_like(new)
    for t in reversed(range(steps)):
        # new[1:-1] = old[1:-1] + 0.1 * old[1:-1] * (old[2:] - old[:-2])
        t, t1 = saved.pop()
        t_bar = old_bar[1:-1].copy()
        old_bar[1:-1] = 0.0
        t_bar_2 = t_bar * t
        new_bar[:-2] -= t_bar_2
        new_bar[2:] += t_bar_2
        new_bar[1:-1] += 0.1 * (t_bar * t1) + t_bar
        new_bar, old_bar = old_bar, new_bar
    return old_bar
