import numpy as np


def grad_layer(W, b, X, Y):
    # forward
    H = np.tanh(X @ W + b)
    R = H - Y
    # backward
    # H = np.tanh(X @ W + b)
    t_bar = R * (1.0 - H * H)
    b_bar = np.sum(t_bar, axis=0)
    W_bar = X.T @ t_bar
    return W_bar, b_bar
