import numpy as np


def block(W, h):
    a = np.tanh(W @ h)
    return h + a * np.cos(a)


def block_adjoint(W, h, out_bar):
    # forward
    a = np.tanh(W @ h)
    # backward
    a_bar = out_bar * np.cos(a)
    a_bar -= out_bar * a * np.sin(a)
    # a = np.tanh(W @ h)
    t_bar = np.multiply(a, a, out=a)
    np.subtract(1.0, t_bar, out=t_bar)
    t_bar *= a_bar
    W_bar = np.outer(t_bar, h)
    h_bar = W.T @ t_bar
    h_bar += out_bar
    return W_bar, h_bar


def value_and_grad_blocks(W, x):
    # forward
    x_saved = []
    for k in range(len(W)):
        x_saved.append(x)
        x = block(W[k], x)
    t = x ** 2
    # backward
    x_bar = 2.0 * x
    W_bar = np.zeros_like(W)
    for k in reversed(range(len(W))):
        # x = block(W[k], x)
        x = x_saved.pop()
        W_bar_2, h_bar = block_adjoint(W[k], x, x_bar)
        W_bar[k] = W_bar_2
        x_bar = h_bar
    x_bar = x_bar.copy()
    return np.sum(t), (W_bar, x_bar)
