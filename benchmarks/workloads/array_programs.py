"""Whole arrays at a time, without loops: finance, linear algebra, contractions."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from benchmarks.workload import Workload, on_autograd, on_jax

ROOT = math.sqrt(2.0 * math.pi)

# -- the price of a book of call options (Black and Scholes 1973) --------------------------------------


def black_scholes(S, K, sigma, T, r):
    root = sigma * np.sqrt(T)
    d1 = (np.log(S / K) + (r + 0.5 * sigma * sigma) * T) / root
    d2 = d1 - root
    return np.sum(S * ndtr(d1) - K * np.exp(-r * T) * ndtr(d2))


def black_scholes_by_hand(S, K, sigma, T, r):
    root_T = np.sqrt(T)
    root = sigma * root_T
    d1 = (np.log(S / K) + (r + 0.5 * sigma * sigma) * T) / root
    delta = ndtr(d1)
    owed = np.exp(-r * T) * ndtr(d1 - root)
    vega = np.exp(-0.5 * d1 * d1)
    vega *= S
    vega /= ROOT
    rent = K * owed
    # what depends on d1 and d2 together cancels: the Greeks in closed form
    T_bar = 0.5 * vega * sigma / root_T + r * rent
    r_bar = np.sum(T * rent)
    vega *= root_T
    return delta, -owed, vega, T_bar, r_bar


def black_scholes_compiled(S, K, sigma, T, r):
    n = len(S)
    S_bar, K_bar, sigma_bar, T_bar = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    r_bar = 0.0
    for i in range(n):
        root_T = math.sqrt(T[i])
        root = sigma[i] * root_T
        d1 = (math.log(S[i] / K[i]) + (r + 0.5 * sigma[i] * sigma[i]) * T[i]) / root
        owed = math.exp(-r * T[i]) * 0.5 * math.erfc(-(d1 - root) / math.sqrt(2.0))
        phi = S[i] * math.exp(-0.5 * d1 * d1) / ROOT
        S_bar[i] = 0.5 * math.erfc(-d1 / math.sqrt(2.0))
        K_bar[i] = -owed
        sigma_bar[i] = phi * root_T
        T_bar[i] = 0.5 * phi * sigma[i] / root_T + r * K[i] * owed
        r_bar += T[i] * K[i] * owed
    return S_bar, K_bar, sigma_bar, T_bar, r_bar


def black_scholes_autograd():
    import autograd.numpy as anp
    from autograd.scipy.special import erf

    from benchmarks.workload import over

    return over(black_scholes, np=anp, ndtr=lambda x: 0.5 * (1.0 + erf(x / math.sqrt(2.0))))


def black_scholes_jax():
    import jax.numpy as jnp
    from jax.scipy.special import ndtr

    from benchmarks.workload import over

    return over(black_scholes, np=jnp, ndtr=ndtr)


def black_scholes_torch():
    import torch

    def f(S, K, sigma, T, r):
        root = sigma * torch.sqrt(T)
        d1 = (torch.log(S / K) + (r + 0.5 * sigma * sigma) * T) / root
        ndtr = torch.special.ndtr
        return torch.sum(S * ndtr(d1) - K * torch.exp(-r * T) * ndtr(d1 - root))

    return f


# -- factorisations as calls: the density of a normal distribution -------------------------------------


def gauss_density(A, y):
    L = np.linalg.cholesky(A)
    z = np.linalg.solve(L, y)
    return np.sum(np.log(np.diagonal(L))) + 0.5 * np.sum(z * z)


def gauss_density_by_hand(A, y):
    L = np.linalg.cholesky(A)
    z = np.linalg.solve(L, y)
    y_bar = np.linalg.solve(L.T, z)
    P = np.outer(-y_bar, z)  # what L_bar is, without the part on the diagonal
    n = len(A)
    P = L.T @ P
    P.flat[:: n + 1] += 1.0
    P = np.tril(P)
    P.flat[:: n + 1] *= 0.5
    S = np.linalg.solve(L.T, np.linalg.solve(L.T, P.T).T)  # L^-T P L^-1
    return np.tril(S + S.T) - np.diag(np.diagonal(S)), y_bar


def gauss_density_over(xp, **options):
    """The factorisation reads one triangle; peers have to be told."""

    def f(A, y):
        low = xp.tril(A)
        L = xp.linalg.cholesky(low + xp.tril(A, -1).T, **options)
        z = xp.linalg.solve(L, y)
        return xp.sum(xp.log(xp.diag(L))) + 0.5 * xp.sum(z * z)

    return f


def gauss_density_autograd():
    import autograd.numpy as anp

    return gauss_density_over(anp)


def gauss_density_jax():
    import jax.numpy as jnp

    return gauss_density_over(jnp, symmetrize_input=False)


def gauss_density_torch():
    import torch

    return gauss_density_over(torch)


def lu_solve(A, b):
    x = np.linalg.solve(A, b)
    return np.linalg.slogdet(A)[1] + np.sum(x * x)


def lu_solve_by_hand(A, b):
    inverse = np.linalg.inv(A)
    x = inverse @ b
    b_bar = 2.0 * (x @ inverse)
    A_bar = inverse.T.copy()
    A_bar -= np.outer(b_bar, x)
    return A_bar, b_bar


def lu_solve_torch():
    import torch

    def f(A, b):
        x = torch.linalg.solve(A, b)
        return torch.linalg.slogdet(A)[1] + torch.sum(x * x)

    return f


# -- the marginal likelihood of a Gaussian process -----------------------------------------------------


def gaussian_process(X, y, scale, noise):
    Z = X / scale
    s = np.sum(Z * Z, axis=1)
    K = np.exp(-0.5 * (s[:, None] + s[None, :] - 2.0 * (Z @ Z.T)))
    K = K + noise * np.eye(len(y))
    a = np.linalg.solve(K, y)
    return 0.5 * (y @ a) + 0.5 * np.linalg.slogdet(K)[1]


def gaussian_process_by_hand(X, y, scale, noise):
    Z = X / scale
    s = np.sum(Z * Z, axis=1)
    K = Z @ Z.T
    K -= 0.5 * s[:, None]
    K -= 0.5 * s
    np.exp(K, out=K)
    C = K.copy()
    C.flat[:: len(y) + 1] += noise
    W = np.linalg.inv(C)
    a = W @ y
    W -= a[:, None] * a
    W *= 0.5
    noise_bar = np.trace(W)
    W *= K  # the cotangent of the exponent
    rows = np.sum(W, axis=1)
    Z_bar = 2.0 * (W @ Z)
    Z_bar -= 2.0 * rows[:, None] * Z
    X_bar = Z_bar / scale
    return X_bar, a, -np.sum(X_bar * Z, axis=0), noise_bar


def gaussian_process_torch():
    import torch

    def f(X, y, scale, noise):
        Z = X / scale
        s = torch.sum(Z * Z, dim=1)
        K = torch.exp(-0.5 * (s[:, None] + s[None, :] - 2.0 * (Z @ Z.T)))
        K = K + noise * torch.eye(len(y), dtype=K.dtype)
        a = torch.linalg.solve(K, y)
        return 0.5 * (y @ a) + 0.5 * torch.linalg.slogdet(K)[1]

    return f


# -- a contraction of a core tensor with three matrices -------------------------------------------------


def tucker(G, A, B, C, T):
    R = np.einsum("abc,ia,jb,kc->ijk", G, A, B, C, optimize=True) - T
    return np.sum(R * R)


def tucker_by_hand(G, A, B, C, T):
    GA = np.tensordot(A, G, (1, 0))  # i b c
    GAB = np.einsum("ibc,jb->ijc", GA, B, optimize=True)
    R = GAB @ C.T
    R -= T
    R *= 2.0
    n = A.shape[0]
    C_bar = R.reshape(-1, C.shape[0]).T @ GAB.reshape(-1, C.shape[1])
    GAB_bar = R @ C
    B_bar = np.tensordot(GAB_bar, GA, ((0, 2), (0, 2)))
    GA_bar = np.tensordot(GAB_bar, B, (1, 0)).transpose(0, 2, 1)
    GA_bar = GA_bar.reshape(n, -1)
    A_bar = GA_bar @ G.reshape(G.shape[0], -1).T
    G_bar = (A.T @ GA_bar).reshape(G.shape)
    return G_bar, A_bar, B_bar, C_bar


def tucker_autograd():
    import autograd.numpy as anp

    def f(G, A, B, C, T):
        R = anp.einsum("ijc,kc->ijk", anp.einsum("ibc,jb->ijc", anp.einsum("abc,ia->ibc", G, A), B), C) - T
        return anp.sum(R * R)

    return f


def tucker_torch():
    import torch

    def f(G, A, B, C, T):
        R = torch.einsum("abc,ia,jb,kc->ijk", G, A, B, C) - T
        return torch.sum(R * R)

    return f


# -- Rosenbrock's function ---------------------------------------------------------------------------


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_by_hand(x):
    head = x[:-1]
    d = x[1:] - head * head
    d *= 200.0
    x_bar = np.empty_like(x)
    x_bar[0] = 0.0
    x_bar[1:] = d
    d *= head
    d += 1.0
    d -= head
    d *= 2.0
    x_bar[:-1] -= d
    return (x_bar,)


def rosenbrock_compiled(x):
    n = len(x)
    x_bar = np.empty(n)
    above = 0.0
    for i in range(n - 1):
        d = 200.0 * (x[i + 1] - x[i] * x[i])
        x_bar[i] = above - 2.0 * d * x[i] - 2.0 * (1.0 - x[i])
        above = d
    x_bar[n - 1] = above
    return (x_bar,)


def rosenbrock_torch():
    import torch

    return lambda x: torch.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


# -- with what -------------------------------------------------------------------------------------------


def book(n):
    rng = np.random.default_rng(20)
    S, K = 80.0 + 40.0 * rng.random((2, n))
    return S, K, 0.1 + 0.4 * rng.random(n), 0.1 + 2.0 * rng.random(n), 0.03


def normal(n):
    rng = np.random.default_rng(21)
    A = rng.random((n, n))
    return A @ A.T + n * np.eye(n), rng.random(n)


def system(n):
    rng = np.random.default_rng(22)
    return rng.random((n, n)) + n * np.eye(n), rng.random(n)


def regression(n):
    rng = np.random.default_rng(23)
    return rng.standard_normal((n, 4)), rng.standard_normal(n), 1.0 + rng.random(4), 0.1


def tensor(n):
    rng = np.random.default_rng(24)
    k = max(2, n // 4)
    return rng.random((k, k, k)), rng.random((n, k)), rng.random((n, k)), rng.random((n, k)), rng.random((n, n, n))


def point(n):
    return (np.random.default_rng(25).random(n),)


ALL = [
    Workload(
        name="Black-Scholes",
        group="array programs",
        primal=black_scholes,
        argnums=(0, 1, 2, 3, 4),
        inputs=book,
        sizes=(100, 10000, 1000000),
        by_hand=black_scholes_by_hand,
        compiled=black_scholes_compiled,
        autograd=black_scholes_autograd,
        jax=black_scholes_jax,
        torch=black_scholes_torch,
    ),
    Workload(
        name="Cholesky, call",
        group="array programs",
        primal=gauss_density,
        argnums=(0, 1),
        inputs=normal,
        sizes=(10, 50, 250),
        by_hand=gauss_density_by_hand,
        autograd=gauss_density_autograd,
        jax=gauss_density_jax,
        torch=gauss_density_torch,
    ),
    Workload(
        name="LU, call",
        group="array programs",
        primal=lu_solve,
        argnums=(0, 1),
        inputs=system,
        sizes=(10, 50, 250),
        by_hand=lu_solve_by_hand,
        autograd=on_autograd(lu_solve),
        jax=on_jax(lu_solve),
        torch=lu_solve_torch,
    ),
    Workload(
        name="Gaussian process",
        group="array programs",
        primal=gaussian_process,
        argnums=(0, 1, 2, 3),
        inputs=regression,
        sizes=(20, 100, 400),
        by_hand=gaussian_process_by_hand,
        autograd=on_autograd(gaussian_process),
        jax=on_jax(gaussian_process),
        torch=gaussian_process_torch,
    ),
    Workload(
        name="einsum",
        group="array programs",
        primal=tucker,
        argnums=(0, 1, 2, 3),
        inputs=tensor,
        sizes=(8, 24, 72),
        by_hand=tucker_by_hand,
        autograd=tucker_autograd,
        jax=on_jax(tucker),
        torch=tucker_torch,
    ),
    Workload(
        name="Rosenbrock",
        group="array programs",
        primal=rosenbrock,
        argnums=(0,),
        inputs=point,
        sizes=(100, 10000, 1000000),
        by_hand=rosenbrock_by_hand,
        compiled=rosenbrock_compiled,
        autograd=on_autograd(rosenbrock),
        jax=on_jax(rosenbrock),
        torch=rosenbrock_torch,
    ),
]
