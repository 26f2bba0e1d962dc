"""Whole models as people write them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.frontend.checking import N, check, matrix


def kalman(q, r, zs):
    x, P, ll = 0.0, 1.0, 0.0
    for z in zs:
        P = P + q
        S = P + r
        K = P / S
        e = z - x
        ll += -0.5 * (math.log(2 * math.pi * S) + e * e / S)
        x = x + K * e
        P = (1 - K) * P
    return ll


def hmm(logA, logB, pi, obs):
    a = np.log(pi) + logB[:, obs[0]]
    for t in range(1, len(obs)):
        m = a.max()
        a = np.log(np.exp(a - m) @ np.exp(logA)) + m + logB[:, obs[t]]
    return np.log(np.sum(np.exp(a - a.max()))) + a.max()


def bs(S, K, T, r, s):
    d1 = (math.log(S / K) + (r + s * s / 2) * T) / (s * math.sqrt(T))
    d2 = d1 - s * math.sqrt(T)
    N = lambda t: 0.5 * (1 + math.erf(t / math.sqrt(2)))
    return S * N(d1) - K * math.exp(-r * T) * N(d2)


def nbody(pos, vel, m, steps):
    dt = 0.01
    pos = pos.copy()
    vel = vel.copy()
    n = len(m)
    for _ in range(steps):
        acc = np.zeros_like(pos)
        for i in range(n):
            for j in range(n):
                if i != j:
                    d = pos[j] - pos[i]
                    acc[i] += m[j] * d / (np.dot(d, d) + 0.01) ** 1.5
        vel += dt * acc
        pos += dt * vel
    return 0.5 * np.sum(m[:, None] * vel**2)


def nbody_vec(pos, m):
    d = pos[:, None, :] - pos[None, :, :]
    r2 = np.sum(d**2, axis=-1) + np.eye(len(pos))
    return -0.5 * np.sum(m[:, None] * m[None, :] / np.sqrt(r2))


def gp(X, y, ls, s):
    D = (X[:, None] - X[None, :]) ** 2
    K = np.exp(-0.5 * D / ls**2) + s**2 * np.eye(len(X))
    L = np.linalg.cholesky(K)
    al = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return 0.5 * y @ al + np.sum(np.log(np.diag(L)))


def gmm(alphas, mu, x):
    n, d = x.shape
    lse = 0.0
    for i in range(n):
        t = alphas - 0.5 * np.sum((x[i] - mu) ** 2, axis=1)
        m = np.max(t)
        lse += m + np.log(np.sum(np.exp(t - m)))
    return lse - n * np.log(np.sum(np.exp(alphas)))


def heat2d(u, k, n):
    for _ in range(n):
        u = u.copy()
        u[1:-1, 1:-1] += k * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1])
    return (u**2).mean()


def attention(Q, K, V):
    S = Q @ K.T / np.sqrt(Q.shape[1])
    S = S - S.max(axis=1, keepdims=True)
    P = np.exp(S)
    P /= P.sum(axis=1, keepdims=True)
    return np.sum((P @ V) ** 2)


def lstm(W, xs, h0):
    h = h0
    c = np.zeros_like(h0)
    n = len(h0)
    sig = lambda t: 1 / (1 + np.exp(-t))
    for x in xs:
        z = W @ np.concatenate([h, x])
        i, f, o, g = sig(z[:n]), sig(z[n : 2 * n]), sig(z[2 * n : 3 * n]), np.tanh(z[3 * n :])
        c = f * c + i * g
        h = o * np.tanh(c)
    return h.sum()


def conv(x, w):
    n, k = len(x), len(w)
    out = np.zeros(n - k + 1)
    for i in range(n - k + 1):
        out[i] = np.sum(x[i : i + k] * w)
    return np.maximum(out, 0.0).sum()


def simpson(f, a, b, n):
    h = (b - a) / n
    s = f(a) + f(b)
    for i in range(1, n):
        s += (4 if i % 2 else 2) * f(a + i * h)
    return s * h / 3


def usesimpson(k):
    return simpson(lambda t: math.sin(k * t) * math.exp(-t), 0.0, 1.0, 10)


def mf(U, V, R, mask):
    E = (U @ V.T - R) * mask
    return np.sum(E**2) + 0.1 * (np.sum(U * U) + np.sum(V * V))


def gs_orth(A):
    Q = A.copy()
    for j in range(A.shape[1]):
        for k in range(j):
            Q[:, j] -= np.dot(Q[:, k], Q[:, j]) * Q[:, k]
        Q[:, j] /= np.sqrt(np.dot(Q[:, j], Q[:, j]))
    return (Q * np.arange(1.0, Q.size + 1).reshape(Q.shape)).sum()


def power_it(A):
    v = np.ones(A.shape[0])
    for _ in range(20):
        v = A @ v
        v = v / np.linalg.norm(v)
    return v @ A @ v


def knots(x, xs, ys):
    k = 0
    while k < len(xs) - 2 and x > xs[k + 1]:
        k += 1
    t = (x - xs[k]) / (xs[k + 1] - xs[k])
    return ys[k] * (1 - t) + ys[k + 1] * t


def opt(w):
    v = np.zeros_like(w)
    for t in range(5):
        g = 2 * w * np.cos(w)
        v = 0.9 * v - 0.1 * g
        w = w + v
    return np.sum(w**2)


def softmax_xent(W, X, y):
    z = X @ W
    z = z - z.max(axis=1, keepdims=True)
    lp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -lp[np.arange(len(y)), y].mean()


CASES = [
    (kalman, (0.1, 0.5, N)),
    (hmm, (matrix(2, 2), matrix(2, 3), matrix(2, 1)[:, 0], np.array([0, 2, 1]))),
    (bs, (100.0, 95.0, 1.0, 0.05, 0.2)),
    (nbody, (matrix(3, 2), matrix(3, 2) * 0.1, N, 2)),
    (nbody_vec, (matrix(3, 2), N)),
    (gp, (np.array([0.1, 0.5, 0.9]), N, 0.4, 0.3)),
    (gmm, (N * 0.1, matrix(3, 2), matrix(4, 2))),
    (heat2d, (matrix(4, 5), 0.1, 2)),
    (attention, (matrix(3, 2), matrix(4, 2), matrix(4, 2))),
    (lstm, (matrix(8, 5) * 0.5, matrix(3, 3), matrix(2, 1)[:, 0])),
    (conv, (matrix(6, 1)[:, 0], matrix(3, 1)[:, 0] - 0.4)),
    (usesimpson, (1.3,)),
    (mf, (matrix(3, 2), matrix(4, 2), matrix(3, 4), np.ones((3, 4)))),
    (gs_orth, (matrix(4, 3),)),
    (power_it, (matrix(3, 3) @ matrix(3, 3).T,)),
    (knots, (1.3, np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 2.0, 0.0, 4.0]))),
    (opt, (N,)),
    (softmax_xent, (matrix(3, 4), matrix(5, 3), np.array([0, 1, 3, 2, 1]))),
]


@pytest.mark.parametrize(("function", "args"), CASES)
def test_derivatives(function, args):
    check(function, *args)
