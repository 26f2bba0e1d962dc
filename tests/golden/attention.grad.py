import numpy as np


def grad_attention(Q, K, V):
    # forward
    S = Q @ K.T
    P = np.exp(S - np.max(S, axis=1, keepdims=True))
    P /= np.sum(P, axis=1, keepdims=True)
    # backward
    t_bar = 2.0 * (P @ V)
    P_bar = t_bar @ V.T
    V_bar = P.T @ t_bar
    # P = P / np.sum(P, axis=1, keepdims=True)
    t = np.subtract(P_bar, np.vecdot(P_bar, P)[:, None], out=P_bar)
    # P = np.exp(S - np.max(S, axis=1, keepdims=True))
    t_bar = np.multiply(P, t, out=t)
    # S = np.einsum("id,jd->ij", Q, K)
    Q_bar = t_bar @ K
    K_bar = t_bar.T @ Q
    return Q_bar, K_bar, V_bar
