"""Arrays that are written in place in loops: stencils, eliminations, particles."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.workload import Workload, on_autograd

# -- gravitation: once with loops over pairs, once with arrays of them --------------------------------


def nbody_loops(x, m):
    n = len(x)
    energy = 0.0
    for i in range(n):
        for j in range(i):
            dx = x[i, 0] - x[j, 0]
            dy = x[i, 1] - x[j, 1]
            dz = x[i, 2] - x[j, 2]
            energy -= m[i] * m[j] / math.sqrt(dx * dx + dy * dy + dz * dz + 1e-4)
    return energy


def nbody_loops_by_hand(x, m):
    n = len(x)
    x_bar = np.zeros((n, 3))
    m_bar = np.zeros(n)
    for i in range(n):
        for j in range(i):
            dx = x[i, 0] - x[j, 0]
            dy = x[i, 1] - x[j, 1]
            dz = x[i, 2] - x[j, 2]
            s = 1.0 / (dx * dx + dy * dy + dz * dz + 1e-4)
            u = math.sqrt(s)
            m_bar[i] -= m[j] * u
            m_bar[j] -= m[i] * u
            f = m[i] * m[j] * u * s
            x_bar[i, 0] += f * dx
            x_bar[i, 1] += f * dy
            x_bar[i, 2] += f * dz
            x_bar[j, 0] -= f * dx
            x_bar[j, 1] -= f * dy
            x_bar[j, 2] -= f * dz
    return x_bar, m_bar


def nbody_arrays(x, v, m, steps):
    dt = 0.01
    for _ in range(steps):
        d = x[None, :, :] - x[:, None, :]
        r2 = np.sum(d * d, axis=2) + 1e-2
        w = m * r2**-1.5
        v = v + dt * np.sum(w[:, :, None] * d, axis=1)
        x = x + dt * v
    return np.sum(x * x)


def nbody_arrays_by_hand(x, v, m, steps):
    dt = 0.01
    xs = []
    for _ in range(steps):
        xs.append(x)
        d = x[None, :, :] - x[:, None, :]
        r2 = np.sum(d * d, axis=2) + 1e-2
        w = m * r2**-1.5
        v = v + dt * np.sum(w[:, :, None] * d, axis=1)
        x = x + dt * v
    x_bar = 2.0 * x
    v_bar = np.zeros_like(v)
    m_bar = np.zeros_like(m)
    for x in reversed(xs):
        d = x[None, :, :] - x[:, None, :]
        r2 = np.sum(d * d, axis=2) + 1e-2
        u = r2**-1.5
        w = m * u
        v_bar += dt * x_bar
        a_bar = dt * v_bar
        w_bar = np.einsum("ijk,ik->ij", d, a_bar)
        m_bar += np.sum(w_bar * u, axis=0)
        d_bar = w[:, :, None] * a_bar[:, None, :]
        d_bar += ((-3.0 * w_bar) * w / r2)[:, :, None] * d
        x_bar += np.sum(d_bar, axis=0)
        x_bar -= np.sum(d_bar, axis=1)
    return x_bar, v_bar, m_bar


def nbody_arrays_compiled(x, v, m, steps):
    dt = 0.01
    n = len(x)
    xs = np.empty((steps, n, 3))
    a = np.empty((n, 3))
    x = x.copy()
    v = v.copy()
    for t in range(steps):
        xs[t] = x
        for i in range(n):
            a0 = a1 = a2 = 0.0
            for j in range(n):
                dx = x[j, 0] - x[i, 0]
                dy = x[j, 1] - x[i, 1]
                dz = x[j, 2] - x[i, 2]
                r2 = dx * dx + dy * dy + dz * dz + 1e-2
                w = m[j] / (r2 * math.sqrt(r2))
                a0 += w * dx
                a1 += w * dy
                a2 += w * dz
            a[i, 0] = a0
            a[i, 1] = a1
            a[i, 2] = a2
        for i in range(n):
            for k in range(3):
                v[i, k] += dt * a[i, k]
                x[i, k] += dt * v[i, k]
    x_bar = 2.0 * x
    v_bar = np.zeros((n, 3))
    m_bar = np.zeros(n)
    for t in range(steps - 1, -1, -1):
        x = xs[t]
        for i in range(n):
            for k in range(3):
                v_bar[i, k] += dt * x_bar[i, k]
        for i in range(n):
            b0 = dt * v_bar[i, 0]
            b1 = dt * v_bar[i, 1]
            b2 = dt * v_bar[i, 2]
            s0 = s1 = s2 = 0.0
            for j in range(n):
                dx = x[j, 0] - x[i, 0]
                dy = x[j, 1] - x[i, 1]
                dz = x[j, 2] - x[i, 2]
                r2 = dx * dx + dy * dy + dz * dz + 1e-2
                u = 1.0 / (r2 * math.sqrt(r2))
                w_bar = dx * b0 + dy * b1 + dz * b2
                m_bar[j] += w_bar * u
                w = m[j] * u
                f = -3.0 * w_bar * w / r2
                d0 = w * b0 + f * dx
                d1 = w * b1 + f * dy
                d2 = w * b2 + f * dz
                x_bar[j, 0] += d0
                x_bar[j, 1] += d1
                x_bar[j, 2] += d2
                s0 += d0
                s1 += d1
                s2 += d2
            x_bar[i, 0] -= s0
            x_bar[i, 1] -= s1
            x_bar[i, 2] -= s2
    return x_bar, v_bar, m_bar


def nbody_pairs():
    """Both potentials at once, over arrays: what tracing can do."""
    import autograd.numpy as anp

    def f(x, m):
        d = x[:, None, :] - x[None, :, :]
        u = 1.0 / anp.sqrt(anp.sum(d * d, axis=2) + 1e-4)
        return -0.5 * (m @ (u @ m) - anp.sum(m * m) * 100.0)

    return f


def nbody_pairs_jax():
    import jax.numpy as jnp

    def f(x, m):
        d = x[:, None, :] - x[None, :, :]
        u = 1.0 / jnp.sqrt(jnp.sum(d * d, axis=2) + 1e-4)
        return -0.5 * (m @ (u @ m) - jnp.sum(m * m) * 100.0)

    return f


def nbody_pairs_torch():
    import torch

    def f(x, m):
        d = x[:, None, :] - x[None, :, :]
        u = 1.0 / torch.sqrt(torch.sum(d * d, dim=2) + 1e-4)
        return -0.5 * (m @ (u @ m) - torch.sum(m * m) * 100.0)

    return f


def nbody_steps_torch():
    import torch

    def f(x, v, m, steps):
        for _ in range(steps):
            d = x[None, :, :] - x[:, None, :]
            w = m * (torch.sum(d * d, dim=2) + 1e-2) ** -1.5
            v = v + 0.01 * torch.sum(w[:, :, None] * d, dim=1)
            x = x + 0.01 * v
        return torch.sum(x * x)

    return f


def nbody_steps_jax():
    import jax.numpy as jnp
    from jax import lax

    def f(x, v, m, steps):
        def step(state, _):
            x, v = state
            d = x[None, :, :] - x[:, None, :]
            w = m * (jnp.sum(d * d, axis=2) + 1e-2) ** -1.5
            v = v + 0.01 * jnp.sum(w[:, :, None] * d, axis=1)
            return (x + 0.01 * v, v), None

        (x, _), _ = lax.scan(step, (x, v), None, length=steps)
        return jnp.sum(x * x)

    return f


# -- the heat equation in one, two and three dimensions, in place -------------------------------------


def heat1(u, alpha, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def heat1_by_hand(u, alpha, steps):
    u = u.copy()
    saved = np.empty((steps, len(u) - 2))
    for t in range(steps):
        flow = u[2:] - 2.0 * u[1:-1] + u[:-2]
        saved[t] = flow
        u[1:-1] += alpha * flow
    u_bar = 2.0 * u
    alpha_bar = 0.0
    for t in range(steps - 1, -1, -1):
        alpha_bar += np.dot(saved[t], u_bar[1:-1])
        f_bar = alpha * u_bar[1:-1]
        u_bar[2:] += f_bar
        u_bar[:-2] += f_bar
        f_bar *= 2.0
        u_bar[1:-1] -= f_bar
    return u_bar, alpha_bar


def heat1_compiled(u, alpha, steps):
    n = len(u)
    u = u.copy()
    saved = np.empty((steps, n))
    for t in range(steps):
        row = saved[t]
        left = u[0]
        for i in range(1, n - 1):
            flow = u[i + 1] - 2.0 * u[i] + left
            row[i] = flow
            left = u[i]
            u[i] = left + alpha * flow
    u_bar = 2.0 * u
    alpha_bar = 0.0
    for t in range(steps - 1, -1, -1):
        row = saved[t]
        before = 0.0
        here = u_bar[1]
        for i in range(1, n - 1):
            after = u_bar[i + 1]
            alpha_bar += row[i] * here
            f_bar = alpha * here
            u_bar[i - 1] += f_bar
            u_bar[i] += alpha * before - 2.0 * f_bar
            before = here
            here = after
        u_bar[n - 1] += alpha * before
    return u_bar, alpha_bar


def heat1_steps(u, alpha, steps):
    for _ in range(steps):
        flow = u[2:] - 2.0 * u[1:-1] + u[:-2]
        u = np.concatenate((u[:1], u[1:-1] + alpha * flow, u[-1:]))
    return np.sum(u**2)


def heat2(u, alpha, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1, 1:-1] += alpha * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1])
    return np.sum(u**2)


def heat2_by_hand(u, alpha, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1, 1:-1] += alpha * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1])
    u_bar = 2.0 * u
    for _ in range(steps):
        f_bar = alpha * u_bar[1:-1, 1:-1]
        u_bar[2:, 1:-1] += f_bar
        u_bar[:-2, 1:-1] += f_bar
        u_bar[1:-1, 2:] += f_bar
        u_bar[1:-1, :-2] += f_bar
        f_bar *= 4.0
        u_bar[1:-1, 1:-1] -= f_bar
    return (u_bar,)


def heat2_compiled(u, alpha, steps):
    n, m = u.shape
    u = u.copy()
    v = u.copy()
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                v[i, j] = u[i, j] + alpha * (u[i + 1, j] + u[i - 1, j] + u[i, j + 1] + u[i, j - 1] - 4.0 * u[i, j])
        u, v = v, u
    u_bar = 2.0 * u
    old = np.empty((n, m))
    for _ in range(steps):
        old[:] = u_bar
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                f_bar = alpha * old[i, j]
                u_bar[i + 1, j] += f_bar
                u_bar[i - 1, j] += f_bar
                u_bar[i, j + 1] += f_bar
                u_bar[i, j - 1] += f_bar
                u_bar[i, j] -= 4.0 * f_bar
    return (u_bar,)


def heat3(u, kappa, steps):
    u = u.copy()
    for _ in range(steps):
        inner = u[1:-1, 1:-1, 1:-1]
        flow = (
            u[2:, 1:-1, 1:-1]
            + u[:-2, 1:-1, 1:-1]
            + u[1:-1, 2:, 1:-1]
            + u[1:-1, :-2, 1:-1]
            + u[1:-1, 1:-1, 2:]
            + u[1:-1, 1:-1, :-2]
            - 6.0 * inner
        )
        u[1:-1, 1:-1, 1:-1] += kappa * flow
    return np.sum(u**2)


def heat3_by_hand(u, kappa, steps):
    u = u.copy()
    flows = []
    for _ in range(steps):
        flow = (
            u[2:, 1:-1, 1:-1]
            + u[:-2, 1:-1, 1:-1]
            + u[1:-1, 2:, 1:-1]
            + u[1:-1, :-2, 1:-1]
            + u[1:-1, 1:-1, 2:]
            + u[1:-1, 1:-1, :-2]
            - 6.0 * u[1:-1, 1:-1, 1:-1]
        )
        flows.append(flow)
        u[1:-1, 1:-1, 1:-1] += kappa * flow
    u_bar = 2.0 * u
    kappa_bar = np.zeros_like(kappa)
    while flows:
        inner = u_bar[1:-1, 1:-1, 1:-1]
        kappa_bar += flows.pop() * inner
        f_bar = kappa * inner
        u_bar[2:, 1:-1, 1:-1] += f_bar
        u_bar[:-2, 1:-1, 1:-1] += f_bar
        u_bar[1:-1, 2:, 1:-1] += f_bar
        u_bar[1:-1, :-2, 1:-1] += f_bar
        u_bar[1:-1, 1:-1, 2:] += f_bar
        u_bar[1:-1, 1:-1, :-2] += f_bar
        f_bar *= 6.0
        inner -= f_bar
    return u_bar, kappa_bar


def heat3_compiled(u, kappa, steps):
    n, m, l = u.shape
    u = u.copy()
    flows = np.empty((steps, n - 2, m - 2, l - 2))
    for t in range(steps):
        flow = flows[t]
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                for k in range(1, l - 1):
                    flow[i - 1, j - 1, k - 1] = (
                        u[i + 1, j, k]
                        + u[i - 1, j, k]
                        + u[i, j + 1, k]
                        + u[i, j - 1, k]
                        + u[i, j, k + 1]
                        + u[i, j, k - 1]
                        - 6.0 * u[i, j, k]
                    )
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                for k in range(1, l - 1):
                    u[i, j, k] += kappa[i - 1, j - 1, k - 1] * flow[i - 1, j - 1, k - 1]
    u_bar = 2.0 * u
    kappa_bar = np.zeros((n - 2, m - 2, l - 2))
    f_bar = np.empty((n - 2, m - 2, l - 2))
    for t in range(steps - 1, -1, -1):
        flow = flows[t]
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                for k in range(1, l - 1):
                    kappa_bar[i - 1, j - 1, k - 1] += flow[i - 1, j - 1, k - 1] * u_bar[i, j, k]
                    f_bar[i - 1, j - 1, k - 1] = kappa[i - 1, j - 1, k - 1] * u_bar[i, j, k]
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                for k in range(1, l - 1):
                    f = f_bar[i - 1, j - 1, k - 1]
                    u_bar[i + 1, j, k] += f
                    u_bar[i - 1, j, k] += f
                    u_bar[i, j + 1, k] += f
                    u_bar[i, j - 1, k] += f
                    u_bar[i, j, k + 1] += f
                    u_bar[i, j, k - 1] += f
                    u_bar[i, j, k] -= 6.0 * f
    return u_bar, kappa_bar


def heat1_jax():
    import jax.numpy as jnp
    from jax import lax

    def f(u, alpha, steps):
        def step(u, _):
            return u.at[1:-1].add(alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])), None

        return jnp.sum(lax.scan(step, u, None, length=steps)[0] ** 2)

    return f


def heat2_jax():
    import jax.numpy as jnp
    from jax import lax

    def f(u, alpha, steps):
        def step(u, _):
            flow = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
            return u.at[1:-1, 1:-1].add(alpha * flow), None

        return jnp.sum(lax.scan(step, u, None, length=steps)[0] ** 2)

    return f


def heat3_jax():
    import jax.numpy as jnp
    from jax import lax

    def f(u, kappa, steps):
        def step(u, _):
            flow = (
                u[2:, 1:-1, 1:-1]
                + u[:-2, 1:-1, 1:-1]
                + u[1:-1, 2:, 1:-1]
                + u[1:-1, :-2, 1:-1]
                + u[1:-1, 1:-1, 2:]
                + u[1:-1, 1:-1, :-2]
                - 6.0 * u[1:-1, 1:-1, 1:-1]
            )
            return u.at[1:-1, 1:-1, 1:-1].add(kappa * flow), None

        return jnp.sum(lax.scan(step, u, None, length=steps)[0] ** 2)

    return f


def heat1_torch():
    import torch

    def f(u, alpha, steps):
        for _ in range(steps):
            u = torch.cat((u[:1], u[1:-1] + alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2]), u[-1:]))
        return torch.sum(u**2)

    return f


def heat2_torch():
    import torch

    def f(u, alpha, steps):
        for _ in range(steps):
            flow = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
            u = u + torch.nn.functional.pad(alpha * flow, (1, 1, 1, 1))
        return torch.sum(u**2)

    return f


def heat3_torch():
    import torch

    def f(u, kappa, steps):
        for _ in range(steps):
            flow = (
                u[2:, 1:-1, 1:-1]
                + u[:-2, 1:-1, 1:-1]
                + u[1:-1, 2:, 1:-1]
                + u[1:-1, :-2, 1:-1]
                + u[1:-1, 1:-1, 2:]
                + u[1:-1, 1:-1, :-2]
                - 6.0 * u[1:-1, 1:-1, 1:-1]
            )
            u = u + torch.nn.functional.pad(kappa * flow, (1,) * 6)
        return torch.sum(u**2)

    return f


def heat2_autograd():
    import autograd.numpy as anp

    def f(u, alpha, steps):
        for _ in range(steps):
            flow = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
            u = u + anp.pad(alpha * flow, 1, mode="constant")
        return anp.sum(u**2)

    return f


def heat3_autograd():
    import autograd.numpy as anp

    def f(u, kappa, steps):
        for _ in range(steps):
            flow = (
                u[2:, 1:-1, 1:-1]
                + u[:-2, 1:-1, 1:-1]
                + u[1:-1, 2:, 1:-1]
                + u[1:-1, :-2, 1:-1]
                + u[1:-1, 1:-1, 2:]
                + u[1:-1, 1:-1, :-2]
                - 6.0 * u[1:-1, 1:-1, 1:-1]
            )
            u = u + anp.pad(kappa * flow, 1, mode="constant")
        return anp.sum(u**2)

    return f


# -- sweeps of Gauss and Seidel: Poisson's equation on a line -----------------------------------------


def gauss_seidel(u, f, sweeps):
    u = u.copy()
    n = len(u)
    for _ in range(sweeps):
        for i in range(1, n - 1):
            u[i] = 0.5 * (u[i - 1] + u[i + 1] - f[i])
    total = 0.0
    for i in range(n):
        total += u[i] * u[i]
    return total


def gauss_seidel_by_hand(u, f, sweeps):
    u = u.copy()
    n = len(u)
    for _ in range(sweeps):
        for i in range(1, n - 1):
            u[i] = 0.5 * (u[i - 1] + u[i + 1] - f[i])
    u_bar = 2.0 * u
    f_bar = np.zeros(n)
    for _ in range(sweeps):
        for i in range(n - 2, 0, -1):
            b = 0.5 * u_bar[i]
            u_bar[i] = 0.0
            u_bar[i - 1] += b
            u_bar[i + 1] += b
            f_bar[i] -= b
    return u_bar, f_bar


def gauss_seidel_listed(u, f, sweeps):
    n = len(u)
    u = [u[i] for i in range(n)]
    for _ in range(sweeps):
        for i in range(1, n - 1):
            u[i] = 0.5 * (u[i - 1] + u[i + 1] - f[i])
    total = 0.0
    for i in range(n):
        total += u[i] * u[i]
    return total


def gauss_seidel_jax():
    import jax.numpy as jnp
    from jax import lax

    def g(u, f, sweeps):
        def sweep(u, _):
            def point(left, at):
                right, f = at
                now = 0.5 * (left + right - f)
                return now, now

            _, inner = lax.scan(point, u[0], (u[2:], f[1:-1]))
            return jnp.concatenate((u[:1], inner, u[-1:])), None

        return jnp.sum(lax.scan(sweep, u, None, length=sweeps)[0] ** 2)

    return g


def gauss_seidel_torch():
    return gauss_seidel_listed


# -- LU and Cholesky factorisations as loops -----------------------------------------------------------


def lu_loops(A):
    A = A.copy()
    n = len(A)
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] /= A[k, k]
            for j in range(k + 1, n):
                A[i, j] -= A[i, k] * A[k, j]
    total = 0.0
    for k in range(n):
        total += math.log(abs(A[k, k]))
    return total


def lu_loops_by_hand(A):
    A = A.copy()
    n = len(A)
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] /= A[k, k]
            for j in range(k + 1, n):
                A[i, j] -= A[i, k] * A[k, j]
    A_bar = np.zeros((n, n))
    for k in range(n):
        A_bar[k, k] = 1.0 / A[k, k]
    for k in range(n - 1, -1, -1):
        pivot = A[k, k]
        for i in range(k + 1, n):
            s = A_bar[i, k]
            for j in range(k + 1, n):
                s -= A_bar[i, j] * A[k, j]
                A_bar[k, j] -= A_bar[i, j] * A[i, k]
            s /= pivot
            A_bar[i, k] = s
            A_bar[k, k] -= s * A[i, k]
    return (A_bar,)


def lu_rows(A):
    A = A.copy()
    n = len(A)
    for k in range(n - 1):
        A[k + 1 :, k] /= A[k, k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :])
    return np.sum(np.log(np.abs(np.diagonal(A))))


def lu_rows_by_hand(A):
    A = A.copy()
    n = len(A)
    for k in range(n - 1):
        A[k + 1 :, k] /= A[k, k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :])
    A_bar = np.diag(1.0 / np.diagonal(A))
    for k in range(n - 2, -1, -1):
        low, right, rest = A[k + 1 :, k], A[k, k + 1 :], A_bar[k + 1 :, k + 1 :]
        A_bar[k, k + 1 :] -= low @ rest
        s = (A_bar[k + 1 :, k] - rest @ right) / A[k, k]
        A_bar[k + 1 :, k] = s
        A_bar[k, k] -= s @ low
    return (A_bar,)


def logdet_jax():
    import jax.numpy as jnp

    return lambda A: jnp.linalg.slogdet(A)[1]


def logdet_autograd():
    import autograd.numpy as anp

    return lambda A: anp.linalg.slogdet(A)[1]


def logdet_torch():
    import torch

    return lambda A: torch.linalg.slogdet(A)[1]


def cholesky_loops(A):
    n = len(A)
    L = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = A[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            if i == j:
                L[i, i] = math.sqrt(s)
            else:
                L[i, j] = s / L[j, j]
    total = 0.0
    for i in range(n):
        total += math.log(L[i, i])
    return total


def cholesky_loops_by_hand(A):
    n = len(A)
    L = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = A[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            if i == j:
                L[i, i] = math.sqrt(s)
            else:
                L[i, j] = s / L[j, j]
    A_bar = np.zeros((n, n))
    L_bar = np.zeros((n, n))
    for i in range(n):
        L_bar[i, i] = 1.0 / L[i, i]
    for i in range(n - 1, -1, -1):
        for j in range(i, -1, -1):
            if i == j:
                s_bar = 0.5 * L_bar[i, i] / L[i, i]
            else:
                s_bar = L_bar[i, j] / L[j, j]
                L_bar[j, j] -= s_bar * L[i, j]
            for k in range(j):
                L_bar[i, k] -= s_bar * L[j, k]
                L_bar[j, k] -= s_bar * L[i, k]
            A_bar[i, j] = s_bar
    return (A_bar,)


def cholesky_listed():
    """Over lists of rows, which autograd and PyTorch can trace."""
    import autograd.numpy as anp

    return cholesky_rows(anp)


def cholesky_torch():
    import torch

    return cholesky_rows(torch)


def cholesky_rows(xp):
    def f(A):
        n = len(A)
        L = []
        total = 0.0
        for i in range(n):
            row = []
            for j in range(i + 1):
                s = A[i, j]
                for k in range(j):
                    s = s - row[k] * (row if i == j else L[j])[k]
                row.append(xp.sqrt(s) if i == j else s / L[j][j])
            L.append(row)
            total = total + xp.log(row[i])
        return total

    return f


def cholesky_jax():
    import jax.numpy as jnp

    def f(A):
        low = jnp.tril(A)  # the loops read one triangle
        return jnp.sum(jnp.log(jnp.diagonal(jnp.linalg.cholesky(low + jnp.tril(A, -1).T, symmetrize_input=False))))

    return f


# -- with what -------------------------------------------------------------------------------------------


def rod(n):
    rng = np.random.default_rng(10)
    return rng.random(n), 0.2, 50


def plate(n):
    return np.random.default_rng(11).random((n, n)), 0.1, 20


def block(n):
    rng = np.random.default_rng(12)
    return rng.random((n, n, n)), 0.1 * rng.random((n - 2,) * 3), 10


def poisson(n):
    u, f = np.random.default_rng(13).random((2, n))
    return u, f, 10


def definite(n):
    A = np.random.default_rng(14).random((n, n))
    return (A @ A.T + n * np.eye(n),)


def dominant(n):
    return (np.random.default_rng(15).random((n, n)) + n * np.eye(n),)


def bodies(n):
    rng = np.random.default_rng(16)
    return rng.standard_normal((n, 3)), rng.random(n)


def moving_bodies(n):
    rng = np.random.default_rng(17)
    return rng.standard_normal((n, 3)), 0.1 * rng.standard_normal((n, 3)), rng.random(n), 10


ALL = [
    Workload(
        name="n-body, loops",
        group="scalar loops",
        primal=nbody_loops,
        argnums=(0, 1),
        inputs=bodies,
        sizes=(5, 20, 80),
        by_hand=nbody_loops_by_hand,
        autograd=nbody_pairs,
        jax=nbody_pairs_jax,
        torch=nbody_pairs_torch,
    ),
    Workload(
        name="n-body, arrays",
        group="array programs",
        primal=nbody_arrays,
        argnums=(0, 1, 2),
        inputs=moving_bodies,
        sizes=(10, 50, 200),
        by_hand=nbody_arrays_by_hand,
        compiled=nbody_arrays_compiled,
        autograd=on_autograd(nbody_arrays),
        jax=nbody_steps_jax,
        torch=nbody_steps_torch,
        static=(3,),
    ),
    Workload(
        name="heat, 1-D",
        group="array programs",
        primal=heat1,
        argnums=(0, 1),
        inputs=rod,
        sizes=(100, 1000, 10000),
        by_hand=heat1_by_hand,
        compiled=heat1_compiled,
        autograd=on_autograd(heat1_steps),
        jax=heat1_jax,
        torch=heat1_torch,
        static=(2,),
    ),
    Workload(
        name="heat, 2-D",
        group="array programs",
        primal=heat2,
        argnums=(0,),
        inputs=plate,
        sizes=(10, 50, 200),
        by_hand=heat2_by_hand,
        compiled=heat2_compiled,
        autograd=heat2_autograd,
        jax=heat2_jax,
        torch=heat2_torch,
        static=(2,),
    ),
    Workload(
        name="heat, 3-D",
        group="array programs",
        primal=heat3,
        argnums=(0, 1),
        inputs=block,
        sizes=(6, 16, 40),
        by_hand=heat3_by_hand,
        compiled=heat3_compiled,
        autograd=heat3_autograd,
        jax=heat3_jax,
        torch=heat3_torch,
        static=(2,),
    ),
    Workload(
        name="Gauss-Seidel",
        group="scalar loops",
        primal=gauss_seidel,
        argnums=(0, 1),
        inputs=poisson,
        sizes=(10, 100, 1000),
        by_hand=gauss_seidel_by_hand,
        autograd=on_autograd(gauss_seidel_listed),
        jax=gauss_seidel_jax,
        torch=gauss_seidel_torch,
        static=(2,),
    ),
    Workload(
        name="LU, loops",
        group="scalar loops",
        primal=lu_loops,
        argnums=(0,),
        inputs=dominant,
        sizes=(5, 15, 45),
        by_hand=lu_loops_by_hand,
        autograd=logdet_autograd,
        jax=logdet_jax,
        torch=logdet_torch,
    ),
    Workload(
        name="LU, rows",
        group="array programs",
        primal=lu_rows,
        argnums=(0,),
        inputs=dominant,
        sizes=(10, 40, 160),
        by_hand=lu_rows_by_hand,
        compiled=lu_loops_by_hand,
        autograd=logdet_autograd,
        jax=logdet_jax,
        torch=logdet_torch,
    ),
    Workload(
        name="Cholesky, loops",
        group="scalar loops",
        primal=cholesky_loops,
        argnums=(0,),
        inputs=definite,
        sizes=(5, 15, 45),
        by_hand=cholesky_loops_by_hand,
        autograd=cholesky_listed,
        jax=cholesky_jax,
        torch=cholesky_torch,
    ),
]
