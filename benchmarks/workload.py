"""What a benchmark is made of: one function, and its gradient written by others."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Group = Literal["scalar loops", "array programs", "learning"]
Arrays = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A function to be differentiated, and who else differentiates it.

    ``primal``: returns one number. ``argnums``: what it is differentiated in.
    ``inputs``: arguments of a size; ``sizes``: three of them.
    ``by_hand``: the gradient as an expert writes it in NumPy, a tuple in the order of ``argnums``.
    ``compiled``: the gradient as an expert writes it for Numba; by default that in NumPy, compiled.
    ``autograd``, ``jax``, ``torch``: make the function as each of them wants it; None where nobody has written it.
    ``static``: arguments that JAX has to know while compiling.
    """

    name: str
    group: Group
    primal: Callable[..., Any]
    argnums: tuple[int, ...]
    inputs: Callable[[int], Arrays]
    sizes: tuple[int, int, int]
    by_hand: Callable[..., Arrays]
    compiled: Callable[..., Arrays] | None = None
    autograd: Callable[[], Callable[..., Any]] | None = None
    jax: Callable[[], Callable[..., Any]] | None = None
    torch: Callable[[], Callable[..., Any]] | None = None
    static: Sequence[int] = ()


def over(function: Callable[..., Any], **modules: Any) -> Callable[..., Any]:
    """The same code, with other modules under the names that it uses (``np``, ``math``)."""
    scope = dict(function.__globals__)
    for name, value in list(scope.items()):  # the functions of this module that it calls
        if isinstance(value, types.FunctionType) and value.__module__ == function.__module__ and value is not function:
            scope[name] = types.FunctionType(value.__code__, scope, value.__name__, value.__defaults__)
    scope.update(modules)
    return types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__)


def on_autograd(function: Callable[..., Any]) -> Callable[[], Callable[..., Any]]:
    """The primal over autograd's arrays."""

    def make() -> Callable[..., Any]:
        import autograd.numpy as anp

        return over(function, np=anp, math=anp)

    return make


def on_jax(function: Callable[..., Any]) -> Callable[[], Callable[..., Any]]:
    """The primal over JAX's arrays."""

    def make() -> Callable[..., Any]:
        import jax.numpy as jnp

        return over(function, np=jnp, math=jnp)

    return make


def on_torch(function: Callable[..., Any]) -> Callable[[], Callable[..., Any]]:
    """The primal over PyTorch's arrays: where its functions are called as NumPy's are."""

    def make() -> Callable[..., Any]:
        import torch

        return over(function, np=torch, math=torch)

    return make
