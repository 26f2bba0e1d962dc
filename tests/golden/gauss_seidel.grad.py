import numpy as np


def grad_gauss_seidel(u, f, sweeps):
    # forward
    u = u.copy()
    saved = []
    for s in range(sweeps):
        for i in range(1, len(u) - 1):
            t = u[i]
            t1 = u[i]
            saved.append((t, t1))
            u[i] = 0.5 * (u[i - 1] + u[i + 1] - f[i] * t * t1)
    # backward
    u_bar = 2.0 * u
    f_bar = np.zeros_like(f)
    t = u.shape
    for s in reversed(range(sweeps)):
        for i in reversed(range(1, t[0] - 1)):
            # u[i] = 0.5 * (u[i - 1] + u[i + 1] - f[i] * u[i] * u[i])
            t2, t1 = saved.pop()
            t3 = f[i]
            t_bar = u_bar[i]
            t_bar_2 = 0.5 * t_bar
            t_bar = -0.5 * t_bar
            t_bar_3 = t_bar * t1
            u_bar[i] = t_bar * (t3 * t2) + t_bar_3 * t3
            f_bar[i] += t_bar_3 * t2
            u_bar[i + 1] += t_bar_2
            u_bar[i - 1] += t_bar_2
    return u_bar, f_bar
