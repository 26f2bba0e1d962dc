import numpy as np


def grad_grad_curvature(x, n):
    # forward
    x_saved = []
    x_saved_2 = []
    for i in range(n):
        x_saved_2.append(x)
        x_saved.append(x)
        x = np.sin(x) + 0.1 * x * x
    saved = []
    # backward
    x_bar = 1.0
    for i in reversed(range(n)):
        # x = np.sin(x) + 0.1 * x * x
        x = x_saved.pop()
        t = np.cos(x)
        saved.append((x_bar, x, t))
        x_bar = 0.2 * (x_bar * x) + x_bar * t
    x_saved_bar = [0.0] * len(x_saved)
    x_bar_bar = 1.0
    for i in range(n):
        # x = np.sin(x) + 0.1 * x * x
        x_bar, x, t = saved.pop()
        t_bar = x_bar_bar * x_bar
        t_bar_bar = 0.1 * x_bar_bar
        x_bar_bar = x_bar_bar * t + 0.1 * (x_bar_bar * x) + t_bar_bar * x
        x_bar = t_bar_bar * x_bar - t_bar * np.sin(x) + 0.1 * t_bar
        x_saved_bar.append(x_bar)
    x_bar = 0.0
    for i in reversed(range(n)):
        # x = np.sin(x) + 0.1 * x * x
        x = x_saved_2.pop()
        x_bar = 0.2 * (x_bar * x) + x_bar * np.cos(x)
        x_bar_2 = x_saved_bar.pop()
        x_bar += x_bar_2
    return x_bar
