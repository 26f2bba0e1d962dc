"""Calls of derivatives with pandas objects: the derivative of the function *on arrays*, and the labels around it.

:class:`OnArrays` is the primal as a function of arrays. It is lowered like any function: its arguments become stand-ins
for Series and DataFrames (:mod:`s2sgrad.frontend.labelled`), and the labels of what the primal returns are remembered
with the code. So its derivatives, of every kind and order, are those of a function of arrays.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from s2sgrad import labels
from s2sgrad.callees import AnyCallee, Callee, take_apart
from s2sgrad.dispatch import Specialisation
from s2sgrad.ir.structures import tree_at


class OnArrays:
    """A function whose arguments are the arrays of Series and DataFrames.

    :ivar labels_of_arguments: for each parameter of the function, what its argument was.
    """

    def __init__(self, fun: Callable[..., Any], labels_of_arguments: tuple[Any, ...]) -> None:
        callee = take_apart(fun)
        assert isinstance(callee, Callee)
        self.__wrapped__ = fun
        self.__name__ = callee.name
        self.__qualname__ = getattr(fun, "__qualname__", callee.name)
        self.__module__ = getattr(fun, "__module__", None) or __name__
        self.__signature__ = inspect.Signature(callee.parameters, __validate_parameters__=False)
        self.labels_of_arguments = labels_of_arguments
        self.callee = callee

    def __s2sgrad_callee__(self) -> AnyCallee:
        """How this is called: like the function itself."""
        return replace(self.callee, function=self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"`{self.__name__}` on arrays is there to be differentiated only")

    def __s2sgrad_lower__(self, lo: Any, args: list[Any], kwargs: dict[str, Any], node: Any) -> Any:
        """How the frontend lowers it."""
        return importlib.import_module("s2sgrad.frontend.labelled").lower_on_arrays(self, lo, args, kwargs, node)


def call(derivative: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of a derivative for arguments with Series and DataFrames among them."""
    bound = derivative.__s2sgrad_callee__().bind(args, kwargs)
    index, given, arrays, dispatcher = _taken_apart(derivative, bound)
    with np.errstate(all="ignore"):  # as pandas has it
        found = derivative.dispatcher.last = dispatcher.find(arrays)
        result = dispatcher.run(found, labels.opened(arrays))
    made = _labels_of_result(derivative, given, found.labels)
    if derivative.kind not in ("vjp", "linearize"):
        return labels.labelled(result, made, index)
    of_out, of_later = made
    out, later = result
    return labels.labelled(out, of_out, index), Labelled(later, of_later, index)


@dataclass(frozen=True, slots=True)
class Labelled:
    """What is called later, with the labels of its results."""

    later: Any
    labels: Any
    index: Any

    @property
    def source(self) -> str:
        """The emitted source."""
        text: str = self.later.source
        return text

    def __call__(self, *args: Any) -> Any:
        with np.errstate(all="ignore"):
            return labels.labelled(self.later(*args), self.labels, self.index)


def specialise(derivative: Any, bound: tuple[Any, ...]) -> Specialisation:
    """The code for such arguments."""
    _, _, arrays, dispatcher = _taken_apart(derivative, bound)
    found: Specialisation = dispatcher.find(arrays)
    return found


def on_arrays(derivative: Any, bound: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """The derivative of the function on arrays, and its arguments."""
    _, given, arrays, _ = _taken_apart(derivative, bound)
    return _on_arrays(derivative, given), arrays


def _taken_apart(derivative: Any, bound: tuple[Any, ...]) -> tuple[Any, Any, tuple[Any, ...], Any]:
    """The index of bound arguments, their labels, their arrays, and the dispatcher of the derivative on arrays."""
    primals = bound[: len(derivative.callee.names)]
    given = labels.labels_of(primals)
    return labels.shared_index(primals), given, labels.plain(bound), _on_arrays(derivative, given).dispatcher


def _on_arrays(derivative: Any, given: tuple[Any, ...]) -> Any:
    """The same derivative of the function on arrays."""
    key = labels.key_of(given)
    made = derivative.on_arrays.get(key)
    if made is None:
        fun = derivative.__wrapped__
        inside = _on_arrays(fun, given) if hasattr(fun, "on_arrays") else OnArrays(fun, given)
        made = derivative.on_arrays[key] = type(derivative)(inside, *derivative.description)
    return made


def _labels_of_result(derivative: Any, given: tuple[Any, ...], of_primal: Any) -> Any:
    """The labels of what a derivative returns; None where it returns arrays.

    :param of_primal: those of what the function at the end of the chain returns.
    """
    fun = derivative.__wrapped__
    out = _labels_of_result(fun, given, of_primal) if hasattr(fun, "on_arrays") else of_primal
    if derivative.kind in ("jacfwd", "jacrev", "jacobian", "laplacian"):
        return None
    if derivative.kind == "linearize" and derivative.has_aux:
        return out, None if out is None else out[0]
    if derivative.kind in ("jvp", "linearize"):
        return out, out
    if derivative.kind in ("tangent", "directional", "partial"):
        return out
    if derivative.kind == "jet":
        return out, [out] * derivative.order
    if derivative.kind == "taylor":
        return [out] * (derivative.order + 1)
    bars: Any = tuple(tree_at(given, root) for root in derivative.roots)
    if not isinstance(derivative.argnums, tuple):
        (bars,) = bars
    if derivative.kind in ("value_and_grad", "vjp"):
        return out, bars
    if derivative.kind == "grad" and derivative.has_aux:
        return bars, None if out is None else out[1]
    return bars
