import numpy as np


def grad_early_return(x, limit):
    # forward
    saved = []
    # backward
    if x < 0.0:
        return -1.0
    returned = False
    steps = 0
    for k in range(10):
        steps += 1
        x_2 = np.sin(x) + 0.5 * x
        saved.append((x, x_2))
        if x_2 > limit:
            returned = True
        x = x_2
        if returned:
            break
    if returned:
        result_bar = 1.0
        x_bar = 0.0
    else:
        result_bar = 0.0
        x_bar = 1.0
    for k in reversed(range(steps)):
        x_2, x = saved.pop()
        if x > limit:
            x_bar += 2.0 * (result_bar * x)
        # x = np.sin(x) + 0.5 * x
        x_bar = 0.5 * x_bar + x_bar * np.cos(x_2)
        result_bar = 0.0
    return x_bar
