"""Classes of other libraries whose instances are lowered by definitions of ours: see :mod:`s2sgrad.frontend.labelled`.

Such an instance has the class of the library, so that types are dispatched on as in the primal; its attributes are
looked up in a class of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from s2sgrad.errors import UnsupportedCall
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import ObjectRef, Thing

#: The classes, with those that hold the definitions.
STAND_INS: dict[type, type] = {}

#: Their operators: ``operate(lo, fn, a, b)``, and ``in_place(lo, a, a op b)``.
OPERATORS: dict[type, tuple[Callable[..., Thing], Callable[..., Thing]]] = {}

#: Their attributes that depend on the instance: ``attribute(lo, ref, name)``, None if there is none.
ATTRIBUTES: dict[type, Callable[..., Thing | None]] = {}

_PACKAGE = "s2sgrad.frontend.labelled."


def definitions_of(cls: type) -> type:
    """Where the attributes of a class are looked up."""
    return STAND_INS.get(cls, cls)


def depends(lo: Lowerer, ref: ObjectRef, name: str) -> Thing | None:
    """An attribute that depends on the instance, such as a column; None if there is none."""
    return ATTRIBUTES[ref.cls](lo, ref, name) if ref.cls in ATTRIBUTES else None


def is_stand_in(ref: ObjectRef) -> bool:
    """Whether this stands for an object of another library, or for a helper of such an object."""
    return ref.cls in STAND_INS or ref.cls.__module__.startswith(_PACKAGE)


def is_of_pandas(cls: type) -> bool:
    """Whether this is one of pandas' classes."""
    return cls.__module__.startswith("pandas")


def _kind(ref: ObjectRef) -> str:
    return f"pandas {ref.cls.__name__}" if is_of_pandas(ref.cls) else ref.cls.__name__


def refuse_of_stand_in(lo: Lowerer, ref: ObjectRef, name: str, node: Any) -> NoReturn:
    """Refuse what the definitions of ours lack."""
    raises = AttributeError(f"{ref.cls.__name__!r} object has no attribute {name!r}")
    lo.fail(
        f"`{name}` of a {_kind(ref)} is not supported",
        "use `.to_numpy()`, and NumPy" if is_of_pandas(ref.cls) else "use a list",
        node,
        UnsupportedCall,
        None if hasattr(ref.cls, name) or ref.cls not in STAND_INS else raises,
    )
