"""The derivative-rule table and its notation.

A rule is a plain Python function on plain arrays; it runs without any compiler, and the transforms lower
it with the same frontend as user code and inline it. Five verbs register rules::

    @partials(np.tanh)                   elementwise: the partial derivative for each argument (a tuple
    def tanh(y, x):                      for several), from the result and the arguments. Both modes
        return 1 - y * y                 follow. ``None``: not differentiable in that argument; a
                                         string instead says why not.

    @linear(np.sum)                      linear in its first argument: the body is the transpose, and the
    def sum_(y_bar, x, *, axis=None):    function is its own tangent. ``wrt=(1, 2)``: jointly linear in those
        ...                              positions; the body then returns a tuple of their cotangents.

    @multilinear(np.matmul)              linear in each argument alone: the body gives all cotangents like
    def matmul(z_bar, z, x, y): ...      @vjp; the tangent is the sum over one argument replaced at a time.

    @vjp(np.linalg.inv)                  the general verbs. A vjp takes the result's cotangent, the result and
    def inv_vjp(y_bar, y, a): ...        the arguments, and returns one cotangent per positional argument
    @jvp(np.linalg.inv)                  (``None`` where there is none; a string as above). A jvp takes the tuple of
    def inv_jvp(dots, y, a): ...         tangents (``None`` for an inactive argument), the result and the arguments.

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

What s2sgrad may not run to see what it returns (compiled code) has results of unknown types. Then derivatives are
right, but slower and longer than they have to be; :func:`returns` says more.

A rule may be registered at any time, for any callable, also for one that has a rule already: derivatives that were
compiled before are compiled again. What was registered last counts.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from s2sgrad.dispatch import forget_compiled
from s2sgrad.ir.shapes.table import type_rule
from s2sgrad.ir.shapes.witness import seen_by_running

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

RuleFunction = Callable[..., Any]
Place = tuple[str, int]
F = TypeVar("F", bound=RuleFunction)


@dataclass(slots=True)
class Rule:
    """All that is known of how to differentiate one function. ``place``: the file and line where that is said."""

    function: Any
    partials: RuleFunction | None = None
    transpose: RuleFunction | None = None
    vjp: RuleFunction | None = None
    jvp: RuleFunction | None = None
    multilinear: bool = False
    nondiff: bool = False
    broadcasts: bool = False
    core: int = 0
    wrt: tuple[int, ...] = field(default=(0,))
    place: Place = field(default=("", 0))


RULES: dict[Any, Rule] = {}

#: ``core`` of functions that never repeat anything: more axes than NumPy's arrays can have.
ALL = 65


# The modules of rules for packages that need not be installed, by the package: imported when a function of it is met.
OPTIONAL = {
    "scipy.fft": "s2sgrad.rules.scipy.fft",
    "scipy.fftpack": "s2sgrad.rules.scipy.fftpack",
    "bottleneck": "s2sgrad.rules.bottleneck",
    "scipy.integrate": "s2sgrad.rules.scipy.integrate",
    "scipy.interpolate": "s2sgrad.rules.scipy.interpolate",
    "scipy.linalg": "s2sgrad.rules.scipy.linalg",
    "scipy.ndimage": "s2sgrad.rules.scipy.ndimage",
    "scipy.optimize": "s2sgrad.rules.scipy.optimize",
    "scipy.signal": "s2sgrad.rules.scipy.signal",
    "scipy.sparse": "s2sgrad.rules.scipy.sparse",
    "scipy.spatial": "s2sgrad.rules.scipy.spatial",
    "scipy.special": "s2sgrad.rules.scipy.special",
    "scipy.stats": "s2sgrad.rules.scipy.stats",
}


def rule_of(function: Any) -> Rule | None:
    """The rule for a callable, or None."""
    try:
        rule = RULES.get(function)
    except TypeError:  # unhashable callables have no rule
        return None
    if rule is None and _import_rules(function):
        rule = RULES.get(function)
    return rule


_OPTIONAL_ROOTS = frozenset(package.partition(".")[0] for package in OPTIONAL)
_imported: set[str] = set()


def _import_rules(function: Any) -> bool:
    """Import the rules for the optional package that defines a function; whether that was done only now."""
    defined_in = getattr(function, "__module__", None)
    if isinstance(function, np.ufunc) and "scipy.special" in sys.modules:  # a ufunc does not say where it is from
        defined_in = "scipy.special"
    if not isinstance(defined_in, str) or defined_in.partition(".")[0] not in _OPTIONAL_ROOTS:
        return False
    package = next((p for p in OPTIONAL if f"{defined_in}.".startswith(f"{p}.")), None)
    if package is None or package in _imported:
        return False
    _imported.add(package)
    importlib.import_module(OPTIONAL[package])
    return True


def _register(functions: tuple[Any, ...], place: Place, cleared: tuple[str, ...], **given: Any) -> None:
    """Give functions a rule. The verb used last counts: it clears those that say otherwise about the same mode."""
    for function in functions:
        rule = RULES.setdefault(function, Rule(function))
        rule.place, rule.nondiff = place, False
        for name in cleared:
            setattr(rule, name, None)
        for name, value in given.items():
            setattr(rule, name, value)
    if is_foreign(place):
        _forget_all()


def _forget_all() -> None:
    """Somebody has said something new that code which is there already may depend on."""
    global _version
    _version += 1
    forget_compiled()


_version = 0


def rules_version() -> int:
    """Another number after each rule that is not s2sgrad's own."""
    return _version


def is_foreign(place: Place) -> bool:
    """Whether a rule is the user's, so that no code made without it may be used."""
    return not place[0].startswith(_OURS)


def _place_of(rule: RuleFunction) -> Place:
    return rule.__code__.co_filename, rule.__code__.co_firstlineno


def partials(*functions: Any) -> Callable[[F], F]:
    """Register the partial derivatives of elementwise functions."""

    def register(rule: F) -> F:
        _register(functions, _place_of(rule), ("transpose", "vjp", "jvp"), partials=rule, multilinear=False)
        return rule

    return register


def linear(*functions: Any, wrt: tuple[int, ...] = (0,), broadcasts: bool = False) -> Callable[[F], F]:
    """Register the transpose of functions that are jointly linear in the arguments ``wrt``.

    ``broadcasts``: as for :func:`vjp`; always so where there are several.
    """

    def register(rule: F) -> F:
        fields = {"transpose": rule, "wrt": wrt, "broadcasts": broadcasts or len(wrt) > 1, "multilinear": False}
        _register(functions, _place_of(rule), ("partials", "vjp", "jvp"), **fields)
        return rule

    return register


def multilinear(*functions: Any, core: int = 0) -> Callable[[F], F]:
    """Register the cotangents of functions that are linear in each of their arguments alone.

    ``core``: the number of last axes of each argument along which the function repeats nothing, as NumPy calls them:
    a length of 1 is not stretched there, and the cotangents have the argument's lengths.
    """

    def register(rule: F) -> F:
        fields = {"vjp": rule, "multilinear": True, "broadcasts": True, "core": core}
        _register(functions, _place_of(rule), ("partials", "transpose", "jvp"), **fields)
        return rule

    return register


def vjp(*functions: Any, broadcasts: bool = False) -> Callable[[F], F]:
    """Register a reverse rule: ``rule(y_bar, y, *args, **kwargs)`` returns a cotangent per positional argument.

    ``broadcasts``: the function broadcasts its arguments, so that an argument of unknown rank may have a smaller shape
    than the cotangent that the rule returns for it.
    """

    def register(rule: F) -> F:
        fields = {"vjp": rule, "broadcasts": broadcasts, "multilinear": False}
        _register(functions, _place_of(rule), ("partials", "transpose"), **fields)
        return rule

    return register


def jvp(*functions: Any) -> Callable[[F], F]:
    """Register a forward rule: ``rule(dots, y, *args, **kwargs)`` returns the tangent of the result."""

    def register(rule: F) -> F:
        _register(functions, _place_of(rule), ("partials",), jvp=rule)
        return rule

    return register


def nondiff(*functions: Any) -> None:
    """Register functions whose derivative is zero wherever it exists."""
    caller = sys._getframe(1)
    place = caller.f_code.co_filename, caller.f_lineno
    _register(functions, place, ("partials", "transpose", "vjp", "jvp"), multilinear=False)
    for function in functions:
        RULES[function].nondiff = True


DECLARED: set[Any] = set()


def returns(*functions: Any) -> Callable[[F], F]:
    """Say what functions return: the decorated function, run on tiny arrays while compiling, returns arrays or numbers
    of the same dtypes and, in terms of its arguments' shapes, the same shapes. What it computes does not matter."""

    def register(example: F) -> F:
        type_rule(*functions)(lambda *args, **kwargs: seen_by_running(example, args, kwargs))
        if is_foreign(_place_of(example)):
            DECLARED.update(functions)
            _forget_all()
        return example

    return register


DEFINITIONS: dict[Any, RuleFunction] = {}


def defines(*functions: Any) -> Callable[[F], F]:
    """Register a definition: what a function does, to the last bit, in terms of others.

    A differentiated call of the function is entered through it, like a call of a function of the user's.
    """

    def register(definition: F) -> F:
        DEFINITIONS.update(dict.fromkeys(functions, definition))
        return definition

    return register


CALLERS: dict[Any, RuleFunction] = {}


def calls_back(*functions: Any) -> Callable[[F], F]:
    """Register how a call of a function (or class) is lowered that is given functions, or makes an object.

    The definition is entered in place of the call; a call of the same function in it is that call. It turns the
    user's functions into such that can be handed on, see :mod:`s2sgrad.rules.functions`.
    """

    def register(definition: F) -> F:
        CALLERS.update(dict.fromkeys(functions, definition))
        return definition

    return register


def caller_definition(function: Any) -> RuleFunction | None:
    """The definition that is entered in place of a call of this function."""
    try:
        _import_rules(function)
        return CALLERS.get(function)
    except TypeError:
        return None


STATIC_FUNCTIONS: set[RuleFunction] = set()


def static(function: F) -> F:
    """Mark a function of rules that is run while compiling: its arguments and its result are static."""
    STATIC_FUNCTIONS.add(function)
    return function
