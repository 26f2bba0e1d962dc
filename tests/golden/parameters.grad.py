import numpy as np


def grad_parameters(params, x):
    # forward
    W = params['W']
    b = params['b']
    w = params['w']
    t = x @ W
    t += b
    hidden = np.tanh(t)
    # backward
    w_bar = 0.02 * w
    b_bar = 0.02 * b
    W_bar = 0.02 * W
    t_bar = np.broadcast_to(1.0 / x.shape[0], (hidden @ w).shape)
    hidden_bar = t_bar[:, None] * w
    w_bar += hidden.T @ t_bar
    # hidden = np.tanh(x @ params["W"] + params["b"])
    t_bar = np.multiply(hidden, hidden, out=hidden)
    np.subtract(1.0, t_bar, out=t_bar)
    t_bar *= hidden_bar
    b_bar += t_bar.sum(axis=0)
    W_bar += x.T @ t_bar
    return {'W': W_bar, 'b': b_bar, 'w': w_bar}
