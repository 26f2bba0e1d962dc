"""Losses of small models, as they are trained."""

from __future__ import annotations

import numpy as np

from benchmarks.workload import Workload, on_autograd, on_jax

# -- logistic regression -----------------------------------------------------------------------------


def logistic_regression(w, b, X, y):
    z = X @ w + b
    return np.mean(np.logaddexp(0.0, z) - y * z) + 0.01 * np.sum(w * w)


def logistic_regression_by_hand(w, b, X, y):
    z = X @ w
    z += b
    np.negative(z, out=z)
    np.exp(z, out=z)
    z += 1.0
    np.divide(1.0, z, out=z)
    z -= y
    z /= len(y)
    return X.T @ z + 0.02 * w, np.sum(z)


def logistic_regression_torch():
    import torch

    def f(w, b, X, y):
        z = X @ w + b
        return torch.mean(torch.logaddexp(torch.zeros((), dtype=z.dtype), z) - y * z) + 0.01 * torch.sum(w * w)

    return f


# -- a multilayer perceptron with softmax and cross-entropy ----------------------------------------------


def mlp(W1, b1, W2, b2, W3, b3, X, Y):
    h = np.maximum(X @ W1 + b1, 0.0)
    h = np.tanh(h @ W2 + b2)
    z = h @ W3 + b3
    z = z - np.max(z, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - np.sum(Y * z, axis=1))


def mlp_by_hand(W1, b1, W2, b2, W3, b3, X, Y):
    h1 = X @ W1
    h1 += b1
    np.maximum(h1, 0.0, out=h1)
    h2 = h1 @ W2
    h2 += b2
    np.tanh(h2, out=h2)
    z = h2 @ W3
    z += b3
    z -= np.max(z, axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= np.sum(z, axis=1, keepdims=True)
    z -= Y
    z /= len(X)
    W3_bar = h2.T @ z
    t2 = z @ W3.T
    h2 *= h2
    np.subtract(1.0, h2, out=h2)
    t2 *= h2
    W2_bar = h1.T @ t2
    t1 = t2 @ W2.T
    t1 *= h1 > 0.0
    return X.T @ t1, np.sum(t1, axis=0), W2_bar, np.sum(t2, axis=0), W3_bar, np.sum(z, axis=0)


def mlp_torch():
    import torch

    def f(W1, b1, W2, b2, W3, b3, X, Y):
        h = torch.relu(X @ W1 + b1)
        h = torch.tanh(h @ W2 + b2)
        z = h @ W3 + b3
        return torch.mean(torch.logsumexp(z, 1) - torch.sum(Y * z, dim=1))

    return f


# -- a long short-term memory over a sequence -----------------------------------------------------------


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm(W, U, b, V, X, Y):
    """``X``: steps × batch × inputs; ``W``, ``U``: to the four gates, side by side."""
    n = U.shape[0]
    h = np.zeros((X.shape[1], n))
    c = np.zeros((X.shape[1], n))
    for t in range(len(X)):
        z = X[t] @ W + h @ U + b
        i = sigmoid(z[:, :n])
        f = sigmoid(z[:, n : 2 * n])
        o = sigmoid(z[:, 2 * n : 3 * n])
        g = np.tanh(z[:, 3 * n :])
        c = f * c + i * g
        h = o * np.tanh(c)
    e = h @ V - Y
    return np.sum(e * e)


def lstm_by_hand(W, U, b, V, X, Y):
    n = U.shape[0]
    steps, batch, inputs = X.shape
    hs = np.zeros((steps + 1, batch, n))
    cs = np.zeros((steps + 1, batch, n))
    gates = (X.reshape(-1, inputs) @ W).reshape(steps, batch, 4 * n)
    gates += b
    for t in range(steps):
        z = gates[t]
        z += hs[t] @ U
        s = z[:, : 3 * n]
        np.negative(s, out=s)
        np.exp(s, out=s)
        s += 1.0
        np.divide(1.0, s, out=s)
        g = z[:, 3 * n :]
        np.tanh(g, out=g)
        c = z[:, n : 2 * n] * cs[t]
        c += z[:, :n] * g
        cs[t + 1] = c
        np.multiply(z[:, 2 * n : 3 * n], np.tanh(c), out=hs[t + 1])
    e = hs[steps] @ V
    e -= Y
    e *= 2.0
    V_bar = hs[steps].T @ e
    h_bar = e @ V.T
    c_bar = np.zeros((batch, n))
    z_bars = np.empty((steps, batch, 4 * n))
    for t in range(steps - 1, -1, -1):
        z, z_bar = gates[t], z_bars[t]
        i, f, o, g = z[:, :n], z[:, n : 2 * n], z[:, 2 * n : 3 * n], z[:, 3 * n :]
        tc = np.tanh(cs[t + 1])
        c_bar += h_bar * o * (1.0 - tc * tc)
        np.multiply(c_bar * g, i * (1.0 - i), out=z_bar[:, :n])
        np.multiply(c_bar * cs[t], f * (1.0 - f), out=z_bar[:, n : 2 * n])
        np.multiply(h_bar * tc, o * (1.0 - o), out=z_bar[:, 2 * n : 3 * n])
        np.multiply(c_bar * i, 1.0 - g * g, out=z_bar[:, 3 * n :])
        c_bar *= f
        h_bar = z_bar @ U.T
    flat = z_bars.reshape(-1, 4 * n)
    W_bar = X.reshape(-1, inputs).T @ flat
    U_bar = hs[:steps].reshape(-1, n).T @ flat
    return W_bar, U_bar, np.sum(flat, axis=0), V_bar


def lstm_jax():
    import jax.numpy as jnp
    from jax import lax
    from jax.nn import sigmoid

    def loss(W, U, b, V, X, Y):
        n = U.shape[0]

        def step(state, x):
            h, c = state
            z = x @ W + h @ U + b
            i, f, o = sigmoid(z[:, :n]), sigmoid(z[:, n : 2 * n]), sigmoid(z[:, 2 * n : 3 * n])
            c = f * c + i * jnp.tanh(z[:, 3 * n :])
            return (o * jnp.tanh(c), c), None

        zero = jnp.zeros((X.shape[1], n))
        (h, _), _ = lax.scan(step, (zero, zero), X)
        e = h @ V - Y
        return jnp.sum(e * e)

    return loss


def lstm_torch():
    import torch

    def loss(W, U, b, V, X, Y):
        n = U.shape[0]
        h = torch.zeros((X.shape[1], n), dtype=X.dtype)
        c = h
        for t in range(len(X)):
            z = X[t] @ W + h @ U + b
            i, f, o = torch.sigmoid(z[:, : 3 * n]).split(n, 1)
            c = f * c + i * torch.tanh(z[:, 3 * n :])
            h = o * torch.tanh(c)
        e = h @ V - Y
        return torch.sum(e * e)

    return loss


# -- convolution, batch normalisation, and a residual block ----------------------------------------------


def convolution(x, W):
    """3 × 3 over images of batch × height × width × channels, zero outside."""
    batch, height, width, _ = x.shape
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    y = padded[:, 0:height, 0:width] @ W[0, 0]
    for i in range(3):
        for j in range(3):
            if i > 0 or j > 0:
                y = y + padded[:, i : i + height, j : j + width] @ W[i, j]
    return y


def normalised(x, gain, shift):
    mean = np.mean(x, axis=(0, 1, 2))
    centred = x - mean
    variance = np.mean(centred * centred, axis=(0, 1, 2))
    return centred * (gain / np.sqrt(variance + 1e-5)) + shift


def residual(W1, g1, s1, W2, g2, s2, x, target):
    h = np.maximum(normalised(convolution(x, W1), g1, s1), 0.0)
    y = np.maximum(normalised(convolution(h, W2), g2, s2) + x, 0.0)
    e = y - target
    return np.mean(e * e)


def pad(x):
    batch, height, width, channels = x.shape
    padded = np.zeros((batch, height + 2, width + 2, channels))
    padded[:, 1:-1, 1:-1] = x
    return padded


def convolution_forward(padded, W):
    batch, height, width, channels = padded.shape
    windows = np.empty((batch, height - 2, width - 2, 3, 3, channels))
    for i in range(3):
        for j in range(3):
            windows[:, :, :, i, j] = padded[:, i : i + height - 2, j : j + width - 2]
    windows = windows.reshape(-1, 9 * channels)
    y = windows @ W.reshape(9 * channels, -1)
    return windows, y.reshape(batch, height - 2, width - 2, -1)


def normalised_forward(x, gain, shift):
    centred = x - np.mean(x, axis=(0, 1, 2))
    inverse = 1.0 / np.sqrt(np.mean(centred * centred, axis=(0, 1, 2)) + 1e-5)
    centred *= inverse
    y = centred * gain
    y += shift
    return centred, inverse, y


def normalised_backward(unit, inverse, gain, y_bar):
    n = y_bar.size // y_bar.shape[-1]
    shift_bar = np.sum(y_bar, axis=(0, 1, 2))
    gain_bar = np.einsum("bhwc,bhwc->c", y_bar, unit)
    x_bar = y_bar - shift_bar / n
    x_bar -= unit * (gain_bar / n)
    x_bar *= gain * inverse
    return gain_bar, shift_bar, x_bar


def residual_by_hand(W1, g1, s1, W2, g2, s2, x, target):
    batch, height, width, channels = x.shape
    windows1, a = convolution_forward(pad(x), W1)
    unit1, inverse1, h = normalised_forward(a, g1, s1)
    np.maximum(h, 0.0, out=h)
    windows2, a = convolution_forward(pad(h), W2)
    unit2, inverse2, y = normalised_forward(a, g2, s2)
    y += x
    np.maximum(y, 0.0, out=y)
    positive = y > 0.0
    y -= target
    y *= 2.0 / y.size
    y *= positive
    g2_bar, s2_bar, a_bar = normalised_backward(unit2, inverse2, g2, y)
    flat = a_bar.reshape(-1, a_bar.shape[-1])
    W2_bar = (windows2.T @ flat).reshape(W2.shape)
    padded_bar = np.zeros((batch, height + 2, width + 2, h.shape[-1]))
    for i in range(3):
        for j in range(3):
            padded_bar[:, i : i + height, j : j + width] += a_bar @ W2[i, j].T
    h_bar = padded_bar[:, 1:-1, 1:-1] * (h > 0.0)
    g1_bar, s1_bar, a_bar = normalised_backward(unit1, inverse1, g1, h_bar)
    W1_bar = (windows1.T @ a_bar.reshape(-1, a_bar.shape[-1])).reshape(W1.shape)
    return W1_bar, g1_bar, s1_bar, W2_bar, g2_bar, s2_bar


def residual_autograd():
    import autograd.numpy as anp

    from benchmarks.workload import over

    class Numpy:  # autograd's pad wants its mode named
        def __getattr__(self, name):
            return (lambda x, width: anp.pad(x, width, mode="constant")) if name == "pad" else getattr(anp, name)

    return over(residual, np=Numpy())


def residual_jax():
    import jax.numpy as jnp
    from jax import lax

    def normalised(x, gain, shift):
        mean = jnp.mean(x, axis=(0, 1, 2))
        variance = jnp.mean((x - mean) ** 2, axis=(0, 1, 2))
        return (x - mean) * (gain / jnp.sqrt(variance + 1e-5)) + shift

    def convolution(x, W):
        return lax.conv_general_dilated(x, W, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))

    def f(W1, g1, s1, W2, g2, s2, x, target):
        h = jnp.maximum(normalised(convolution(x, W1), g1, s1), 0.0)
        y = jnp.maximum(normalised(convolution(h, W2), g2, s2) + x, 0.0)
        return jnp.mean((y - target) ** 2)

    return f


def residual_torch():
    import torch
    from torch.nn.functional import batch_norm, conv2d

    def block(x, W, gain, shift):
        y = conv2d(x, W.permute(3, 2, 0, 1), padding=1)
        return batch_norm(y, None, None, gain, shift, training=True, eps=1e-5)

    def f(W1, g1, s1, W2, g2, s2, x, target):
        x = x.permute(0, 3, 1, 2)
        h = torch.relu(block(x, W1, g1, s1))
        y = torch.relu(block(h, W2, g2, s2) + x)
        return torch.mean((y - target.permute(0, 3, 1, 2)) ** 2)

    return f


# -- attention (Vaswani and others 2017) -----------------------------------------------------------------


def attention(Wq, Wk, Wv, X, Y):
    """``X``: batch × positions × width."""
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ np.swapaxes(K, 1, 2) / np.sqrt(Wq.shape[1])
    S = np.exp(S - np.max(S, axis=2, keepdims=True))
    A = S / np.sum(S, axis=2, keepdims=True)
    E = A @ V - Y
    return np.sum(E * E)


def attention_by_hand(Wq, Wk, Wv, X, Y):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    A = Q @ K.transpose(0, 2, 1)
    scale = 1.0 / np.sqrt(Wq.shape[1])
    A *= scale
    A -= np.max(A, axis=2, keepdims=True)
    np.exp(A, out=A)
    A /= np.sum(A, axis=2, keepdims=True)
    E = A @ V
    E -= Y
    E *= 2.0
    V_bar = A.transpose(0, 2, 1) @ E
    S = E @ V.transpose(0, 2, 1)
    S -= np.einsum("bij,bij->bi", S, A)[:, :, None]
    S *= A
    S *= scale
    flat = X.reshape(-1, X.shape[2]).T
    Wq_bar = flat @ (S @ K).reshape(-1, K.shape[2])
    Wk_bar = flat @ (S.transpose(0, 2, 1) @ Q).reshape(-1, Q.shape[2])
    return Wq_bar, Wk_bar, flat @ V_bar.reshape(-1, V.shape[2])


def attention_torch():
    import torch

    def f(Wq, Wk, Wv, X, Y):
        Q, K, V = X @ Wq, X @ Wk, X @ Wv
        A = torch.softmax(Q @ K.transpose(1, 2) / Wq.shape[1] ** 0.5, dim=2)
        E = A @ V - Y
        return torch.sum(E * E)

    return f


# -- the factorisation of a matrix of which some entries are known ----------------------------------------


def factorisation(U, V, rows, columns, ratings):
    e = np.sum(U[rows] * V[columns], axis=1) - ratings
    return np.sum(e * e) + 0.1 * (np.sum(U * U) + np.sum(V * V))


def factorisation_by_hand(U, V, rows, columns, ratings):
    u, v = U[rows], V[columns]
    e = np.einsum("ij,ij->i", u, v)
    e -= ratings
    e *= 2.0
    U_bar, V_bar = 0.2 * U, 0.2 * V
    v *= e[:, None]
    u *= e[:, None]
    np.add.at(U_bar, rows, v)
    np.add.at(V_bar, columns, u)
    return U_bar, V_bar


def factorisation_compiled(U, V, rows, columns, ratings):
    U_bar = 0.2 * U
    V_bar = 0.2 * V
    k = U.shape[1]
    for i in range(len(ratings)):
        u = U[rows[i]]
        v = V[columns[i]]
        ub = U_bar[rows[i]]
        vb = V_bar[columns[i]]
        e = -ratings[i]
        for j in range(k):
            e += u[j] * v[j]
        e *= 2.0
        for j in range(k):
            ub[j] += e * v[j]
            vb[j] += e * u[j]
    return U_bar, V_bar


def factorisation_torch():
    import torch

    def f(U, V, rows, columns, ratings):
        e = torch.sum(U[rows] * V[columns], dim=1) - ratings
        return torch.sum(e * e) + 0.1 * (torch.sum(U * U) + torch.sum(V * V))

    return f


# -- with what -------------------------------------------------------------------------------------------


def examples(n):
    rng = np.random.default_rng(40)
    return rng.standard_normal(50), 0.1, rng.standard_normal((n, 50)), rng.integers(0, 2, n).astype(float)


def layers(n):
    rng = np.random.default_rng(41)
    W1, W2, W3 = (0.2 * rng.standard_normal(shape) for shape in ((64, 100), (100, 50), (50, 10)))
    b1, b2, b3 = (0.1 * rng.standard_normal(k) for k in (100, 50, 10))
    return W1, b1, W2, b2, W3, b3, rng.standard_normal((n, 64)), np.eye(10)[rng.integers(0, 10, n)]


def sequences(n):
    rng = np.random.default_rng(42)
    W, U, V = (0.2 * rng.standard_normal(shape) for shape in ((16, 4 * n), (n, 4 * n), (n, 4)))
    return W, U, np.zeros(4 * n), V, rng.standard_normal((50, 8, 16)), rng.standard_normal((8, 4))


def images(n):
    rng = np.random.default_rng(43)
    W1, W2 = 0.2 * rng.standard_normal((2, 3, 3, 8, 8))
    g1, g2 = 1.0 + 0.1 * rng.standard_normal((2, 8))
    s1, s2 = 0.1 * rng.standard_normal((2, 8))
    return W1, g1, s1, W2, g2, s2, *rng.standard_normal((2, 4, n, n, 8))


def positions(n):
    rng = np.random.default_rng(44)
    Wq, Wk, Wv = 0.2 * rng.standard_normal((3, 32, 32))
    return Wq, Wk, Wv, *rng.standard_normal((2, 4, n, 32))


def ratings(n):
    rng = np.random.default_rng(45)
    m = max(4, n // 20)
    return (*rng.standard_normal((2, m, 10)), *rng.integers(0, m, (2, n)), rng.random(n))


ALL = [
    Workload(
        name="logistic regression",
        group="learning",
        primal=logistic_regression,
        argnums=(0, 1),
        inputs=examples,
        sizes=(20, 500, 10000),
        by_hand=logistic_regression_by_hand,
        autograd=on_autograd(logistic_regression),
        jax=on_jax(logistic_regression),
        torch=logistic_regression_torch,
    ),
    Workload(
        name="MLP",
        group="learning",
        primal=mlp,
        argnums=(0, 1, 2, 3, 4, 5),
        inputs=layers,
        sizes=(8, 64, 512),
        by_hand=mlp_by_hand,
        autograd=on_autograd(mlp),
        jax=on_jax(mlp),
        torch=mlp_torch,
    ),
    Workload(
        name="LSTM, 50 steps",
        group="learning",
        primal=lstm,
        argnums=(0, 1, 2, 3),
        inputs=sequences,
        sizes=(8, 32, 128),
        by_hand=lstm_by_hand,
        autograd=on_autograd(lstm),
        jax=lstm_jax,
        torch=lstm_torch,
    ),
    Workload(
        name="residual block",
        group="learning",
        primal=residual,
        argnums=(0, 1, 2, 3, 4, 5),
        inputs=images,
        sizes=(6, 16, 48),
        by_hand=residual_by_hand,
        autograd=residual_autograd,
        jax=residual_jax,
        torch=residual_torch,
    ),
    Workload(
        name="attention",
        group="learning",
        primal=attention,
        argnums=(0, 1, 2),
        inputs=positions,
        sizes=(8, 32, 128),
        by_hand=attention_by_hand,
        autograd=on_autograd(attention),
        jax=on_jax(attention),
        torch=attention_torch,
    ),
    Workload(
        name="matrix factorisation",
        group="learning",
        primal=factorisation,
        argnums=(0, 1),
        inputs=ratings,
        sizes=(100, 2000, 40000),
        by_hand=factorisation_by_hand,
        compiled=factorisation_compiled,
        autograd=on_autograd(factorisation),
        jax=on_jax(factorisation),
        torch=factorisation_torch,
    ),
]
