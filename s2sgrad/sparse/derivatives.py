"""Sparse Jacobians and Hessians: what users call."""

from __future__ import annotations

import inspect
from functools import cached_property
from types import MethodType
from typing import Any, Literal

import numpy as np
from scipy.sparse import csr_array

from s2sgrad.argnums import Which, chosen_arguments
from s2sgrad.arguments import independent
from s2sgrad.backends.options import Backend, chosen
from s2sgrad.callees import argument_at, show_path, take_apart
from s2sgrad.derivative import DerivativeFunction, Function
from s2sgrad.errors import ArgumentTypeError, StructureMismatch, UnsupportedCall
from s2sgrad.frontend.calls import handles
from s2sgrad.frontend.plain import any_varied, opaque
from s2sgrad.sparse.coloring import as_pattern
from s2sgrad.sparse.compression import Compression, compress_hessian, compress_jacobian
from s2sgrad.sparse.passes import Passes
from s2sgrad.sparse.pattern import Sparsity, Structure, by_name, is_floats, one_argument, refuse_result

Mode = Literal["forward", "reverse"]


class SparseDerivative:
    """A sparse Jacobian or Hessian of a function. Made by :func:`sparse_jacobian` and :func:`sparse_hessian`.

    :ivar __wrapped__: the primal.
    """

    def __init__(
        self, fun: Function, argnums: Which, sparsity: Any, mode: Mode | None, hessian: bool, backend: Backend = "numpy"
    ) -> None:
        self.__wrapped__ = fun
        self.backend = chosen(backend)
        self.argnums = one_argument(argnums)
        self.given = None if sparsity is None else as_pattern(sparsity)
        self.mode = mode
        self.hessian = hessian
        self.callee = take_apart(fun)
        self.root = self.callee.path(self.argnums)
        which = by_name(self.callee, self.argnums)
        self.__name__ = f"sparse_{'hessian' if hessian else 'jacobian'}_{self.callee.name}"
        self.__qualname__ = self.__name__
        self.__module__ = getattr(fun, "__module__", None) or __name__
        self.__doc__ = "\n\n".join(filter(None, (self._title, inspect.getdoc(fun))))
        differentiated = DerivativeFunction(fun, "grad", which) if hessian else fun
        self._passes = Passes(differentiated, which, self.backend)
        self._sparsity = Sparsity(differentiated, which)
        self._use_symmetry = hessian
        self._compressed: tuple[Any, Compression] | None = None  # of the pattern that served last

    def __call__(self, *args: Any, **kwargs: Any) -> csr_array:
        x = self._argument(args, kwargs)
        found = self._structure(args, kwargs, x)
        matrix, wrong = self._derivatives(found, args, kwargs, x)
        if wrong and self.hessian and self._use_symmetry:  # its rules, or the user's, are those of no one function
            self._use_symmetry, self._compressed = False, None
            matrix, wrong = self._derivatives(found, args, kwargs, x)
        if wrong:
            raise StructureMismatch(f"the sparsity given to {self.__name__} lacks entries: {wrong}", _LEAVE_OUT)
        return matrix

    def _derivatives(
        self, found: Structure, args: tuple[Any, ...], kwargs: dict[str, Any], x: Any
    ) -> tuple[csr_array, str]:
        """The matrix, and what is wrong with it, if that is checked."""
        compression = self._compression(found)
        like = np.empty(found.shape, found.dtype) if compression.reverse else x
        rows = [
            self._passes.along(compression.reverse, args, kwargs, seeds, like) for seeds in compression.directions()
        ]
        if not rows:
            return csr_array(found.pattern.shape, dtype=np.result_type(x, found.dtype)), ""
        sums = np.concatenate(rows) if len(rows) > 1 else rows[0]
        matrix = compression.matrix(sums)
        wrong = compression.disagreement(matrix, sums) if compression.probed else np.zeros(0, np.int64)
        if not wrong.size:
            return matrix, ""
        side = "column" if compression.reverse else "row"
        return matrix, f"along a random direction, the derivative is not what the matrix gives in {side} {wrong[0]}"

    def __get__(self, obj: object, owner: type | None = None) -> Any:
        return self if obj is None else MethodType(self._as_method, obj)

    @cached_property
    def _as_method(self) -> SparseDerivative:
        """The same derivative of the plain function, which has ``self`` in front: arguments count without it."""
        i = self.argnums
        shifted = i + (i >= 0) if isinstance(i, int) else i
        return type(self)(self.__wrapped__, shifted, self.given, self.mode, self.hessian, self.backend)

    def sparsity(self, *args: Any, **kwargs: Any) -> csr_array:
        """The pattern for these arguments: a boolean matrix."""
        return self._compression(self._structure(args, kwargs, self._argument(args, kwargs))).pattern.copy()

    def colors(self, *args: Any, **kwargs: Any) -> np.ndarray:
        """The colours of the columns of the matrix for these arguments (of its rows where it is made by rows)."""
        return self._compression(self._structure(args, kwargs, self._argument(args, kwargs))).colors.copy()

    def source(self, *args: Any, **kwargs: Any) -> str:
        """The emitted source of the compressed pass for these arguments; its last argument is the directions.

        Without any arguments, that for those of the last call.
        """
        if not args and not kwargs and self._passes.last is not None:
            return self._passes.last.source()
        x = self._argument(args, kwargs)
        found = self._structure(args, kwargs, x)
        reverse = self._compression(found).reverse
        return self._passes.source(reverse, args, kwargs, np.empty(found.shape, found.dtype) if reverse else x)

    def _argument(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        x = argument_at(self.callee, self.callee.bind(args, kwargs), self.root)
        if not is_floats(x):
            raise ArgumentTypeError(
                f"argument `{show_path(self.callee, self.root)}` of `{self.callee.name}` is of type "
                f"`{type(x).__name__}`: a sparse derivative is taken in one array of floats",
                "pass an array, or use jacfwd, jacrev or hessian for nested arguments",
            )
        return x

    def _structure(self, args: tuple[Any, ...], kwargs: dict[str, Any], x: Any) -> Structure:
        if self.given is None:
            return self._sparsity.find(args, kwargs)
        y = x if self.hessian else self.__wrapped__(*independent(args, (args,)), **kwargs)
        if not is_floats(y):
            refuse_result(self.callee.name)
        expected = (np.size(y), np.size(x))
        if self.given.shape != expected:
            raise StructureMismatch(
                f"the sparsity that is given has shape {self.given.shape}, but the derivative has shape {expected}",
                "give a row for each entry of the result, and a column for each entry of the argument",
            )
        return Structure(self.given, np.shape(y), np.asarray(y).dtype)

    def _compression(self, found: Structure) -> Compression:
        pattern = found.pattern
        if self._compressed is None or self._compressed[0] is not pattern:
            if self.hessian:
                made = compress_hessian(pattern, self._use_symmetry)
            else:
                made = compress_jacobian(pattern, self.mode)
            made.probed = made.probed or self.given is not None
            self._compressed = pattern, made
        return self._compressed[1]

    def __s2sgrad_lower__(self, lo: Any, args: list[Any], kwargs: dict[str, Any], node: Any) -> Any:
        """How the frontend lowers a call of this inside another function: as plain Python, or not at all."""
        if any_varied(lo, args, kwargs):
            _refuse_inside(lo, args, kwargs, node)
        return opaque(lo, self, args, kwargs, node)

    @property
    def _title(self) -> str:
        what = "Hessian" if self.hessian else "Jacobian"
        return f"Sparse {what} of `{self.callee.name}` with respect to `{show_path(self.callee, self.root)}`."

    def __repr__(self) -> str:
        return f"<{self._title[:1].lower()}{self._title[1:-1].replace('`', '')}>"

    def __reduce__(self) -> Any:
        return type(self), (self.__wrapped__, self.argnums, self.given, self.mode, self.hessian, self.backend)


_LEAVE_OUT = "leave out sparsity=, so that it is found, or give a pattern with all entries that may be other than zero"


# -- what users call ---------------------------------------------------------------------------------


def sparse_jacobian(
    fun: Function,
    argnums: int | None = None,
    *,
    argnames: str | None = None,
    sparsity: Any = None,
    mode: Mode | None = None,
    backend: Backend = "numpy",
) -> SparseDerivative:
    """The Jacobian of a function as a sparse matrix, at the cost of a few directional derivatives.

        >>> import numpy as np
        >>> f = lambda x: x[1:] * x[:-1]
        >>> sparse_jacobian(f)(np.array([1.0, 2.0, 3.0])).toarray()
        array([[2., 1., 0.],
               [0., 3., 2.]])

    Columns that have no row in common are found together, and the derivatives for all groups in one pass.

    :param fun: returns one array (or number) of floats.
    :param argnums: the position of the argument to differentiate in, one array (or number) of floats (default: the
        first); ``argnames``: its name instead.
    :param sparsity: where the Jacobian can have entries other than zero: a matrix of SciPy, or a boolean array of two
        axes. By default this is found from the code of ``fun``. A pattern that is given is checked by one more
        direction.
    :param mode: ``"forward"`` for groups of columns, ``"reverse"`` for groups of rows; by default what needs fewer.
    :returns: a function of the same arguments that returns a ``scipy.sparse.csr_array`` with a row for each entry of
        the result and a column for each entry of the argument, both in C order. It stores all entries of the pattern,
        also those that happen to be zero.
    :raises StructureMismatch: when called, if the pattern that is given does not fit.
    """
    if mode not in (None, "forward", "reverse"):
        raise UnsupportedCall(f"mode {mode!r} is not available", 'the modes are "forward" and "reverse"')
    return SparseDerivative(fun, chosen_arguments(argnums, argnames), sparsity, mode, hessian=False, backend=backend)


def sparse_hessian(
    fun: Function,
    argnums: int | None = None,
    *,
    argnames: str | None = None,
    sparsity: Any = None,
    backend: Backend = "numpy",
) -> SparseDerivative:
    """The Hessian of a function that returns one number as a sparse matrix: see :func:`sparse_jacobian`.

        >>> import numpy as np
        >>> f = lambda x: np.sum(x[1:] * x[:-1] ** 2)
        >>> sparse_hessian(f)(np.array([1.0, 2.0, 3.0])).toarray()
        array([[4., 2., 0.],
               [2., 6., 4.],
               [0., 4., 0.]])

    Of entries that mirror each other one is enough where that saves directions; whether the matrix is symmetric indeed
    is checked by one more. A pattern that is given may have one of the two only.
    """
    return SparseDerivative(fun, chosen_arguments(argnums, argnames), sparsity, None, hessian=True, backend=backend)


@handles(sparse_jacobian, sparse_hessian)
def _refuse_inside(lo: Any, args: list[Any], kwargs: dict[str, Any], node: Any) -> Any:
    lo.fail(
        "a sparse matrix of derivatives inside a function that is itself differentiated is not supported",
        "use jacfwd, jacrev or hessian there, or products with them: hvp, jvp, vjp",
        node,
        UnsupportedCall,
    )
