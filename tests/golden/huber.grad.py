import numpy as np


def grad_huber(w, x, y, delta):
    # forward
    t = w * x
    r = np.clip(t, -2.0, 2.0) - y
    a = np.absolute(r)
    # backward
    t1 = x.size
    # a = np.abs(r)
    r_bar = np.where(a < delta, 0.5 * r / t1 + 0.5 * (r / t1), delta / t1 * np.sign(r))
    # r = np.clip(w * x, -2.0, 2.0) - y
    t1 = t == -2.0
    t2 = t == 2.0
    return np.sum(r_bar * np.where(t1 | t2, 0.5, (t > -2.0) & (t < 2.0)) * x)
