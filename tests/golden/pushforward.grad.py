import numpy as np


def jvp_pushforward(x, v, n, x_dot, v_dot):
    s = 0.0
    s_dot = 0.0
    for i in range(n):
        if s < 1.0:
            t = v[i:]
            t_dot = v_dot[i:]
            t1 = np.sum(t ** 2)
            t_dot = 2.0 * (np.sum(t_dot * t) * x) + x_dot * t1
            s_2 = s + x * t1
            s_dot = t_dot + s_dot
        else:
            t = np.exp(-x)
            s_2 = s * t
            s_dot = s_dot * t - x_dot * t * s
        s = s_2
    return s, s_dot
