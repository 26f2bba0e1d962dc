import numpy as np


def grad_attention(Q, K, V):
    # forward
    S = Q @ K.T
    P = np.exp(S - np.max(S, axis=1, keepdims=True))
    t = np.sum(P, axis=1, keepdims=True)
    P_2 = P / t
    # backward
    t_bar = 2.0 * (P_2 @ V)
    P_bar = t_bar @ V.T
    V_bar = P_2.T @ t_bar
    # P = P / np.sum(P, axis=1, keepdims=True)
    P_bar /= t
    P_bar -= np.vecdot(P_bar, P_2)[:, None]
    # P = np.exp(S - np.max(S, axis=1, keepdims=True))
    t_bar = np.multiply(P_bar, P, out=P_bar)
    # S = np.einsum("id,jd->ij", Q, K)
    Q_bar = t_bar @ K
    K_bar = t_bar.T @ Q
    return Q_bar, K_bar, V_bar
