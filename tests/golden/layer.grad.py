import numpy as np


def grad_layer(W, b, X, Y):
    # forward
    t = X @ W
    t += b
    H = np.tanh(t)
    R = H - Y
    # backward
    # H = np.tanh(X @ W + b)
    t_bar = np.multiply(H, H, out=H)
    np.subtract(1.0, t_bar, out=t_bar)
    t_bar *= R
    b_bar = t_bar.sum(axis=0)
    W_bar = X.T @ t_bar
    return W_bar, b_bar
