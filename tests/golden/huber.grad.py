import numpy as np


def grad_huber(w, x, y, delta):
    # forward
    t = w * x
    r = np.clip(t, -2.0, 2.0) - y
    a = np.absolute(r)
    t1 = a < delta
    # backward
    t_bar = np.broadcast_to(1.0 / x.size, x.shape)
    t_bar_2 = np.where(t1, t_bar, 0.0)
    r_bar = t_bar_2 * (0.5 * r)
    r_bar += 0.5 * (t_bar_2 * r)
    # a = np.abs(r)
    r_bar += np.where(t1, 0.0, t_bar) * delta * np.sign(r)
    # r = np.clip(w * x, -2.0, 2.0) - y
    t1 = t == -2.0
    t2 = t == 2.0
    return np.sum(r_bar * np.where(t1 | t2, 0.5, (t > -2.0) & (t < 2.0)) * x)
