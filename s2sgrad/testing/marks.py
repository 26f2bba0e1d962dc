"""Functions that are marked as differentiable, with examples of their arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar

from s2sgrad.derivative import DerivativeFunction
from s2sgrad.testing.checks import check_grads

F = TypeVar("F", bound=Callable[..., Any])

#: Where a function keeps its examples, beside its own attributes.
_ATTRIBUTE = "__s2sgrad_examples__"


@dataclass(frozen=True, slots=True)
class Example:
    """Arguments that the derivatives of a function are checked at.

    ``arguments``: a tuple, or a function that makes it. ``options``: of :func:`~s2sgrad.testing.check_grads`.

    >>> Example("square", lambda x: x * x, (3.0,)).check()
    """

    name: str
    function: Callable[..., Any]
    arguments: Any
    options: Mapping[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Check the derivatives. Raises :class:`~s2sgrad.errors.GradientMismatch`."""
        __tracebackhide__ = True
        arguments = self.arguments() if callable(self.arguments) else self.arguments
        check_grads(self.function, arguments if isinstance(arguments, tuple) else (arguments,), **self.options)


def differentiable(*, example: Any, **options: Any) -> Callable[[F], F]:
    """Mark a function as differentiable: ``pytest --s2sgrad-check MODULE`` checks its derivatives.

    The function stays what it is. Several marks are several examples. On a derivative (``@grad`` below) the function
    that it is the derivative of is checked.

    :param example: the arguments to check at: a tuple (what is no tuple is the only argument), or a function without
        parameters that makes them when they are needed.
    :param options: of :func:`~s2sgrad.testing.check_grads`, such as ``order=1``.

    >>> @differentiable(example=(2.0, 3.0))
    ... def area(x, y):
    ...     return x * y
    >>> area(2.0, 3.0)
    6.0
    """

    def mark(fun: F) -> F:
        known = vars(fun).get(_ATTRIBUTE, ())
        setattr(fun, _ATTRIBUTE, ((example, options), *known))
        return fun

    return mark


def examples_in(module: ModuleType) -> Iterator[Example]:
    """The examples of all marked functions of a module, those of its classes among them.

    Derivatives without a mark (``@grad`` alone) come as examples without arguments (None).

    >>> import s2sgrad.testing
    >>> list(examples_in(s2sgrad.testing))
    []
    """
    for name, thing in vars(module).items():
        if inspect.isclass(thing) and thing.__module__ == module.__name__:
            for method, member in vars(thing).items():
                yield from _examples_of(f"{name}.{method}", member, module)
        else:
            yield from _examples_of(name, thing, module)


def _examples_of(name: str, thing: Any, module: ModuleType) -> Iterator[Example]:
    marked = getattr(thing, "__dict__", {}).get(_ATTRIBUTE, ())
    derived = isinstance(thing, DerivativeFunction)
    if getattr(thing, "__module__", None) != module.__name__ or not (marked or derived):
        return
    function = thing
    while isinstance(function, DerivativeFunction):
        function = function.__wrapped__
        marked = marked or vars(function).get(_ATTRIBUTE, ())
    for k, (arguments, options) in enumerate(marked):
        yield Example(name if len(marked) == 1 else f"{name}[{k}]", function, arguments, options)
    if not marked:
        yield Example(name, function, None)
