"""Loops over numbers: what tracing cannot do well."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.workload import Workload, on_autograd, on_torch

# -- Kepler's equation by Newton's method, for n mean anomalies ----------------------------------------


def kepler(e, h, n):
    total = 0.0
    for k in range(n):
        M = h * k
        E = M
        r = -e * math.sin(E)
        while abs(r) > 1e-12:
            E = E - r / (1.0 - e * math.cos(E))
            r = E - e * math.sin(E) - M
        total += E * E
    return total


def kepler_by_hand(e, h, n):
    e_bar = 0.0
    h_bar = 0.0
    for k in range(n):
        M = h * k
        E = M
        s = math.sin(E)
        r = -e * s
        saved = [(s, 0.0, 0.0)]
        while abs(r) > 1e-12:
            c = math.cos(E)
            step = r / (1.0 - e * c)
            E -= step
            saved.append((s, c, step))
            s = math.sin(E)
            r = E - e * s - M
        E_bar = 2.0 * E
        M_bar = 0.0
        for i in range(len(saved) - 1, 0, -1):
            # E - r / d, where r = E - e s - M and d = 1 - e c is dr/dE: what comes back to E is of second order
            s, c, step = saved[i]
            r_bar = -E_bar / (1.0 - e * c)
            d_bar = -r_bar * step
            e_bar -= c * d_bar + s * r_bar
            M_bar -= r_bar
            E_bar = e * s * d_bar
        h_bar += (E_bar + M_bar) * k
    return e_bar, h_bar


def kepler_jax():
    import jax.numpy as jnp
    from jax import lax

    def f(e, h, n):
        M = h * jnp.arange(n)

        def newton(E, _):
            r = E - e * jnp.sin(E) - M
            return E - r / (1.0 - e * jnp.cos(E)), None

        E, _ = lax.scan(newton, M, None, length=8)  # reverse mode has no while loops
        return jnp.sum(E * E)

    return f


# -- Lotka and Volterra's equations by the classical Runge-Kutta method -------------------------------


def rk4(a, b, c, d, x, y, h, n):
    for _ in range(n):
        k1 = a * x - b * x * y
        l1 = c * x * y - d * y
        u = x + 0.5 * h * k1
        v = y + 0.5 * h * l1
        k2 = a * u - b * u * v
        l2 = c * u * v - d * v
        u = x + 0.5 * h * k2
        v = y + 0.5 * h * l2
        k3 = a * u - b * u * v
        l3 = c * u * v - d * v
        u = x + h * k3
        v = y + h * l3
        k4 = a * u - b * u * v
        l4 = c * u * v - d * v
        x = x + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        y = y + h / 6.0 * (l1 + 2.0 * l2 + 2.0 * l3 + l4)
    return x * x + y


def rk4_by_hand(a, b, c, d, x, y, h, n):
    xs = []
    ys = []
    for _ in range(n):
        xs.append(x)
        ys.append(y)
        k1 = a * x - b * x * y
        l1 = c * x * y - d * y
        u = x + 0.5 * h * k1
        v = y + 0.5 * h * l1
        k2 = a * u - b * u * v
        l2 = c * u * v - d * v
        u = x + 0.5 * h * k2
        v = y + 0.5 * h * l2
        k3 = a * u - b * u * v
        l3 = c * u * v - d * v
        u = x + h * k3
        v = y + h * l3
        x += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + a * u - b * u * v)
        y += h / 6.0 * (l1 + 2.0 * l2 + 2.0 * l3 + c * u * v - d * v)
    a_bar = b_bar = c_bar = d_bar = 0.0
    x_bar = 2.0 * x
    y_bar = 1.0
    for i in range(n - 1, -1, -1):
        x = xs[i]
        y = ys[i]
        u2 = x + 0.5 * h * (a * x - b * x * y)
        v2 = y + 0.5 * h * (c * x * y - d * y)
        u3 = x + 0.5 * h * (a * u2 - b * u2 * v2)
        v3 = y + 0.5 * h * (c * u2 * v2 - d * v2)
        u4 = x + h * (a * u3 - b * u3 * v3)
        v4 = y + h * (c * u3 * v3 - d * v3)
        k_bar = h / 6.0 * x_bar
        l_bar = h / 6.0 * y_bar
        # stage 4
        w_bar = c * l_bar - b * k_bar
        u_bar = a * k_bar + v4 * w_bar
        v_bar = u4 * w_bar - d * l_bar
        a_bar += u4 * k_bar
        b_bar -= u4 * v4 * k_bar
        c_bar += u4 * v4 * l_bar
        d_bar -= v4 * l_bar
        x0_bar = x_bar + u_bar
        y0_bar = y_bar + v_bar
        # stage 3
        k = 2.0 * k_bar + h * u_bar
        l = 2.0 * l_bar + h * v_bar
        w_bar = c * l - b * k
        u_bar = a * k + v3 * w_bar
        v_bar = u3 * w_bar - d * l
        a_bar += u3 * k
        b_bar -= u3 * v3 * k
        c_bar += u3 * v3 * l
        d_bar -= v3 * l
        x0_bar += u_bar
        y0_bar += v_bar
        # stage 2
        k = 2.0 * k_bar + 0.5 * h * u_bar
        l = 2.0 * l_bar + 0.5 * h * v_bar
        w_bar = c * l - b * k
        u_bar = a * k + v2 * w_bar
        v_bar = u2 * w_bar - d * l
        a_bar += u2 * k
        b_bar -= u2 * v2 * k
        c_bar += u2 * v2 * l
        d_bar -= v2 * l
        x0_bar += u_bar
        y0_bar += v_bar
        # stage 1
        k = k_bar + 0.5 * h * u_bar
        l = l_bar + 0.5 * h * v_bar
        w_bar = c * l - b * k
        a_bar += x * k
        b_bar -= x * y * k
        c_bar += x * y * l
        d_bar -= y * l
        x_bar = x0_bar + a * k + y * w_bar
        y_bar = y0_bar + x * w_bar - d * l
    return a_bar, b_bar, c_bar, d_bar, x_bar, y_bar


def rk4_jax():
    from jax import lax

    def f(a, b, c, d, x, y, h, n):
        def rate(x, y):
            return a * x - b * x * y, c * x * y - d * y

        def step(state, _):
            x, y = state
            k1, l1 = rate(x, y)
            k2, l2 = rate(x + 0.5 * h * k1, y + 0.5 * h * l1)
            k3, l3 = rate(x + 0.5 * h * k2, y + 0.5 * h * l2)
            k4, l4 = rate(x + h * k3, y + h * l3)
            x = x + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
            y = y + h / 6.0 * (l1 + 2.0 * l2 + 2.0 * l3 + l4)
            return (x, y), None

        (x, y), _ = lax.scan(step, (x, y), None, length=n)
        return x * x + y

    return f


# -- the logistic map ---------------------------------------------------------------------------------


def logistic(r, x, n):
    for _ in range(n):
        x = r * x * (1.0 - x)
    return x


def logistic_by_hand(r, x, n):
    saved = []
    for _ in range(n):
        saved.append(x)
        x = r * x * (1.0 - x)
    r_bar = 0.0
    x_bar = 1.0
    for i in range(n - 1, -1, -1):
        x = saved[i]
        r_bar += x * (1.0 - x) * x_bar
        x_bar *= r * (1.0 - 2.0 * x)
    return r_bar, x_bar


def logistic_jax():
    from jax import lax

    def f(r, x, n):
        return lax.scan(lambda x, _: (r * x * (1.0 - x), None), x, None, length=n)[0]

    return f


# -- a polynomial by Horner's rule ----------------------------------------------------------------------


def horner(c, x):
    y = 0.0
    for i in range(len(c) - 1, -1, -1):
        y = y * x + c[i]
    return y


def horner_by_hand(c, x):
    n = len(c)
    saved = np.empty(n)
    y = 0.0
    for i in range(n - 1, -1, -1):
        saved[i] = y
        y = y * x + c[i]
    c_bar = np.empty(n)
    x_bar = 0.0
    y_bar = 1.0
    for i in range(n):
        c_bar[i] = y_bar
        x_bar += saved[i] * y_bar
        y_bar *= x
    return c_bar, x_bar


def horner_jax():
    from jax import lax

    def f(c, x):
        return lax.scan(lambda y, c: (y * x + c, None), 0.0 * x, c, reverse=True)[0]

    return f


# -- soft dynamic time warping (Cuturi and Blondel 2017) ----------------------------------------------


def soft_dtw(D, gamma):
    n, m = D.shape
    R = np.full((n + 1, m + 1), 1e10)
    R[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            a = R[i - 1, j - 1]
            b = R[i - 1, j]
            c = R[i, j - 1]
            low = min(a, b, c)
            s = math.exp((low - a) / gamma) + math.exp((low - b) / gamma) + math.exp((low - c) / gamma)
            R[i, j] = D[i - 1, j - 1] + low - gamma * math.log(s)
    return R[n, m]


def soft_dtw_by_hand(D, gamma):
    n, m = D.shape
    R = np.full((n + 1, m + 1), 1e10)
    R[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            a = R[i - 1, j - 1]
            b = R[i - 1, j]
            c = R[i, j - 1]
            low = min(a, b, c)
            s = math.exp((low - a) / gamma) + math.exp((low - b) / gamma) + math.exp((low - c) / gamma)
            R[i, j] = D[i - 1, j - 1] + low - gamma * math.log(s)
    R_bar = np.zeros((n + 1, m + 1))
    R_bar[n, m] = 1.0
    for i in range(n, 0, -1):
        for j in range(m, 0, -1):
            r_bar = R_bar[i, j]
            soft = R[i, j] - D[i - 1, j - 1]
            R_bar[i - 1, j - 1] += r_bar * math.exp((soft - R[i - 1, j - 1]) / gamma)
            R_bar[i - 1, j] += r_bar * math.exp((soft - R[i - 1, j]) / gamma)
            R_bar[i, j - 1] += r_bar * math.exp((soft - R[i, j - 1]) / gamma)
    return (R_bar[1:, 1:].copy(),)


def soft_dtw_listed():
    """The table as a list of rows: autograd has no stores into arrays."""
    import autograd.numpy as anp

    def f(D, gamma):
        n, m = D.shape
        above = [0.0] + [1e10] * m
        for i in range(n):
            row = [1e10]
            for j in range(m):
                a, b, c = above[j], above[j + 1], row[j]
                low = min(a, b, c)
                s = anp.exp((low - a) / gamma) + anp.exp((low - b) / gamma) + anp.exp((low - c) / gamma)
                row.append(D[i, j] + low - gamma * anp.log(s))
            above = row
        return above[m]

    return f


def soft_dtw_torch():
    import torch

    def f(D, gamma):
        n, m = D.shape
        big = torch.tensor(1e10, dtype=D.dtype)
        above = [torch.zeros((), dtype=D.dtype)] + [big] * m
        for i in range(n):
            row = [big]
            for j in range(m):
                near = torch.stack((above[j], above[j + 1], row[j]))
                row.append(D[i, j] - gamma * torch.logsumexp(-near / gamma, 0))
            above = row
        return above[m]

    return f


def soft_dtw_jax():
    import jax.numpy as jnp
    from jax import lax
    from jax.nn import logsumexp

    def f(D, gamma):
        m = D.shape[1]

        def row(above, d):
            def cell(left, at):
                a, b, d = at
                r = d - gamma * logsumexp(-jnp.stack((a, b, left)) / gamma)
                return r, r

            _, now = lax.scan(cell, jnp.asarray(1e10), (above[:-1], above[1:], d))
            return jnp.concatenate((jnp.full(1, 1e10), now)), None

        first = jnp.concatenate((jnp.zeros(1), jnp.full(m, 1e10)))
        return lax.scan(row, first, D)[0][m]

    return f


# -- Thomas's algorithm for tridiagonal systems -----------------------------------------------------


def thomas(a, b, c, d, w):
    n = len(d)
    p = np.empty(n)
    q = np.empty(n)
    p[0] = c[0] / b[0]
    q[0] = d[0] / b[0]
    for i in range(1, n):
        m = b[i] - a[i] * p[i - 1]
        p[i] = c[i] / m
        q[i] = (d[i] - a[i] * q[i - 1]) / m
    x = q[n - 1]
    total = w[n - 1] * x
    for i in range(n - 2, -1, -1):
        x = q[i] - p[i] * x
        total += w[i] * x
    return total


def thomas_by_hand(a, b, c, d, w):
    n = len(d)
    m = np.empty(n)
    p = np.empty(n)
    x = np.empty(n)
    m[0] = b[0]
    p[0] = c[0] / b[0]
    x[0] = d[0] / b[0]
    for i in range(1, n):
        m[i] = b[i] - a[i] * p[i - 1]
        p[i] = c[i] / m[i]
        x[i] = (d[i] - a[i] * x[i - 1]) / m[i]
    for i in range(n - 2, -1, -1):
        x[i] -= p[i] * x[i + 1]
    # the transposed system, by the same factors; then d_bar = y, A_bar = -outer(y, x) on the three diagonals
    y = np.empty(n)
    y[0] = w[0]
    for i in range(1, n):
        y[i] = w[i] - p[i - 1] * y[i - 1]
    y[n - 1] /= m[n - 1]
    for i in range(n - 2, -1, -1):
        y[i] = (y[i] - a[i + 1] * y[i + 1]) / m[i]
    a_bar = np.zeros(n)
    a_bar[1:] = -y[1:] * x[:-1]
    c_bar = np.zeros(n)
    c_bar[:-1] = -y[:-1] * x[1:]
    return a_bar, -y * x, c_bar, y


def thomas_listed(a, b, c, d, w):
    n = len(d)
    p = [c[0] / b[0]]
    q = [d[0] / b[0]]
    for i in range(1, n):
        m = b[i] - a[i] * p[i - 1]
        p.append(c[i] / m)
        q.append((d[i] - a[i] * q[i - 1]) / m)
    x = q[n - 1]
    total = w[n - 1] * x
    for i in range(n - 2, -1, -1):
        x = q[i] - p[i] * x
        total += w[i] * x
    return total


def thomas_jax():
    import jax.numpy as jnp
    from jax import lax

    def f(a, b, c, d, w):
        def down(before, row):
            p, q = before
            a, b, c, d = row
            m = b - a * p
            now = c / m, (d - a * q) / m
            return now, now

        _, (p, q) = lax.scan(down, (0.0, 0.0), (a, b, c, d))
        _, x = lax.scan(lambda x, pq: (pq[1] - pq[0] * x,) * 2, 0.0, (p, q), reverse=True)
        return jnp.sum(w * x)

    return f


# -- the likelihood of a hidden Markov model, forward, with scaling -----------------------------------


def hmm(A, B, start, seen):
    k = len(start)
    alpha = np.empty(k)
    new = np.empty(k)
    for j in range(k):
        alpha[j] = start[j] * B[j, seen[0]]
    total = 0.0
    for t in range(1, len(seen)):
        scale = 0.0
        for j in range(k):
            s = 0.0
            for i in range(k):
                s += alpha[i] * A[i, j]
            new[j] = s * B[j, seen[t]]
            scale += new[j]
        for j in range(k):
            alpha[j] = new[j] / scale
        total += math.log(scale)
    return total


def hmm_by_hand(A, B, start, seen):
    n = len(seen)
    k = len(start)
    alphas = np.empty((n, k))
    scales = np.empty(n)
    for j in range(k):
        alphas[0, j] = start[j] * B[j, seen[0]]
    for t in range(1, n):
        o = seen[t]
        scale = 0.0
        for j in range(k):
            s = 0.0
            for i in range(k):
                s += alphas[t - 1, i] * A[i, j]
            s *= B[j, o]
            alphas[t, j] = s
            scale += s
        for j in range(k):
            alphas[t, j] /= scale
        scales[t] = scale
    A_bar = np.zeros((k, k))
    B_bar = np.zeros(B.shape)
    start_bar = np.empty(k)
    alpha_bar = np.zeros(k)
    back = np.empty(k)
    for t in range(n - 1, 0, -1):
        o = seen[t]
        scale = scales[t]
        dot = 0.0
        for j in range(k):
            dot += alpha_bar[j] * alphas[t, j]
        for j in range(k):
            back[j] = (1.0 - dot + alpha_bar[j]) / scale
            # s of the forward pass, from what it became
            B_bar[j, o] += back[j] * alphas[t, j] * scale / B[j, o]
            back[j] *= B[j, o]
        for i in range(k):
            s = 0.0
            for j in range(k):
                A_bar[i, j] += alphas[t - 1, i] * back[j]
                s += A[i, j] * back[j]
            alpha_bar[i] = s
    for j in range(k):
        start_bar[j] = alpha_bar[j] * B[j, seen[0]]
        B_bar[j, seen[0]] += alpha_bar[j] * start[j]
    return A_bar, B_bar, start_bar


def hmm_in_arrays(A, B, start, seen):
    alpha = start * B[:, seen[0]]
    total = 0.0
    for t in range(1, len(seen)):
        alpha = (alpha @ A) * B[:, seen[t]]
        scale = alpha.sum()
        alpha = alpha / scale
        total += math.log(scale)
    return total


def hmm_jax():
    import jax.numpy as jnp
    from jax import lax

    def f(A, B, start, seen):
        def step(alpha, o):
            alpha = (alpha @ A) * B[:, o]
            scale = jnp.sum(alpha)
            return alpha / scale, jnp.log(scale)

        return jnp.sum(lax.scan(step, start * B[:, seen[0]], seen[1:])[1])

    return f


# -- a Kalman filter: position and velocity, the position measured ------------------------------------


def kalman(q, r, z):
    x = 0.0
    v = 0.0
    pxx = 1.0
    pxv = 0.0
    pvv = 1.0
    total = 0.0
    for t in range(len(z)):
        x = x + v
        pxx = pxx + 2.0 * pxv + pvv + q / 3.0
        pxv = pxv + pvv + q / 2.0
        pvv = pvv + q
        s = pxx + r
        e = z[t] - x
        total += math.log(s) + e * e / s
        kx = pxx / s
        kv = pxv / s
        x = x + kx * e
        v = v + kv * e
        pvv = pvv - kv * pxv
        pxv = (1.0 - kx) * pxv
        pxx = (1.0 - kx) * pxx
    return 0.5 * total


def kalman_by_hand(q, r, z):
    n = len(z)
    es = np.empty(n)
    pxxs = np.empty(n)
    pxvs = np.empty(n)
    x = v = pxv = 0.0
    pxx = pvv = 1.0
    for t in range(n):
        x += v
        pxx += 2.0 * pxv + pvv + q / 3.0
        pxv += pvv + q / 2.0
        pvv += q
        e = z[t] - x
        es[t] = e
        pxxs[t] = pxx
        pxvs[t] = pxv
        s = pxx + r
        kx = pxx / s
        kv = pxv / s
        x += kx * e
        v += kv * e
        pvv -= kv * pxv
        pxv *= 1.0 - kx
        pxx *= 1.0 - kx
    q_bar = r_bar = 0.0
    x_bar = v_bar = pxx_bar = pxv_bar = pvv_bar = 0.0
    z_bar = np.empty(n)
    for t in range(n - 1, -1, -1):
        e = es[t]
        pxx = pxxs[t]
        pxv = pxvs[t]
        s = pxx + r
        kx = pxx / s
        kv = pxv / s
        kx_bar = e * x_bar - pxx * pxx_bar - pxv * pxv_bar
        kv_bar = e * v_bar - pxv * pvv_bar
        e_bar = kx * x_bar + kv * v_bar + e / s
        s_bar = 0.5 / s - 0.5 * e * e / (s * s) - (kx * kx_bar + kv * kv_bar) / s
        pxx_bar = (1.0 - kx) * pxx_bar + kx_bar / s + s_bar
        pxv_bar = (1.0 - kx) * pxv_bar - kv * pvv_bar + kv_bar / s
        r_bar += s_bar
        z_bar[t] = e_bar
        x_bar -= e_bar
        q_bar += pxx_bar / 3.0 + pxv_bar / 2.0 + pvv_bar
        pvv_bar += pxx_bar + pxv_bar
        pxv_bar += 2.0 * pxx_bar
        v_bar += x_bar
    return q_bar, r_bar, z_bar


def kalman_jax():
    import jax.numpy as jnp
    from jax import lax

    def f(q, r, z):
        def step(state, z):
            x, v, pxx, pxv, pvv = state
            x = x + v
            pxx = pxx + 2.0 * pxv + pvv + q / 3.0
            pxv = pxv + pvv + q / 2.0
            pvv = pvv + q
            s = pxx + r
            e = z - x
            kx, kv = pxx / s, pxv / s
            state = x + kx * e, v + kv * e, (1.0 - kx) * pxx, (1.0 - kx) * pxv, pvv - kv * pxv
            return state, jnp.log(s) + e * e / s

        return 0.5 * jnp.sum(lax.scan(step, (0.0, 0.0, 1.0, 0.0, 1.0), z)[1])

    return f


# -- with what -------------------------------------------------------------------------------------------


def tridiagonal(n):
    rng = np.random.default_rng(1)
    a, c, d, w = rng.random((4, n))
    return a, 3.0 + rng.random(n), c, d, w


def markov(n):
    rng = np.random.default_rng(2)
    A, B, start = rng.random((4, 4)), rng.random((4, 6)), rng.random(4)
    return A / A.sum(1, keepdims=True), B / B.sum(1, keepdims=True), start / start.sum(), rng.integers(0, 6, n)


def polynomial(n):
    return np.random.default_rng(3).standard_normal(n) / (1.0 + np.arange(n)), 0.9


def series(n):
    return 0.1, 0.5, np.cumsum(np.random.default_rng(4).standard_normal(n))


def distances(n):
    x, y = np.cumsum(np.random.default_rng(5).standard_normal((2, n)), axis=1)
    return (x[:, None] - y[None, :]) ** 2, 1.0


ALL = [
    Workload(
        name="Newton",
        group="scalar loops",
        primal=kepler,
        argnums=(0, 1),
        inputs=lambda n: (0.4, 3.0 / n, n),
        sizes=(10, 100, 1000),
        by_hand=kepler_by_hand,
        autograd=on_autograd(kepler),
        jax=kepler_jax,
        torch=on_torch(kepler),
        static=(2,),
    ),
    Workload(
        name="RK4",
        group="scalar loops",
        primal=rk4,
        argnums=(0, 1, 2, 3, 4, 5),
        inputs=lambda n: (1.1, 0.4, 0.1, 0.4, 10.0, 10.0, 0.01, n),
        sizes=(20, 200, 2000),
        by_hand=rk4_by_hand,
        autograd=on_autograd(rk4),
        jax=rk4_jax,
        torch=on_torch(rk4),
        static=(7,),
    ),
    Workload(
        name="logistic map",
        group="scalar loops",
        primal=logistic,
        argnums=(0, 1),
        inputs=lambda n: (2.9, 0.3, n),
        sizes=(100, 1000, 10000),
        by_hand=logistic_by_hand,
        autograd=on_autograd(logistic),
        jax=logistic_jax,
        torch=on_torch(logistic),
        static=(2,),
    ),
    Workload(
        name="Horner",
        group="scalar loops",
        primal=horner,
        argnums=(0, 1),
        inputs=polynomial,
        sizes=(20, 200, 2000),
        by_hand=horner_by_hand,
        autograd=on_autograd(horner),
        jax=horner_jax,
        torch=on_torch(horner),
    ),
    Workload(
        name="soft-DTW",
        group="scalar loops",
        primal=soft_dtw,
        argnums=(0,),
        inputs=distances,
        sizes=(5, 20, 80),
        by_hand=soft_dtw_by_hand,
        autograd=soft_dtw_listed,
        jax=soft_dtw_jax,
        torch=soft_dtw_torch,
    ),
    Workload(
        name="Thomas",
        group="scalar loops",
        primal=thomas,
        argnums=(0, 1, 2, 3),
        inputs=tridiagonal,
        sizes=(20, 200, 2000),
        by_hand=thomas_by_hand,
        autograd=on_autograd(thomas_listed),
        jax=thomas_jax,
        torch=on_torch(thomas_listed),
    ),
    Workload(
        name="HMM",
        group="scalar loops",
        primal=hmm,
        argnums=(0, 1, 2),
        inputs=markov,
        sizes=(10, 100, 1000),
        by_hand=hmm_by_hand,
        autograd=on_autograd(hmm_in_arrays),
        jax=hmm_jax,
        torch=on_torch(hmm_in_arrays),
    ),
    Workload(
        name="Kalman",
        group="scalar loops",
        primal=kalman,
        argnums=(0, 1, 2),
        inputs=series,
        sizes=(20, 200, 2000),
        by_hand=kalman_by_hand,
        autograd=on_autograd(kalman),
        jax=kalman_jax,
        torch=on_torch(kalman),
    ),
]
