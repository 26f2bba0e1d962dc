"""The four objectives of Microsoft's ADBench (Šrajer, Kukelova and Fitzgibbon 2018), from their published mathematics.

Each is one number here, whose gradient is taken: of bundle adjustment and hand tracking the sum of squared residuals.
"""

from __future__ import annotations

import math

import numpy as np

from benchmarks.workload import Workload, on_jax

# -- a mixture of Gaussians with a Wishart prior ---------------------------------------------------------


def gmm(alphas, means, q, lower, x, rows, columns, gamma, m):
    """``q``: logarithms of the diagonals of the factors Q; ``lower``: what is below, by rows."""
    n = len(x)
    Q = np.zeros((len(alphas), x.shape[1], x.shape[1]))
    Q[:, rows, columns] = lower
    e = np.exp(q)
    d = x[:, None, :] - means
    z = np.einsum("kij,nkj->nki", Q, d, optimize=True) + e * d
    inner = alphas + np.sum(q, axis=1) - 0.5 * np.sum(z * z, axis=2)
    top = np.max(inner, axis=1)
    total = np.sum(top + np.log(np.sum(np.exp(inner - top[:, None]), axis=1)))
    total -= n * np.log(np.sum(np.exp(alphas)))
    return total + 0.5 * gamma * gamma * (np.sum(e * e) + np.sum(lower * lower)) - m * np.sum(q)


def gmm_by_hand(alphas, means, q, lower, x, rows, columns, gamma, m):
    n = len(x)
    Q = np.zeros((len(alphas), x.shape[1], x.shape[1]))
    Q[:, rows, columns] = lower
    e = np.exp(q)
    d = x[:, None, :] - means
    d = d.transpose(1, 0, 2)  # k n j
    z = d @ Q.transpose(0, 2, 1)
    z += e[:, None, :] * d
    inner = np.sum(z * z, axis=2)
    inner *= -0.5
    inner += (alphas + np.sum(q, axis=1))[:, None]
    inner -= np.max(inner, axis=0)
    np.exp(inner, out=inner)
    inner /= np.sum(inner, axis=0)  # the responsibilities, k n
    share = np.sum(inner, axis=1)
    weights = np.exp(alphas)
    alphas_bar = share - (n / np.sum(weights)) * weights
    z *= inner[:, :, None]  # minus z_bar
    Q_bar = z.transpose(0, 2, 1) @ d
    means_bar = np.sum(z @ Q, axis=1) + e * np.sum(z, axis=1)
    g2 = gamma * gamma
    q_bar = share[:, None] - m + e * (g2 * e - np.einsum("kii->ki", Q_bar))
    return alphas_bar, means_bar, q_bar, g2 * lower - Q_bar[:, rows, columns]


def gmm_compiled(alphas, means, q, lower, x, rows, columns, gamma, m):
    n, dim = x.shape
    k = len(alphas)
    e = np.exp(q)
    sums = np.sum(q, axis=1)
    alphas_bar = np.zeros(k)
    means_bar = np.zeros((k, dim))
    e_bar = np.zeros((k, dim))
    lower_bar = np.zeros(lower.shape)
    d = np.empty((k, dim))
    z = np.empty((k, dim))
    inner = np.empty(k)
    for i in range(n):
        xi = x[i]
        top = -np.inf
        for c in range(k):
            dc = d[c]
            zc = z[c]
            mc = means[c]
            ec = e[c]
            lc = lower[c]
            for a in range(dim):
                dc[a] = xi[a] - mc[a]
            square = 0.0
            at = 0
            for a in range(dim):
                s = ec[a] * dc[a]
                for b in range(a):
                    s += lc[at] * dc[b]
                    at += 1
                zc[a] = s
                square += s * s
            v = alphas[c] + sums[c] - 0.5 * square
            inner[c] = v
            top = max(top, v)
        total = 0.0
        for c in range(k):
            inner[c] = math.exp(inner[c] - top)
            total += inner[c]
        for c in range(k):
            w = inner[c] / total
            alphas_bar[c] += w
            dc = d[c]
            zc = z[c]
            ec = e[c]
            lc = lower[c]
            mb = means_bar[c]
            eb = e_bar[c]
            lb = lower_bar[c]
            at = 0
            for a in range(dim):
                s = w * zc[a]
                eb[a] -= s * dc[a]
                mb[a] += s * ec[a]
                for b in range(a):
                    lb[at] -= s * dc[b]
                    mb[b] += s * lc[at]
                    at += 1
    g2 = gamma * gamma
    q_bar = np.empty((k, dim))
    for c in range(k):
        for a in range(dim):
            q_bar[c, a] = alphas_bar[c] - m + e[c, a] * (g2 * e[c, a] + e_bar[c, a])
    weights = np.exp(alphas)
    alphas_bar -= n / np.sum(weights) * weights
    lower_bar += g2 * lower
    return alphas_bar, means_bar, q_bar, lower_bar


def gmm_jax():
    import jax.numpy as jnp
    from jax.nn import logsumexp

    def f(alphas, means, q, lower, x, rows, columns, gamma, m):
        Q = jnp.zeros((len(alphas), x.shape[1], x.shape[1])).at[:, rows, columns].set(lower)
        e = jnp.exp(q)
        d = x[:, None, :] - means
        z = jnp.einsum("kij,nkj->nki", Q, d) + e * d
        inner = alphas + jnp.sum(q, axis=1) - 0.5 * jnp.sum(z * z, axis=2)
        total = jnp.sum(logsumexp(inner, axis=1)) - len(x) * logsumexp(alphas)
        return total + 0.5 * gamma * gamma * (jnp.sum(e * e) + jnp.sum(lower * lower)) - m * jnp.sum(q)

    return f


def gmm_torch():
    import torch

    def f(alphas, means, q, lower, x, rows, columns, gamma, m):
        k, dim = means.shape
        Q = torch.zeros((k, dim, dim), dtype=x.dtype)
        Q[:, rows, columns] = lower
        e = torch.exp(q)
        d = x[:, None, :] - means
        z = torch.einsum("kij,nkj->nki", Q, d) + e * d
        inner = alphas + torch.sum(q, dim=1) - 0.5 * torch.sum(z * z, dim=2)
        total = torch.sum(torch.logsumexp(inner, 1)) - len(x) * torch.logsumexp(alphas, 0)
        return total + 0.5 * gamma * gamma * (torch.sum(e * e) + torch.sum(lower * lower)) - m * torch.sum(q)

    return f


def gmm_autograd():
    import autograd.numpy as anp

    def f(alphas, means, q, lower, x, rows, columns, gamma, m):
        dim = x.shape[1]
        place = np.zeros((len(rows), dim, dim))  # where the entries of the triangle stand
        place[np.arange(len(rows)), rows, columns] = 1.0
        Q = anp.tensordot(lower, place, 1)
        e = anp.exp(q)
        d = x[:, None, :] - means
        z = anp.einsum("kij,nkj->nki", Q, d) + e * d
        inner = alphas + anp.sum(q, axis=1) - 0.5 * anp.sum(z * z, axis=2)
        top = anp.max(inner, axis=1)
        total = anp.sum(top + anp.log(anp.sum(anp.exp(inner - top[:, None]), axis=1)))
        total = total - len(x) * anp.log(anp.sum(anp.exp(alphas)))
        return total + 0.5 * gamma * gamma * (anp.sum(e * e) + anp.sum(lower * lower)) - m * anp.sum(q)

    return f


# -- bundle adjustment: cameras and points from where the points are seen ---------------------------------


def bundle(cameras, points, w, seen_by, seen, features):
    """A camera: rotation vector, centre, focal length, principal point, two coefficients of radial distortion."""
    c = cameras[seen_by]
    x = points[seen] - c[:, 3:6]
    r = c[:, 0:3]
    square = np.sum(r * r, axis=1)
    theta = np.sqrt(square)
    cosine = np.cos(theta)
    axis = r / theta[:, None]
    dot = np.sum(axis * x, axis=1) * (1.0 - cosine)
    y = x * cosine[:, None] + np.cross(axis, x) * np.sin(theta)[:, None] + axis * dot[:, None]
    p = y[:, :2] / y[:, 2:]
    r2 = np.sum(p * p, axis=1)
    bend = 1.0 + c[:, 9] * r2 + c[:, 10] * r2 * r2
    p = p * (bend * c[:, 6])[:, None] + c[:, 7:9]
    e = w[:, None] * (p - features)
    g = 1.0 - w * w
    return np.sum(e * e) + np.sum(g * g)


def bundle_by_hand(cameras, points, w, seen_by, seen, features):
    c = cameras[seen_by]
    x = points[seen] - c[:, 3:6]
    r = c[:, 0:3]
    theta = np.sqrt(np.sum(r * r, axis=1))
    cosine, sine = np.cos(theta), np.sin(theta)
    axis = r / theta[:, None]
    along = np.sum(axis * x, axis=1)
    cross = np.cross(axis, x)
    rest = 1.0 - cosine
    y = x * cosine[:, None] + cross * sine[:, None] + axis * (along * rest)[:, None]
    p = y[:, :2] / y[:, 2:]
    r2 = np.sum(p * p, axis=1)
    k1, k2, f = c[:, 9], c[:, 10], c[:, 6]
    bend = 1.0 + r2 * (k1 + k2 * r2)
    e = p * (bend * f)[:, None] + c[:, 7:9] - features

    w_bar = 2.0 * w * np.sum(e * e, axis=1) - 4.0 * w * (1.0 - w * w)
    e *= (2.0 * w * w)[:, None]  # the cotangent of the projection
    c_bar = np.empty_like(c)
    c_bar[:, 7:9] = e
    scale_bar = np.sum(e * p, axis=1)
    c_bar[:, 6] = scale_bar * bend
    bend_bar = scale_bar * f
    c_bar[:, 9] = bend_bar * r2
    c_bar[:, 10] = bend_bar * r2 * r2
    r2_bar = 2.0 * bend_bar * (k1 + 2.0 * k2 * r2)
    e *= (bend * f)[:, None]
    e += r2_bar[:, None] * p
    y_bar = np.empty_like(y)
    y_bar[:, :2] = e / y[:, 2:]
    y_bar[:, 2] = -np.sum(y_bar[:, :2] * p, axis=1)
    on_axis = np.sum(y_bar * axis, axis=1)
    theta_bar = np.sum(y_bar * cross, axis=1) * cosine + (on_axis * along - np.sum(y_bar * x, axis=1)) * sine
    cross_bar = y_bar * sine[:, None]
    along_bar = on_axis * rest
    x_bar = y_bar * cosine[:, None] + np.cross(cross_bar, axis) + along_bar[:, None] * axis
    axis_bar = y_bar * (along * rest)[:, None] + np.cross(x, cross_bar) + along_bar[:, None] * x
    theta_bar -= np.sum(axis_bar * axis, axis=1) / theta
    c_bar[:, 0:3] = axis_bar / theta[:, None] + theta_bar[:, None] * axis
    c_bar[:, 3:6] = -x_bar
    cameras_bar = np.zeros_like(cameras)
    np.add.at(cameras_bar, seen_by, c_bar)
    points_bar = np.zeros_like(points)
    np.add.at(points_bar, seen, x_bar)
    return cameras_bar, points_bar, w_bar


def bundle_compiled(cameras, points, w, seen_by, seen, features):
    n = len(w)
    cameras_bar = np.zeros(cameras.shape)
    points_bar = np.zeros(points.shape)
    w_bar = np.empty(n)
    for i in range(n):
        c = cameras[seen_by[i]]
        cb = cameras_bar[seen_by[i]]
        pt = points[seen[i]]
        pb = points_bar[seen[i]]
        x0 = pt[0] - c[3]
        x1 = pt[1] - c[4]
        x2 = pt[2] - c[5]
        theta = math.sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2])
        co = math.cos(theta)
        si = math.sin(theta)
        a0 = c[0] / theta
        a1 = c[1] / theta
        a2 = c[2] / theta
        along = a0 * x0 + a1 * x1 + a2 * x2
        n0 = a1 * x2 - a2 * x1
        n1 = a2 * x0 - a0 * x2
        n2 = a0 * x1 - a1 * x0
        rest = 1.0 - co
        t = along * rest
        y0 = x0 * co + n0 * si + a0 * t
        y1 = x1 * co + n1 * si + a1 * t
        y2 = x2 * co + n2 * si + a2 * t
        p0 = y0 / y2
        p1 = y1 / y2
        r2 = p0 * p0 + p1 * p1
        bend = 1.0 + r2 * (c[9] + c[10] * r2)
        s = bend * c[6]
        e0 = p0 * s + c[7] - features[i, 0]
        e1 = p1 * s + c[8] - features[i, 1]
        wi = w[i]
        w_bar[i] = 2.0 * wi * (e0 * e0 + e1 * e1) - 4.0 * wi * (1.0 - wi * wi)
        e0 *= 2.0 * wi * wi
        e1 *= 2.0 * wi * wi
        cb[7] += e0
        cb[8] += e1
        sb = e0 * p0 + e1 * p1
        cb[6] += sb * bend
        bb = sb * c[6]
        cb[9] += bb * r2
        cb[10] += bb * r2 * r2
        rb = 2.0 * bb * (c[9] + 2.0 * c[10] * r2)
        b0 = (e0 * s + rb * p0) / y2
        b1 = (e1 * s + rb * p1) / y2
        b2 = -(b0 * p0 + b1 * p1)
        on = b0 * a0 + b1 * a1 + b2 * a2
        tb = (b0 * n0 + b1 * n1 + b2 * n2) * co + (on * along - b0 * x0 - b1 * x1 - b2 * x2) * si
        m0 = b0 * si
        m1 = b1 * si
        m2 = b2 * si
        lb = on * rest
        xb0 = b0 * co + m1 * a2 - m2 * a1 + lb * a0
        xb1 = b1 * co + m2 * a0 - m0 * a2 + lb * a1
        xb2 = b2 * co + m0 * a1 - m1 * a0 + lb * a2
        ab0 = b0 * t + x1 * m2 - x2 * m1 + lb * x0
        ab1 = b1 * t + x2 * m0 - x0 * m2 + lb * x1
        ab2 = b2 * t + x0 * m1 - x1 * m0 + lb * x2
        tb -= (ab0 * a0 + ab1 * a1 + ab2 * a2) / theta
        cb[0] += ab0 / theta + tb * a0
        cb[1] += ab1 / theta + tb * a1
        cb[2] += ab2 / theta + tb * a2
        cb[3] -= xb0
        cb[4] -= xb1
        cb[5] -= xb2
        pb[0] += xb0
        pb[1] += xb1
        pb[2] += xb2
    return cameras_bar, points_bar, w_bar


def bundle_torch():
    import torch

    def f(cameras, points, w, seen_by, seen, features):
        c = cameras[seen_by]
        x = points[seen] - c[:, 3:6]
        r = c[:, 0:3]
        theta = torch.sqrt(torch.sum(r * r, dim=1))
        cosine = torch.cos(theta)
        axis = r / theta[:, None]
        dot = torch.sum(axis * x, dim=1) * (1.0 - cosine)
        y = x * cosine[:, None] + torch.linalg.cross(axis, x) * torch.sin(theta)[:, None] + axis * dot[:, None]
        p = y[:, :2] / y[:, 2:]
        r2 = torch.sum(p * p, dim=1)
        bend = 1.0 + c[:, 9] * r2 + c[:, 10] * r2 * r2
        p = p * (bend * c[:, 6])[:, None] + c[:, 7:9]
        e = w[:, None] * (p - features)
        g = 1.0 - w * w
        return torch.sum(e * e) + torch.sum(g * g)

    return f


def bundle_autograd():
    import autograd.numpy as anp

    from benchmarks.workload import over

    def cross(a, b):
        turn = [1, 2, 0]
        back = [2, 0, 1]
        return a[:, turn] * b[:, back] - a[:, back] * b[:, turn]

    class Numpy:  # autograd has no cross product
        def __getattr__(self, name):
            return cross if name == "cross" else getattr(anp, name)

    return over(bundle, np=Numpy())


# -- an LSTM with diagonal weights, over a text --------------------------------------------------------


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm(weights, biases, scale_in, scale_out, shift, text):
    """``weights``, ``biases``: layers × 4 gates × characters; ``text``: one row of 0s and a 1 per character."""
    layers, _, d = weights.shape
    h = np.zeros((layers, d))
    s = np.zeros((layers, d))
    total = 0.0
    for t in range(len(text) - 1):
        x = text[t] * scale_in
        for k in range(layers):
            forget = sigmoid(x * weights[k, 0] + biases[k, 0])
            keep = sigmoid(h[k] * weights[k, 1] + biases[k, 1])
            out = sigmoid(x * weights[k, 2] + biases[k, 2])
            change = np.tanh(h[k] * weights[k, 3] + biases[k, 3])
            s[k] = s[k] * forget + keep * change
            h[k] = out * np.tanh(s[k])
            x = h[k].copy()
        y = x * scale_out + shift
        total += np.sum(text[t + 1] * y) - np.log(np.sum(np.exp(y)))
    return -total / len(text)


def lstm_by_hand(weights, biases, scale_in, scale_out, shift, text):
    layers, _, d = weights.shape
    n = len(text) - 1
    h = np.zeros((layers, d))
    s = np.zeros((layers, d))
    xs = np.empty((n, layers, d))
    hs = np.empty((n, layers, d))
    ss = np.empty((n, layers, d))
    gates = np.empty((n, layers, 5, d))
    lasts = np.empty((n, d))
    for t in range(n):
        x = text[t] * scale_in
        for k in range(layers):
            w, b = weights[k], biases[k]
            forget = sigmoid(x * w[0] + b[0])
            keep = sigmoid(h[k] * w[1] + b[1])
            out = sigmoid(x * w[2] + b[2])
            change = np.tanh(h[k] * w[3] + b[3])
            xs[t, k], hs[t, k], ss[t, k] = x, h[k], s[k]
            s[k] = s[k] * forget + keep * change
            c = np.tanh(s[k])
            gates[t, k] = forget, keep, out, change, c
            x = out * c
            h[k] = x
        lasts[t] = x
    y = np.exp(lasts * scale_out + shift)
    y /= np.sum(y, axis=1, keepdims=True)
    y -= text[1:]
    y /= len(text)
    shift_bar = np.sum(y, axis=0)
    scale_out_bar = np.sum(y * lasts, axis=0)
    y *= scale_out
    weights_bar, biases_bar = np.zeros_like(weights), np.zeros_like(biases)
    scale_in_bar = np.zeros(d)
    h_bar, s_bar = np.zeros((layers, d)), np.zeros((layers, d))
    pre = np.empty((4, d))
    for t in range(n - 1, -1, -1):
        x_bar = y[t]
        for k in range(layers - 1, -1, -1):
            forget, keep, out, change, c = gates[t, k]
            hb = h_bar[k] + x_bar
            sb = s_bar[k] + hb * out * (1.0 - c * c)
            pre[0] = sb * ss[t, k] * forget * (1.0 - forget)
            pre[1] = sb * change * keep * (1.0 - keep)
            pre[2] = hb * c * out * (1.0 - out)
            pre[3] = sb * keep * (1.0 - change * change)
            biases_bar[k] += pre
            weights_bar[k, ::2] += pre[::2] * xs[t, k]
            weights_bar[k, 1::2] += pre[1::2] * hs[t, k]
            pre *= weights[k]
            x_bar = pre[0] + pre[2]
            h_bar[k] = pre[1] + pre[3]
            s_bar[k] = sb * forget
        scale_in_bar += text[t] * x_bar
    return weights_bar, biases_bar, scale_in_bar, scale_out_bar, shift_bar


def lstm_compiled(weights, biases, scale_in, scale_out, shift, text):
    layers, _, d = weights.shape
    n = len(text) - 1
    xs = np.empty((n, layers, d))
    hs = np.zeros((n + 1, layers, d))
    ss = np.zeros((n + 1, layers, d))
    gates = np.empty((n, layers, 5, d))
    for t in range(n):
        for k in range(layers):
            w = weights[k]
            b = biases[k]
            g = gates[t, k]
            x = xs[t, k]
            for i in range(d):
                x[i] = text[t, i] * scale_in[i] if k == 0 else hs[t + 1, k - 1, i]
                h = hs[t, k, i]
                g[0, i] = 1.0 / (1.0 + math.exp(-(x[i] * w[0, i] + b[0, i])))
                g[1, i] = 1.0 / (1.0 + math.exp(-(h * w[1, i] + b[1, i])))
                g[2, i] = 1.0 / (1.0 + math.exp(-(x[i] * w[2, i] + b[2, i])))
                g[3, i] = math.tanh(h * w[3, i] + b[3, i])
                s = ss[t, k, i] * g[0, i] + g[1, i] * g[3, i]
                g[4, i] = math.tanh(s)
                ss[t + 1, k, i] = s
                hs[t + 1, k, i] = g[2, i] * g[4, i]
    weights_bar = np.zeros(weights.shape)
    biases_bar = np.zeros(biases.shape)
    scale_in_bar = np.zeros(d)
    scale_out_bar = np.zeros(d)
    shift_bar = np.zeros(d)
    h_bar = np.zeros((layers, d))
    s_bar = np.zeros((layers, d))
    x_bar = np.empty(d)
    y = np.empty(d)
    for t in range(n - 1, -1, -1):
        last = hs[t + 1, layers - 1]
        total = 0.0
        for i in range(d):
            y[i] = math.exp(last[i] * scale_out[i] + shift[i])
            total += y[i]
        for i in range(d):
            v = (y[i] / total - text[t + 1, i]) / (n + 1)
            shift_bar[i] += v
            scale_out_bar[i] += v * last[i]
            x_bar[i] = v * scale_out[i]
        for k in range(layers - 1, -1, -1):
            w = weights[k]
            wb = weights_bar[k]
            bb = biases_bar[k]
            g = gates[t, k]
            for i in range(d):
                hb = h_bar[k, i] + x_bar[i]
                sb = s_bar[k, i] + hb * g[2, i] * (1.0 - g[4, i] * g[4, i])
                p0 = sb * ss[t, k, i] * g[0, i] * (1.0 - g[0, i])
                p1 = sb * g[3, i] * g[1, i] * (1.0 - g[1, i])
                p2 = hb * g[4, i] * g[2, i] * (1.0 - g[2, i])
                p3 = sb * g[1, i] * (1.0 - g[3, i] * g[3, i])
                bb[0, i] += p0
                bb[1, i] += p1
                bb[2, i] += p2
                bb[3, i] += p3
                wb[0, i] += p0 * xs[t, k, i]
                wb[1, i] += p1 * hs[t, k, i]
                wb[2, i] += p2 * xs[t, k, i]
                wb[3, i] += p3 * hs[t, k, i]
                x_bar[i] = p0 * w[0, i] + p2 * w[2, i]
                h_bar[k, i] = p1 * w[1, i] + p3 * w[3, i]
                s_bar[k, i] = sb * g[0, i]
        for i in range(d):
            scale_in_bar[i] += text[t, i] * x_bar[i]
    return weights_bar, biases_bar, scale_in_bar, scale_out_bar, shift_bar


def lstm_in_lists(xp):
    """States as lists of rows: without stores into arrays."""

    def f(weights, biases, scale_in, scale_out, shift, text):
        layers, _, d = weights.shape
        zero = 0.0 * weights[0, 0]
        h = [zero] * layers
        s = [zero] * layers
        total = 0.0
        for t in range(len(text) - 1):
            x = text[t] * scale_in
            for k in range(layers):
                forget = 1.0 / (1.0 + xp.exp(-(x * weights[k, 0] + biases[k, 0])))
                keep = 1.0 / (1.0 + xp.exp(-(h[k] * weights[k, 1] + biases[k, 1])))
                out = 1.0 / (1.0 + xp.exp(-(x * weights[k, 2] + biases[k, 2])))
                change = xp.tanh(h[k] * weights[k, 3] + biases[k, 3])
                s[k] = s[k] * forget + keep * change
                h[k] = out * xp.tanh(s[k])
                x = h[k]
            y = x * scale_out + shift
            total = total + xp.sum(text[t + 1] * y) - xp.log(xp.sum(xp.exp(y)))
        return -total / len(text)

    return f


def lstm_autograd():
    import autograd.numpy as anp

    return lstm_in_lists(anp)


def lstm_torch():
    import torch

    return lstm_in_lists(torch)


def lstm_jax():
    import jax.numpy as jnp
    from jax import lax
    from jax.nn import sigmoid

    def f(weights, biases, scale_in, scale_out, shift, text):
        layers, _, d = weights.shape

        def step(state, at):
            h, s = state
            x, target = at
            x = x * scale_in
            hs, ss = [], []
            for k in range(layers):
                w, b = weights[k], biases[k]
                now = s[k] * sigmoid(x * w[0] + b[0]) + sigmoid(h[k] * w[1] + b[1]) * jnp.tanh(h[k] * w[3] + b[3])
                x = sigmoid(x * w[2] + b[2]) * jnp.tanh(now)
                hs.append(x)
                ss.append(now)
            y = x * scale_out + shift
            return (jnp.stack(hs), jnp.stack(ss)), jnp.sum(target * y) - jnp.log(jnp.sum(jnp.exp(y)))

        zero = jnp.zeros((layers, d))
        return -jnp.sum(lax.scan(step, (zero, zero), (text[:-1], text[1:]))[1]) / len(text)

    return f


# -- the pose of a hand: a skeleton, its skin, and the points that were measured -----------------------


def turn(angles):
    """The rotation of a joint by three Euler angles."""
    cx, cy, cz = np.cos(angles)
    sx, sy, sz = np.sin(angles)
    return np.array(
        [
            [cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz],
            [cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz],
            [-sy, sx * cy, cx * cy],
        ]
    )


def hand(angles, place, parents, offsets, bind, skin, vertices, targets, chosen):
    """``angles``: bones × 3; ``place``: where the wrist is; ``skin``: bones × vertices; ``bind``: at rest."""
    bones = len(parents)
    R = np.zeros((bones, 3, 3))
    p = np.zeros((bones, 3))
    for b in range(bones):
        local = turn(angles[b])
        if b == 0:
            R[0] = local
            p[0] = place
        else:
            a = parents[b]
            R[b] = R[a] @ local
            p[b] = p[a] + R[a] @ offsets[b]
    shift = p - np.einsum("bij,bj->bi", R, bind)
    moved = np.einsum("bij,vj->bvi", R, vertices) + shift[:, None, :]
    where = np.einsum("bv,bvi->vi", skin, moved)
    e = targets - where[chosen]
    return np.sum(e * e)


def turn_by_hand(angles, M_bar):
    """The cotangents of the angles, given that of their rotation."""
    cx, cy, cz = np.cos(angles).tolist()
    sx, sy, sz = np.sin(angles).tolist()
    (m00, m01, m02), (m10, m11, m12), (m20, m21, m22) = M_bar.tolist()
    cx_bar = -m01 * sz + m02 * sy * cz + m11 * cz + m12 * sy * sz + m22 * cy
    sx_bar = m01 * sy * cz + m02 * sz + m11 * sy * sz - m12 * cz + m21 * cy
    cy_bar = m00 * cz + m10 * sz + m21 * sx + m22 * cx
    sy_bar = m01 * sx * cz + m02 * cx * cz + m11 * sx * sz + m12 * cx * sz - m20
    cz_bar = m00 * cy + m01 * sx * sy + m02 * cx * sy + m11 * cx - m12 * sx
    sz_bar = -m01 * cx + m02 * sx + m10 * cy + m11 * sx * sy + m12 * cx * sy
    return cx * sx_bar - sx * cx_bar, cy * sy_bar - sy * cy_bar, cz * sz_bar - sz * cz_bar


def hand_by_hand(angles, place, parents, offsets, bind, skin, vertices, targets, chosen):
    bones = len(parents)
    R = np.empty((bones, 3, 3))
    p = np.empty((bones, 3))
    local = [turn(a) for a in angles]
    R[0] = local[0]
    p[0] = place
    for b in range(1, bones):
        a = parents[b]
        R[b] = R[a] @ local[b]
        p[b] = p[a] + R[a] @ offsets[b]
    # the skin is linear in R and p: what multiplies them does not depend on the pose
    weighted = skin[:, :, None] * (vertices - bind[:, None, :])
    where = np.tensordot(weighted, R, ((0, 2), (0, 2))) + skin.T @ p
    e = where[chosen] - targets
    e *= 2.0
    where_bar = np.zeros_like(where)
    np.add.at(where_bar, chosen, e)
    p_bar = skin @ where_bar
    R_bar = where_bar.T @ weighted
    angles_bar = np.empty_like(angles)
    for b in range(bones - 1, 0, -1):
        a = parents[b]
        p_bar[a] += p_bar[b]
        angles_bar[b] = turn_by_hand(angles[b], R[a].T @ R_bar[b])
        R_bar[a] += R_bar[b] @ local[b].T
        R_bar[a] += p_bar[b][:, None] * offsets[b]
    angles_bar[0] = turn_by_hand(angles[0], R_bar[0])
    return angles_bar, p_bar[0]


def hand_rows(xp):
    """Without stores into arrays."""

    def turn(angles):
        cx, cy, cz = (xp.cos(angles[i]) for i in range(3))
        sx, sy, sz = (xp.sin(angles[i]) for i in range(3))
        rows = (
            (cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz),
            (cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz),
            (-sy, sx * cy, cx * cy),
        )
        return xp.stack([xp.stack(row) for row in rows])

    def f(angles, place, parents, offsets, bind, skin, vertices, targets, chosen):
        R, p = [turn(angles[0])], [place]
        for b in range(1, len(parents)):
            a = int(parents[b])
            R.append(R[a] @ turn(angles[b]))
            p.append(p[a] + R[a] @ offsets[b])
        R, p = xp.stack(R), xp.stack(p)
        shift = p - xp.einsum("bij,bj->bi", R, bind)
        moved = xp.einsum("bij,vj->bvi", R, vertices) + shift[:, None, :]
        e = targets - xp.einsum("bv,bvi->vi", skin, moved)[chosen]
        return xp.sum(e * e)

    return f


def hand_autograd():
    import autograd.numpy as anp

    return hand_rows(anp)


def hand_torch():
    import torch

    return hand_rows(torch)


def hand_jax():
    import jax.numpy as jnp

    def f(angles, place, parents, offsets, bind, skin, vertices, targets, chosen):
        tree = (0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19)  # JAX needs it while tracing
        return hand_rows(jnp)(angles, place, tree, offsets, bind, skin, vertices, targets, chosen)

    return f


# -- with what -------------------------------------------------------------------------------------------


def mixture(n):
    rng = np.random.default_rng(30)
    k, d = 5, 8
    rows, columns = np.tril_indices(d, -1)
    q, lower = 0.1 * rng.standard_normal((k, d)), 0.1 * rng.standard_normal((k, len(rows)))
    return rng.standard_normal(k), rng.standard_normal((k, d)), q, lower, rng.random((n, d)), rows, columns, 1.0, 2.0


def photographs(n):
    rng = np.random.default_rng(31)
    m = max(2, n // 40)
    cameras = np.concatenate(
        (
            0.3 * rng.standard_normal((m, 3)),
            0.1 * rng.standard_normal((m, 3)),
            1.0 + 0.1 * rng.random((m, 1)),
            0.1 * rng.standard_normal((m, 2)),
            0.01 * rng.standard_normal((m, 2)),
        ),
        axis=1,
    )
    points = rng.standard_normal((max(4, n // 4), 3)) + np.array([0.0, 0.0, 6.0])
    seen_by, seen = rng.integers(0, m, n), rng.integers(0, len(points), n)
    return cameras, points, rng.random(n), seen_by, seen, 0.1 * rng.standard_normal((n, 2))


def text(n):
    rng = np.random.default_rng(32)
    d = 14
    letters = np.eye(d)[rng.integers(0, d, n + 1)]
    weights, biases = rng.standard_normal((2, 2, 4, d))
    return weights, biases, rng.standard_normal(d), rng.standard_normal(d), rng.standard_normal(d), letters


def pose(n):
    rng = np.random.default_rng(33)
    parents = np.array([0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19])
    bones = len(parents)
    vertices = rng.random((n, 3))
    skin = rng.random((bones, n)) ** 8
    skin /= np.sum(skin, axis=0)
    angles, offsets, bind = 0.3 * rng.standard_normal((bones, 3)), rng.random((bones, 3)), rng.random((bones, 3))
    return angles, rng.random(3), parents, offsets, bind, skin, vertices, rng.random((n, 3)), rng.integers(0, n, n)


ALL = [
    Workload(
        name="GMM",
        group="array programs",
        primal=gmm,
        argnums=(0, 1, 2, 3),
        inputs=mixture,
        sizes=(20, 200, 2000),
        by_hand=gmm_by_hand,
        compiled=gmm_compiled,
        autograd=gmm_autograd,
        jax=gmm_jax,
        torch=gmm_torch,
    ),
    Workload(
        name="bundle adjustment",
        group="array programs",
        primal=bundle,
        argnums=(0, 1, 2),
        inputs=photographs,
        sizes=(100, 1000, 10000),
        by_hand=bundle_by_hand,
        compiled=bundle_compiled,
        autograd=bundle_autograd,
        jax=on_jax(bundle),
        torch=bundle_torch,
    ),
    Workload(
        name="LSTM, diagonal",
        group="learning",
        primal=lstm,
        argnums=(0, 1, 2, 3, 4),
        inputs=text,
        sizes=(5, 20, 80),
        by_hand=lstm_by_hand,
        compiled=lstm_compiled,
        autograd=lstm_autograd,
        jax=lstm_jax,
        torch=lstm_torch,
    ),
    Workload(
        name="hand tracking",
        group="array programs",
        primal=hand,
        argnums=(0, 1),
        inputs=pose,
        sizes=(20, 200, 2000),
        by_hand=hand_by_hand,
        autograd=hand_autograd,
        jax=hand_jax,
        torch=hand_torch,
    ),
]
