"""What a derivative is compiled for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from s2sgrad.errors import UnsupportedCall


@dataclass(frozen=True, slots=True)
class Numba:
    """Compile derivatives to machine code with Numba, which is the extra ``s2sgrad[numba]``.

        >>> from s2sgrad import grad
        >>> def f(x, n):
        ...     for _ in range(n):
        ...         x = 3.9 * x * (1.0 - x)
        ...     return x
        >>> print(f"{grad(f, backend=Numba(fastmath=True))(0.4, 2):.6f}")
        -2.652624

    ``backend="numba"`` is ``backend=Numba()``.

    :param parallel: let Numba run array operations that it finds to be parallel in threads.
    :param fastmath: let the compiler reorder sums and products, as if numbers were exact and never NaN.
    :param boundscheck: raise IndexError for an index outside of its array. Without it such an index reads or writes
        foreign memory, as in all code that Numba compiles.
    """

    parallel: bool = False
    fastmath: bool = False
    boundscheck: bool = False

    @property
    def flags(self) -> dict[str, Any]:
        """For ``numba.njit``."""
        return asdict(self)


Backend: TypeAlias = Literal["numpy", "numba"] | Numba


def chosen(backend: Any) -> Backend:
    """A backend as it was asked for. Raises :class:`UnsupportedCall` if there is none such."""
    if backend == "numpy":
        return "numpy"
    if isinstance(backend, Numba):
        return backend
    if backend == "numba":
        return Numba()
    raise UnsupportedCall(f"backend {backend!r} is not available", 'the backends are "numpy" and "numba"')
