import numpy as np


def grad_leaving(x, v):
    # forward
    total_saved = []
    total = 0.0
    stopped = False
    steps = 0
    for t in v:
        steps += 1
        if not t < 0.0:
            total += x * t
            total_saved.append(total)
            if total > 2.0:
                total *= x
                stopped = True
                break
    # backward
    x_bar = 0.0 if stopped else -1.0
    v_bar = np.zeros_like(v)
    total_bar = 1.0
    for i in reversed(range(steps)):
        t = v[i]
        if t < 0.0:
            t_bar = 0.0
        else:
            total = total_saved.pop()
            if total > 2.0:
                # total *= x
                x_bar += total_bar * total
                total_bar = total_bar * x
            # total += x * t
            x_bar += total_bar * t
            t_bar = total_bar * x
        v_bar[i] = t_bar
    return x_bar, v_bar
