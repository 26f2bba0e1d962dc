import numpy as np


def grad_closures(x, scale):
    # forward
    t = np.sin(x)
    t1 = t * scale
    # backward
    # t * t - scale
    t_bar = 2.0 * (x * x - scale)
    scale_bar = -1.0 - t_bar
    x_bar = t_bar * x
    t_bar = scale * np.cos(t1)
    scale_bar = scale_bar + np.sin(t1) + t_bar * t
    x_bar = 2.0 * x_bar + t_bar * scale * np.cos(x)
    return x_bar, scale_bar
