"""Where in memory a subscript is: an entry of the array that a view was taken of, by sums of variables.

t = weights[k, 1:]     t[i]  ──▶  weights at (k, i + 1)
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from s2sgrad.backends.fusion.effects import NUMBER, Access, takes_view

#: A sum: how often each variable is in it, and under "" the number that is added. None: something else.
Sum: TypeAlias = "dict[str, int] | None"

Tokens: TypeAlias = frozenset[int]

#: What begins the names of indices that may be anything from 0, and of lengths.
_ANY, _LENGTH = "*", "#"


@dataclass(frozen=True, slots=True)
class Place:
    """``index``: a sum for each axis of ``root``; None where it is not known which entries are meant."""

    root: str
    index: tuple[Sum, ...] | None


@dataclass(frozen=True, slots=True)
class Axis:
    """How two indices compare: whether they are never equal, whether always, and the variables in them."""

    apart: bool
    same: bool
    variables: frozenset[str]


class Memory:
    """What the variables of a function may be.

    ``rank``: of the array that a variable holds; ``tokens``: of its memory, as the analysis of aliases names them; both
    are None where nobody knows. ``assigned``: how often each variable is, in the whole function. ``naturals``:
    variables that are never negative.
    """

    def __init__(
        self,
        rank: Callable[[str], int | None],
        tokens: Callable[[str], Tokens | None],
        assigned: Counter[str],
        naturals: Collection[str],
    ) -> None:
        self.rank = rank
        self.tokens = tokens
        self.assigned = assigned
        self.naturals = naturals
        self.views: dict[str, ast.expr] = {}

    def note(self, statement: ast.stmt, changing: Collection[str]) -> None:
        """Remember a statement that takes a view, unless its index has a variable that is ``changing``."""
        if any(isinstance(n, ast.Name) and n.id in changing and not self.is_fixed(n.id) for n in ast.walk(statement)):
            return
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript(value=ast.Name(id=of), slice=index)):
                rank = self.rank(of)
                taken = rank is not None and takes_view(index, rank)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=of)):
                taken = self.rank(of) not in (None, NUMBER)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Attribute(value=ast.Name(id=of), attr="T")):
                taken = True
            case _:
                return
        if taken and self.is_fixed(name) and self.is_fixed(of):
            self.views[name] = statement.value

    def is_fixed(self, name: str) -> bool:
        """Whether a variable is assigned in one place only."""
        return self.assigned[name] <= 1

    def place(self, access: Access) -> Place:
        name = access.name
        rank = self.rank(name)
        index: tuple[Sum, ...] | None = None
        if access.index is not None:
            index = tuple(self._entry(name, k, total(x)) for k, x in enumerate(access.index))
        elif rank is not None and rank > 0:
            index = tuple({f"{_ANY}{k}": 1, "": 0} for k in range(rank))
        while name in self.views:
            view = self.views[name]
            match view:
                case ast.Name(id=of):
                    name = of
                case ast.Attribute(value=ast.Name(id=of)):
                    name, index = of, None if index is None else index[::-1]
                case ast.Subscript(value=ast.Name(id=of), slice=where):
                    name, index = of, None if index is None else self._through(of, where, index)
                case _:
                    break
        return Place(name, index)

    def _through(self, of: str, where: ast.expr, index: Sequence[Sum]) -> tuple[Sum, ...]:
        """The index into the array of which a view was taken, from that into the view."""
        given = iter(index)
        found: list[Sum] = []
        for item in where.elts if isinstance(where, ast.Tuple) else [where]:
            match item:
                case ast.Constant(value=None):
                    next(given)
                case ast.Slice(lower=lower, step=None):
                    start = total(lower) if lower is not None else {"": 0}
                    found.append(_plus(self._start(of, len(found), start), next(given)))
                case ast.Slice():
                    next(given)
                    found.append(None)
                case _:
                    found.append(self._entry(of, len(found), total(item)))
        return (*found, *given)

    def _entry(self, of: str, axis: int, index: Sum) -> Sum:
        """The index of an entry; a negative number counts from the end."""
        if index is not None and set(index) == {""} and index[""] < 0:
            return index | {f"{_LENGTH}{of} {axis}": 1}
        return index

    def _start(self, of: str, axis: int, start: Sum) -> Sum:
        """Where a slice begins. From the end, that depends on whether there are as many entries."""
        if start is not None and set(start) == {""} and start[""] < 0:
            return {f"{_ANY}{of} {axis} {start['']}": 1, "": 0}
        return start

    # -- questions -------------------------------------------------------------------------------

    def apart(self, a: Access, b: Access) -> bool:
        """Whether two accesses surely are in different memory, whatever the indices are."""
        p, q = self.place(a).root, self.place(b).root
        if p == q and self.is_fixed(p):
            return False
        some, others = self.tokens(a.name), self.tokens(b.name)
        return some is not None and others is not None and some.isdisjoint(others)

    def axes(self, a: Access, b: Access, changing: Collection[str], variable: str = "") -> Iterator[Axis]:
        """How two accesses compare in each axis of the array that they are into; nothing if that is not surely one.

        ``changing``: variables that may have different values in the two. ``variable``: of a loop around each of them:
        the indices are the same if they are so in one iteration, and apart if they are in any two.
        """
        p, q = self.place(a), self.place(b)
        if p.root != q.root or not self.is_fixed(p.root) or p.index is None or q.index is None:
            return
        for x, y in zip(p.index, q.index, strict=False):
            used = frozenset((*(x or ()), *(y or ()))) - {""}
            if x is None or y is None:
                yield Axis(False, False, used)
                continue
            unique = not any(name in changing or name.startswith(_ANY) for name in used)
            same = unique and _less(x, y) == {"": 0}
            yield Axis(self._are_apart(x, y, {*changing, variable} - {""}), same, used)

    def _are_apart(self, x: dict[str, int], y: dict[str, int], changing: Collection[str]) -> bool:
        """Whether two sums surely differ, whatever the variables are that are never negative."""
        if not (self._is_natural(x) and self._is_natural(y)):
            return False  # -1 is the last entry, which may be any
        mine, others = ({name for name in part if name in changing or name.startswith(_ANY)} for part in (x, y))
        terms = [*((name, x[name]) for name in mine), *((name, -y[name]) for name in others)]
        kept = _less(
            {name: n for name, n in x.items() if name not in mine},
            {name: n for name, n in y.items() if name not in others},
        )
        assert kept is not None
        number = kept.pop("")
        terms += kept.items()
        return (number > 0 and all(n >= 0 for _, n in terms)) or (number < 0 and all(n <= 0 for _, n in terms))

    def _is_natural(self, x: dict[str, int]) -> bool:
        """Whether an index is surely not negative: as one from the end is not, being of an entry that there is."""
        names = set(x) - {""}
        known = all(x[name] > 0 and (name in self.naturals or name[0] in _ANY + _LENGTH) for name in names)
        return known and (x[""] >= 0 or any(name[0] == _LENGTH for name in names))


def total(x: ast.expr) -> Sum:
    """An expression as a sum of variables and a number, or None."""
    match x:
        case ast.Constant(value=int(n)):
            return {"": n}
        case ast.Name(id=name):
            return {name: 1, "": 0}
        case ast.UnaryOp(op=ast.USub(), operand=a):
            inner = total(a)
            return _less({"": 0}, inner)
        case ast.BinOp(left=a, op=ast.Add(), right=b):
            return _plus(total(a), total(b))
        case ast.BinOp(left=a, op=ast.Sub(), right=b):
            return _less(total(a), total(b))
        case _:
            return None


def _less(x: Sum, y: Sum) -> Sum:
    return None if y is None else _plus(x, {name: -n for name, n in y.items()})


def _plus(x: Sum, y: Sum) -> Sum:
    if x is None or y is None:
        return None
    names = {**x, **y}
    made = {name: x.get(name, 0) + y.get(name, 0) for name in names}
    return {"": 0} | {name: n for name, n in made.items() if n or name == ""}
