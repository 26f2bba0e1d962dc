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
    return r_bar * (((t > -2.0) & (t < 2.0)) + 0.5 * ((t == -2.0) | (t == 2.0))) @ x
