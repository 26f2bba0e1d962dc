"""The derivative-rule table and its notation.

A rule is a plain Python function on plain arrays; it runs without any compiler, and the transforms lower
it with the same frontend as user code and inline it. Five verbs register rules:

    @partials(np.tanh)                   elementwise: the partial derivative for each argument (a tuple
    def tanh(y, x):                      for several), from the result and the arguments. Both modes
        return 1 - y * y                 follow. ``None``: not differentiable in that argument.

    @linear(np.sum)                      linear in its first argument: the body is the transpose, and the
    def sum_(y_bar, x, *, axis=None):    function is its own tangent. ``wrt=(1, 2)``: jointly linear in those
        ...                              positions; the body then returns a tuple of their cotangents.

    @multilinear(np.matmul)              linear in each argument alone: the body gives all cotangents like
    def matmul(z_bar, z, x, y): ...      @vjp; the tangent is the sum over one argument replaced at a time.

    @vjp(np.linalg.inv)                  the general verbs. A vjp takes the result's cotangent, the result and
    def inv_vjp(y_bar, y, a): ...        the arguments, and returns one cotangent per positional argument
    @jvp(np.linalg.inv)                  (``None`` where there is none). A jvp takes the tuple of tangents (``None``
    def inv_jvp(dots, y, a): ...         for an inactive argument), the result and the arguments.

    nondiff(np.floor, np.argmax)         piecewise constant: derivative zero.

Keyword arguments arrive under their own names; one that a rule does not name is refused. A cotangent has the type
of the *result*; broadcasting is undone once, in the adjoint transform, never in a rule: what a rule of any verb
returns for an argument has the argument's shape, or one that the argument broadcasts to. Branches in a rule on
``None``, ``ndim``, options or dtypes are decided while compiling. Rules use only functions that have rules, and
functions marked :func:`static`, which are run while compiling on static arguments (axes, ranks, strings).

Where an argument is a list or tuple of arrays (``np.concatenate``) its cotangent is a list or tuple of as many.
Where a function has several results (``np.split``, ``np.linalg.slogdet``) ``y`` and ``y_bar`` are tuples, with ``None``
for the cotangent of a result that nobody uses, and a jvp returns a tuple. A rule may return more than the call has
arguments: the others were left at their defaults.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

RuleFunction = Callable[..., Any]
F = TypeVar("F", bound=RuleFunction)


@dataclass(slots=True)
class Rule:
    """All that is known of how to differentiate one function."""

    function: Any
    partials: RuleFunction | None = None
    transpose: RuleFunction | None = None
    vjp: RuleFunction | None = None
    jvp: RuleFunction | None = None
    multilinear: bool = False
    nondiff: bool = False
    wrt: tuple[int, ...] = field(default=(0,))


RULES: dict[Any, Rule] = {}


def rule_of(function: Any) -> Rule | None:
    """The rule for a callable, or None."""
    try:
        return RULES.get(function)
    except TypeError:  # unhashable callables have no rule
        return None


def _entry(function: Any) -> Rule:
    return RULES.setdefault(function, Rule(function))


def partials(*functions: Any) -> Callable[[F], F]:
    """Register the partial derivatives of elementwise functions."""

    def register(rule: F) -> F:
        for function in functions:
            _entry(function).partials = rule
        return rule

    return register


def linear(*functions: Any, wrt: tuple[int, ...] = (0,)) -> Callable[[F], F]:
    """Register the transpose of functions that are jointly linear in the arguments ``wrt``."""

    def register(rule: F) -> F:
        for function in functions:
            entry = _entry(function)
            entry.transpose, entry.wrt = rule, wrt
        return rule

    return register


def multilinear(*functions: Any) -> Callable[[F], F]:
    """Register the cotangents of functions that are linear in each of their arguments alone."""

    def register(rule: F) -> F:
        for function in functions:
            entry = _entry(function)
            entry.vjp, entry.multilinear = rule, True
        return rule

    return register


def vjp(*functions: Any) -> Callable[[F], F]:
    """Register a reverse rule: ``rule(y_bar, y, *args, **kwargs)`` returns a cotangent per positional argument."""

    def register(rule: F) -> F:
        for function in functions:
            _entry(function).vjp = rule
        return rule

    return register


def jvp(*functions: Any) -> Callable[[F], F]:
    """Register a forward rule: ``rule(dots, y, *args, **kwargs)`` returns the tangent of the result."""

    def register(rule: F) -> F:
        for function in functions:
            _entry(function).jvp = rule
        return rule

    return register


def nondiff(*functions: Any) -> None:
    """Register functions whose derivative is zero wherever it exists."""
    for function in functions:
        _entry(function).nondiff = True


STATIC_FUNCTIONS: set[RuleFunction] = set()


def static(function: F) -> F:
    """Mark a function of rules that is run while compiling: its arguments and its result are static."""
    STATIC_FUNCTIONS.add(function)
    return function
