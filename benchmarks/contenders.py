"""Who computes a gradient: an expert's hand, s2sgrad, and its peers.

Each is a function of a workload and its arguments that returns a call without arguments, whose result is the gradient
as NumPy arrays where it is asked for (:class:`Run`). One whose library is missing, or that cannot do the workload, is
left out of the table.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import s2sgrad
from benchmarks.workload import Arrays, Workload


class Unavailable(Exception):
    """Why a contender does not take part in a workload."""


@dataclass(frozen=True, slots=True)
class Run:
    """``call``: once through the gradient; ``arrays``: its result as NumPy arrays."""

    call: Callable[[], Any]
    arrays: Callable[[Any], Arrays] = tuple


def primal(workload: Workload, args: Arrays) -> Run:
    return Run(lambda: workload.primal(*args), lambda _: ())


def by_hand(workload: Workload, args: Arrays) -> Run:
    return Run(lambda: workload.by_hand(*args))


def by_hand_numba(workload: Workload, args: Arrays) -> Run:
    numba = imported("numba")
    numeric = workload.compiled or workload.by_hand
    if workload.group != "scalar loops" and workload.compiled is None:
        raise Unavailable("nothing to gain over NumPy by hand")
    made = numba.njit(numeric)
    return Run(lambda: made(*args))


def s2sgrad_numpy(workload: Workload, args: Arrays) -> Run:
    made = s2sgrad.grad(workload.primal, argnums=workload.argnums)
    return Run(lambda: made(*args))


def s2sgrad_numba(workload: Workload, args: Arrays) -> Run:
    imported("numba")
    try:
        made = s2sgrad.grad(workload.primal, argnums=workload.argnums, backend="numba")  # type: ignore[call-overload]
        made(*args)
    except s2sgrad.S2SGradError as error:
        raise Unavailable(str(error).splitlines()[0]) from error
    return Run(lambda: made(*args))


def autograd(workload: Workload, args: Arrays) -> Run:
    library = imported("autograd")
    if workload.autograd is None:
        raise Unavailable("not written")
    function = workload.autograd()
    made = library.grad(function, argnum=workload.argnums)
    return Run(lambda: made(*args))


def jax(workload: Workload, args: Arrays) -> Run:
    library = imported("jax")
    if workload.jax is None:
        raise Unavailable("not written")
    library.config.update("jax_enable_x64", True)
    given = [x if i in workload.static else library.numpy.asarray(x) for i, x in enumerate(args)]
    made = library.jit(library.grad(workload.jax(), argnums=workload.argnums), static_argnums=tuple(workload.static))
    return Run(lambda: library.block_until_ready(made(*given)), lambda found: tuple(map(np.asarray, found)))


def torch(workload: Workload, args: Arrays) -> Run:
    library = imported("torch")
    if workload.torch is None:
        raise Unavailable("not written")
    given = [library.from_numpy(x) if isinstance(x, np.ndarray) else x for x in args]
    inputs = []
    for i in workload.argnums:
        given[i] = library.as_tensor(args[i], dtype=library.float64).clone().requires_grad_()
        inputs.append(given[i])
    function = workload.torch()
    return Run(
        lambda: library.autograd.grad(function(*given), inputs, materialize_grads=True, allow_unused=True),
        lambda found: tuple(x.numpy() for x in found),
    )


def imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Unavailable(f"{name} is not installed") from None


CONTENDERS: dict[str, Callable[[Workload, Arrays], Run]] = {
    "primal": primal,
    "by hand": by_hand,
    "by hand, Numba": by_hand_numba,
    "s2sgrad": s2sgrad_numpy,
    "s2sgrad, Numba": s2sgrad_numba,
    "autograd": autograd,
    "JAX": jax,
    "PyTorch": torch,
}
