"""Linear inequalities over integers: whether some hold together.

A *form* is a sum of integer multiples of atoms (anything hashable), and a constant under the key ``CONSTANT``.
Variables are eliminated one by one (Fourier 1826, Motzkin 1936), each inequality divided by what its coefficients have
in common and its constant rounded, since atoms are integers. What is found infeasible surely is; the converse
need not hold.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from math import gcd
from typing import TypeAlias

Form: TypeAlias = Mapping[Hashable, int]

CONSTANT = "constant"

#: Systems larger than this are not worked on: then nothing is known.
_LARGEST = 160


def constant(n: int) -> Form:
    return {CONSTANT: n} if n else {}


def plus(a: Form, b: Form, factor: int = 1) -> Form:
    """``a + factor * b``."""
    total = dict(a)
    for atom, n in b.items():
        total[atom] = total.get(atom, 0) + factor * n
    return {atom: n for atom, n in total.items() if n}


def minus(a: Form, b: Form) -> Form:
    return plus(a, b, -1)


def infeasible(nonnegative: Iterable[Form], zero: Iterable[Form] = ()) -> bool:
    """Whether surely no integers make all of some forms nonnegative and all of others zero."""
    forms = list(nonnegative)
    for form in _equations(list(zero), forms):
        forms += (form, plus({}, form, -1))
    number: dict[Hashable, int] = {}
    system: _System = {}
    for form in forms:
        numbered = {number.setdefault(atom, len(number)): n for atom, n in form.items() if atom != CONSTANT}
        if not _add(numbered, form.get(CONSTANT, 0), system):
            return True
    while system and len(system) <= _LARGEST:
        atom = _cheapest(system)
        taken = [(dict(key), n) for key, n in system.items() if any(a == atom for a, _ in key)]
        system = {key: n for key, n in system.items() if all(a != atom for a, _ in key)}
        for low, n in taken:
            for up, m in taken:
                if low[atom] > 0 > up[atom]:
                    p, q = -up[atom], low[atom]
                    made = {a: p * low.get(a, 0) + q * up.get(a, 0) for a in (*low, *up)}
                    if not _add(made, p * n + q * m, system):
                        return True
    return False


#: Coefficients by number of the atom, in order, and the constant.
_System: TypeAlias = dict[tuple[tuple[int, int], ...], int]


def _equations(zero: list[Form], forms: list[Form]) -> list[Form]:
    """Replace an atom by what an equation says that it is, where that is one multiple; the equations that are left."""
    left: list[Form] = []
    while zero:
        form = zero.pop()
        atom = next((a for a, n in form.items() if n in (1, -1) and a != CONSTANT), None)
        if atom is None:
            left.append(form)
            continue
        for others in (zero, forms, left):
            others[:] = [plus(f, form, -f[atom] * form[atom]) if atom in f else f for f in others]
    return left


def _add(form: Mapping[int, int], n: int, system: _System) -> bool:
    """Put an inequality into a system, which keeps the strongest of those alike; False if it never holds."""
    terms = sorted((atom, k) for atom, k in form.items() if k)
    if not terms:
        return n >= 0
    common = gcd(*(k for _, k in terms))
    key = tuple((atom, k // common) for atom, k in terms)
    system[key] = min(n // common, system.get(key, n // common))
    return True


def _cheapest(system: _System) -> int:
    """The atom whose elimination makes the fewest inequalities."""
    below: dict[int, int] = {}
    above: dict[int, int] = {}
    for key in system:
        for atom, n in key:
            side = below if n > 0 else above
            side[atom] = side.get(atom, 0) + 1
    return min(
        sorted({**below, **above}),
        key=lambda a: below.get(a, 0) * above.get(a, 0) - below.get(a, 0) - above.get(a, 0),
    )
