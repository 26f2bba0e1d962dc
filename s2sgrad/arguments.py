"""What is known of arguments while compiling: their types, and which of them carry a derivative, of which structure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sgrad.callees import AnyCallee, Path, show_path
from s2sgrad.errors import ArgumentTypeError, StructureMismatch
from s2sgrad.ir.structures import NO_DERIVATIVE, Fields, closed, flatten, opened, same_structure, show_steps
from s2sgrad.ir.types import OBJECT, Array, Dim, ListOf, Scalar, Type, is_differentiable, type_of
from s2sgrad.labels import Opaque
from s2sgrad.signatures import repeated_number


def axis_length(*path: Any) -> Dim:
    """The length, not 1, of an axis of an argument: its name, the way to the array in it, and the axis."""
    return Dim(("axis", *path), plural=True)


def type_tree(x: object, name: str, *path: Any) -> Any:
    """An opened argument with each number and array replaced by its type; other leaves stay as they are.

    ``name`` and the ``path`` within that argument name the lengths of its axes: each is 1, or one symbol for a length
    that is not 1.
    """
    if type(x) is tuple:
        return tuple(type_tree(item, name, *path, i) for i, item in enumerate(x))
    if type(x) is list and repeated_number(x):
        return ListOf(type_of(x[0]))
    if type(x) is list:
        return [type_tree(item, name, *path, i) for i, item in enumerate(x)]
    if type(x) is dict:
        return {key: type_tree(item, name, *path, key) for key, item in x.items()}
    if type(x) is Fields:
        parts = {key: type_tree(item, name, *path, key) for key, item in x.parts.items()}
        return Fields(x.cls, parts)
    if type(x) is Opaque:
        return OBJECT
    t = type_of(x)
    if isinstance(x, np.ndarray) and type(x) not in (np.ndarray, np.memmap):
        what = f"argument `{name}` is a `{type(x).__name__}`, a kind of array with rules of its own"
        plain = f"{name}.filled(…)" if isinstance(x, np.ma.MaskedArray) else f"np.asarray({name})"
        raise ArgumentTypeError(what, f"pass {plain}")
    if isinstance(t, Array):
        return Array(t.dtype, tuple(1 if n == 1 else axis_length(name, *path, k) for k, n in enumerate(t.shape)))
    return t if t.is_numeric else x


def carries_derivative(leaf: object) -> bool:
    """Whether a leaf of a type tree is a float or complex number, or such an array."""
    return isinstance(leaf, Type) and is_differentiable(leaf)


def check_differentiable(callee: AnyCallee, path: Path, leaf: object) -> None:
    """Raise :class:`ArgumentTypeError` unless a leaf of a type tree carries a derivative."""
    if carries_derivative(leaf):
        return
    name = show_path(callee, path)
    remedy = f"pass {name} as float, or leave it out of argnums"
    if isinstance(leaf, ListOf):
        remedy = f"pass floats in {name}, or leave it out of argnums"
    elif isinstance(leaf, Array):
        remedy = f"pass {name}.astype(float), or leave it out of argnums"
    elif isinstance(leaf, np.ndarray) and leaf.dtype.names:
        remedy = f"pass its fields as arguments of their own, such as {name}[{leaf.dtype.names[0]!r}]"
    elif isinstance(leaf, np.ndarray):
        remedy = f"pass {name}.astype(float), if it holds numbers, or leave it out of argnums"
    raise ArgumentTypeError(f"argument `{name}` of `{callee.name}` is {_in_words(leaf)}: it has no derivative", remedy)


def derivative_tree(tree: Any, carries: Callable[[Any], bool]) -> Any:
    """A tree without what carries no derivative in objects; what does not carry one elsewhere stays."""
    return _derivative_tree(tree, carries, False)


def _derivative_tree(tree: Any, carries: Callable[[Any], bool], inside: bool) -> Any:
    t = type(tree)
    if t is Fields:
        parts = {key: _derivative_tree(item, carries, True) for key, item in tree.parts.items()}
        if any(item is not NO_DERIVATIVE for item in parts.values()):
            return Fields(tree.cls, parts)
        return NO_DERIVATIVE if inside else tree
    if t in (tuple, list, dict):
        items = [_derivative_tree(x, carries, inside) for x in (tree.values() if t is dict else tree)]
        if inside and all(item is NO_DERIVATIVE for item in items):
            return NO_DERIVATIVE
        return dict(zip(tree, items, strict=True)) if t is dict else t(items)
    return NO_DERIVATIVE if tree is NO_DERIVATIVE or (inside and not carries(tree)) else tree


#: What needs no look inside: real numbers.
_PLAIN = frozenset({float, np.float64, np.float32})


def is_differentiable_argument(x: object) -> bool:
    """Whether an argument consists of floats, complex numbers, arrays of them, and objects that hold some."""
    if type(x) in _PLAIN:
        return True
    leaves = [leaf for _, leaf in flatten(derivative_tree(opened(x), _is_float))]
    return bool(leaves) and all(map(_is_float, leaves))


def _is_float(leaf: object) -> bool:
    return _kind(leaf) in ("f", "c")


def _kind(leaf: object) -> str:
    """``"f"`` for real numbers and arrays, ``"c"`` for complex ones."""
    t = type_of(leaf)
    return t.dtype.kind if isinstance(t, (Scalar, Array)) else ""


def derivative_like(given: Any, model: object, what: str) -> Any:
    """A tangent or cotangent for ``model``; real numbers where ``model`` is complex become complex numbers.

    Raises :class:`StructureMismatch` unless ``given`` has the structure of ``model``, and its shapes.
    """
    if type(given) in _PLAIN and type(model) in _PLAIN:
        return given
    model = derivative_tree(opened(model), _is_float)
    given = _without(opened(given), model)
    _check_like(given, model, what)
    pairs = zip(flatten(given), flatten(model), strict=True)
    return closed(same_structure(given, iter([_as_complex(x) if _kind(y) == "c" else x for (_, x), (_, y) in pairs])))


def _without(given: Any, model: Any) -> Any:
    """A tree without what ``model`` has no derivative in."""
    if model is NO_DERIVATIVE:
        return NO_DERIVATIVE
    if type(given) is Fields and type(model) is Fields and given.parts.keys() == model.parts.keys():
        return Fields(given.cls, {key: _without(given[key], item) for key, item in model.parts.items()})
    if type(given) is type(model) is dict and given.keys() == model.keys():
        return {key: _without(item, model[key]) for key, item in given.items()}
    if type(given) is type(model) and type(given) in (tuple, list) and len(given) == len(model):
        return type(given)(map(_without, given, model))
    return given


def _as_complex(x: Any) -> Any:
    if _kind(x) == "c":
        return x
    return x.astype(np.result_type(x, np.complex64)) if isinstance(x, (np.ndarray, np.generic)) else complex(x)


def _check_like(given: object, model: object, what: str) -> None:
    have, want = list(flatten(given)), list(flatten(model))
    other = type(given) is not type(model) and (len(want) != 1 or Fields in (type(given), type(model)))
    if [path for path, _ in have] != [path for path, _ in want] or other or _classes(given) != _classes(model):
        raise StructureMismatch(f"{what} is nested otherwise than what it belongs to", "nest it in the same way")
    for (path, x), (_, y) in zip(have, want, strict=True):
        where = what + show_steps(path)
        if _kind(y) not in ("f", "c"):
            continue
        if _kind(x) == "c" and _kind(y) == "f":
            raise StructureMismatch(f"{where} is complex, but what it belongs to is real", "pass its real part")
        if _kind(x) not in ("f", "c"):
            raise StructureMismatch(f"{where} is {_in_words(type_of(x))}, not a float", "pass floats, such as 1.0")
        if np.shape(x) != np.shape(y):
            raise StructureMismatch(
                f"{where} has shape {np.shape(x)}, but what it belongs to has shape {np.shape(y)}",
                "a tangent or cotangent has the shape of its value",
            )


def _classes(tree: Any) -> list[type]:
    """The classes of the objects in a tree."""
    if type(tree) is Fields:
        return [tree.cls, *(cls for item in tree.parts.values() for cls in _classes(item))]
    items = tree.values() if type(tree) is dict else tree if type(tree) in (tuple, list) else ()
    return [cls for item in items for cls in _classes(item)]


def independent(saved: Any, parts: Sequence[Any]) -> Any:
    """``saved`` with copies of the arrays and lists among ``parts``, so that they can change unnoticed."""
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    lists = {id(part) for part in parts}

    def own(x: Any) -> Any:
        if isinstance(x, np.ndarray):
            return x.copy() if any(np.may_share_memory(x, array) for array in arrays) else x
        if type(x) in (tuple, list):
            items = [own(item) for item in x]
            same = id(x) not in lists and all(map(operator.is_, items, x))
            return x if same else type(x)(items)
        return {key: own(item) for key, item in x.items()} if type(x) is dict else x

    return own(saved)


def _in_words(leaf: object) -> str:
    if isinstance(leaf, Fields):
        return with_article(leaf.cls.__name__)
    if isinstance(leaf, Array):
        return f"an array of {leaf.dtype}"
    if isinstance(leaf, Scalar):
        name = leaf.dtype.type(0).item().__class__.__name__ if leaf.weak else str(leaf.dtype)
        return with_article(name)
    if isinstance(leaf, ListOf):
        return f"a list whose items are each {_in_words(leaf.item)}"
    if isinstance(leaf, Type):
        return f"of type {leaf}"
    if isinstance(leaf, np.ndarray):
        return f"a structured array ({leaf.dtype})" if leaf.dtype.names else f"an array of {leaf.dtype}"
    return "None" if leaf is None else with_article(type(leaf).__name__)


def with_article(noun: str) -> str:
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"
