import numpy as np


def grad_alignment(x, y, gamma):
    # forward
    t = len(y)
    D = np.zeros((len(x) + 1, t + 1))
    saved = []
    for i in range(len(x)):
        for j in range(len(y)):
            a = D[i, j]
            b = D[i, j + 1]
            c = D[i + 1, j]
            t1 = np.exp(-a / gamma)
            t2 = np.exp(-b / gamma)
            t3 = np.exp(-c / gamma)
            saved.append((t1, t2, t3))
            low = -gamma * np.log(t1 + t2 + t3)
            D[i + 1, j + 1] = (x[i] - y[j]) ** 2 + low
    # backward
    D_bar = np.zeros_like(D)
    D_bar[-1, -1] = 1.0
    y_bar = np.zeros_like(y)
    x_bar = np.zeros_like(x)
    for i in reversed(range(len(x))):
        # a, b, c = D[i, j], D[i, j + 1], D[i + 1, j]
        t1 = i + 1
        t2 = 0.0
        for j in reversed(range(t)):
            # D[i + 1, j + 1] = (x[i] - y[j]) ** 2 + low
            t5, t4, t3 = saved.pop()
            t_bar = D_bar[t1, j + 1]
            t_bar_2 = 2.0 * (t_bar * (x[i] - y[j]))
            y_bar[j] -= t_bar_2
            t2 += t_bar_2
            # low = -gamma * np.log(np.exp(-a / gamma) + np.exp(-b / gamma) + np.exp(-c / gamma))
            t6 = t_bar * gamma / (t5 + t4 + t3)
            # a, b, c = D[i, j], D[i, j + 1], D[i + 1, j]
            D_bar[t1, j] += t6 * t3 / gamma
            D_bar[i, j + 1] += t6 * t4 / gamma
            D_bar[i, j] += t6 * t5 / gamma
        if t > 0:
            # D[i + 1, j + 1] = (x[i] - y[j]) ** 2 + low
            x_bar[i] = t2
    return x_bar, y_bar
