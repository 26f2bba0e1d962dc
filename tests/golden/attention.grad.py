import numpy as np


def grad_attention(Q, K, V):
    # forward
    S = np.einsum('id,jd->ij', Q, K)
    P = np.exp(S - np.max(S, axis=1, keepdims=True))
    t = np.sum(P, axis=1, keepdims=True)
    P_2 = P / t
    # backward
    t_bar = 2.0 * np.einsum('ij,jd->id', P_2, V)
    P_bar = np.einsum('id,jd->ij', t_bar, V)
    V_bar = np.einsum('id,ij->jd', t_bar, P_2)
    # P = P / np.sum(P, axis=1, keepdims=True)
    P_bar_2 = P_bar / t
    P_bar_2 -= np.sum(P_bar * (P_2 / t), axis=1, keepdims=True)
    # P = np.exp(S - np.max(S, axis=1, keepdims=True))
    t_bar = P_bar_2 * P
    # S = np.einsum("id,jd->ij", Q, K)
    Q_bar = np.einsum('ij,jd->id', t_bar, K)
    K_bar = np.einsum('ij,id->jd', t_bar, Q)
    return Q_bar, K_bar, V_bar
