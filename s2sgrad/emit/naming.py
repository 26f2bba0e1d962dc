"""Out of SSA: values become variables, and variables get the author's names.

Values that are handed on (a loop's initial value, parameter, yield and result; a branch's value and the If's result;
an update and the version it replaces) share a variable where their lifetimes do not overlap, and so do values that
have the same name. What cannot share is moved where it is handed on.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from heapq import heappop, heappush

from s2sgrad.emit.folding import Folding
from s2sgrad.emit.references import References, identifier
from s2sgrad.ir.core import Block, Call, Const, For, Function, If, Operand, Try, Value, While, With
from s2sgrad.ir.primitives import setitem
from s2sgrad.optimize.lifetimes import Lifetimes, Segment
from s2sgrad.optimize.written_through import is_update

_FEW = 8


class Variable:
    """A set of values that are never alive at once. ``segments``: when it is alive, sorted.

    ``kind``: variables of different kinds never share a name.
    """

    __slots__ = ("fixed", "hint", "kind", "name", "read", "segments")

    def __init__(self, hint: str | None, segments: list[Segment], fixed: bool = False, kind: Hashable = None) -> None:
        self.kind = kind
        self.read = True
        self.hint = hint
        self.segments = segments
        self.fixed = fixed
        self.name: str | None = None

    def overlaps(self, other: Variable) -> bool:
        if self.kind != other.kind:
            return True
        few, many = (self, other) if len(self.segments) < len(other.segments) else (other, self)
        return any(_meets(many.segments, segment) for segment in few.segments)


def _meets(segments: list[Segment], segment: Segment) -> bool:
    """Whether a segment overlaps one of these, which are sorted and disjoint."""
    k = bisect_left(segments, (segment[1],))
    return k > 0 and segments[k - 1][1] > segment[0]


def _normalised(segments: Iterable[Segment]) -> list[Segment]:
    """Sorted segments, joined where they meet: at an operation that reads the one and writes the other."""
    out: list[Segment] = []
    for start, end in sorted(segments):
        if out and start <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


class Naming:
    """The variables of a function. ``names`` maps its values to their variables' names.

    ``kind_of``: values of different kinds have different variables.
    """

    def __init__(
        self,
        function: Function,
        folding: Folding,
        references: References,
        kind_of: Callable[[Value], Hashable] = lambda _: None,
    ) -> None:
        self.kind_of = kind_of
        self.lifetimes = Lifetimes(function, folding.values, folding.values)
        self.folding = folding
        self.names: dict[Value, str] = {}
        self._variable: dict[Value, Variable] = {}
        self._forwarding: dict[Variable, Variable] = {}
        self._function = function
        self._references = references
        for value, capture in function.captures.items():
            self.names[value] = references.capture(capture)
        self._make()
        made: dict[Operand, Call] = {}
        handed_on: list[Call] = []
        for op in self.lifetimes.at:
            if isinstance(op, Call):
                made.update((result, op) for result in op.results)
                if is_update(op) and op.results:
                    if _takes_over(op, made):
                        handed_on.append(op)
                    else:
                        self._unite(op.args[0], op.results[0])
        self._join(function.body)
        for op in handed_on:
            x, y = self._find(op.args[0]), self._find(op.results[0])
            if x is not None and y is not None and x.hint == y.hint:
                self._unite(op.args[0], op.results[0])
        self._name()

    def needed(self, value: Operand) -> bool:
        """Whether a value has a variable."""
        return value in self.names

    # -- variables ---------------------------------------------------------------------------

    def _make(self) -> None:
        lifetimes = self.lifetimes
        carried, indices = self._carried()
        for value in lifetimes.defined:
            if value in self._function.captures or value in self.folding.values or value in self.folding.unpacked:
                continue
            parameter = lifetimes.defined[value][0] == -1
            if parameter or value in lifetimes.uses or value in carried:
                segments = _normalised(lifetimes.segments(value))
                hint = value.name or (
                    ("i" if value in lifetimes.uses else "_") if value in indices else "x" if parameter else None
                )
                variable = self._variable[value] = Variable(hint, segments, parameter, self.kind_of(value))
                variable.read = parameter or value in lifetimes.uses or value not in indices

    def _carried(self) -> tuple[set[Value], set[Value]]:
        """Loop parameters and indices that need a variable though nothing reads them in the loop."""
        found: set[Value] = set()
        indices: set[Value] = set()
        for op in self.lifetimes.at:
            if isinstance(op, (For, While)):
                found.update(p for p, r in zip(op.carried, op.results, strict=True) if r in self.lifetimes.uses)
                if isinstance(op, For):
                    indices.add(op.index)
        return found | indices, indices

    def _join(self, block: Block) -> None:
        for op in block.ops:
            if isinstance(op, If):
                if op not in self.folding.ternaries:
                    self._join(op.then)
                    self._join(op.orelse)
                    for branch in (op.then, op.orelse):
                        for value, result in zip(branch.results, op.results, strict=True):
                            self._merge(value, result)
            elif isinstance(op, (For, While)):
                for param, result in zip(op.carried, op.results, strict=True):
                    self._merge(param, result)
                for param, init in zip(op.carried, op.inits, strict=True):
                    self._merge(init, param, self.lifetimes.at[op] + 1 if isinstance(op, For) else None)
                if isinstance(op, While):
                    self._join(op.cond)
                self._join(op.body)
                for param, value in zip(op.carried, op.body.results, strict=True):
                    self._merge(value, param)
            elif isinstance(op, Try):
                for part in (op.body, op.handler):
                    self._join(part)
                    for value, result in zip(part.results, op.results, strict=True):
                        self._merge(value, result)
            elif isinstance(op, With):
                self._join(op.body)
                for value, result in zip(op.body.results, op.results, strict=True):
                    self._merge(value, result)

    def _unite(self, old: Operand, new: Operand) -> None:
        """Let an update's result have the variable of what it updates: they are one object."""
        x, y = (self._find(v) if isinstance(v, Value) else None for v in (old, new))
        if x is None or y is None or x is y or y.fixed:
            return
        x.segments = _normalised([*x.segments, *y.segments])
        x.hint = x.hint or y.hint
        self._forwarding[y] = x

    def _merge(self, a: Operand, b: Operand, entry: int | None = None) -> None:
        """Let two values share a variable if they can.

        ``entry``: where a loop is entered; its bounds are read just after, from a parameter as well as from ``a``.
        """
        if not isinstance(a, Value) or not isinstance(b, Value):
            return
        x, y = self._find(a), self._find(b)
        if x is None or y is None or x is y or (x.fixed and y.fixed):
            return
        if x.kind != y.kind:
            return
        if x.hint != y.hint and x.hint is not None and y.hint is not None:
            return
        if x.overlaps(y):
            if entry is None or not self._only_meet(a, x, y, entry):
                return
            y.segments, x.segments = _normalised([*x.segments, *y.segments]), []
        hint = x.hint if x.fixed or (not y.fixed and x.hint is not None) else y.hint
        small, large = (x, y) if len(x.segments) < len(y.segments) else (y, x)
        for segment in small.segments:
            insort(large.segments, segment)
        large.hint, large.fixed = hint, x.fixed or y.fixed
        self._forwarding[small] = large

    def _only_meet(self, init: Value, x: Variable, y: Variable, entry: int) -> bool:
        """Whether a loop's initial value (variable ``x``) is alive together with its parameter (``y``) only for the
        loop's bounds to be read."""
        if not self.lifetimes.dead_for_good(self.lifetimes.same.get(init, init), entry + 1):
            return False
        segments = [(a, min(b, entry)) if a < entry < b <= entry + 1 else (a, b) for a, b in x.segments]
        return not any(_meets(y.segments, segment) for segment in segments)

    def _find(self, value: Value) -> Variable | None:
        value = self.lifetimes.same.get(value, value)
        variable = self._variable.get(value)
        while variable is not None and variable in self._forwarding:
            variable = self._forwarding[variable]
        return variable

    # -- names -------------------------------------------------------------------------------

    def _name(self) -> None:
        names = Names()
        variables: dict[Variable, None] = {}
        for value in self._variable:
            variable = self._find(value)
            assert variable is not None
            variables.setdefault(variable)
        for variable in sorted(variables, key=lambda v: (not v.fixed, v.segments[0])):
            variable.name = self._choose(variable, names)
        for value in self._variable:
            variable = self._find(value)
            assert variable is not None and variable.name is not None
            self.names[value] = variable.name
        for value, same in self.lifetimes.same.items():
            if same in self.names:
                self.names[value] = self.names[same]

    def _choose(self, variable: Variable, names: Names) -> str:
        if variable.hint == "_":
            if not variable.read:
                return "_"
            variable.hint = "i"
        hint = identifier(variable.hint) if variable.hint is not None else None
        return names.choose(variable, hint, self._references.is_free)


def _takes_over(op: Call, made: Mapping[Operand, Call]) -> bool:
    """Whether an update puts another quantity into the memory of its operand: then each has its own name, if any."""
    if not op.adjoint or op.fn is not setitem or not isinstance(op.args[1], Const) or op.args[1].value is not Ellipsis:
        return False
    old, new = op.args[0], op.results[0]
    first = made.get(old)
    if old.name is not None:
        return bool(old.name != new.name)
    return first is None or first.stmt != op.stmt or not first.adjoint


class Names:
    """The names given so far, to variables that come in the order in which their lives begin."""

    def __init__(self) -> None:
        self._holder: dict[str, Variable] = {}
        self._series: dict[str | None, _Series] = {}

    def choose(self, variable: Variable, hint: str | None, is_free: Callable[[str], bool]) -> str:
        """The first of ``hint``, ``hint_2``, … that nothing else has while ``variable`` is alive."""
        series = self._series.setdefault(hint, _Series())
        start = variable.segments[0][0]
        for name in series.candidates(self._holder, start):
            if not self._holder[name].overlaps(variable):
                self._share(name, variable)
                series.busy_until(self._holder[name].segments[-1][1], name)
                return name
        while True:
            name = series.next_name(hint)
            if not is_free(name):
                continue
            holder = self._holder.get(name)
            if holder is None:
                self._holder[name] = Variable(hint, list(variable.segments), kind=variable.kind)
                series.add(name, variable.segments[-1][1])
                return name
            fits = not holder.overlaps(variable)
            if fits:
                self._share(name, variable)
            series.add(name, holder.segments[-1][1])
            if fits:
                return name

    def _share(self, name: str, variable: Variable) -> None:
        segments = self._holder[name].segments
        for segment in variable.segments:
            insort(segments, segment)


class _Series:
    """The names made from one hint. Those whose holders have died are kept in a heap, for there can be very many."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._number: dict[str, int] = {}
        self._busy: list[tuple[int, int]] = []
        self._free: list[int] = []
        self._made = 0

    def candidates(self, holder: Mapping[str, Variable], start: int) -> Iterator[str]:
        """The first few names, which a variable may have whose life has gaps, then the first that nothing has now."""
        yield from self.names[:_FEW]
        while self._busy and self._busy[0][0] <= start:
            heappush(self._free, heappop(self._busy)[1])
        while self._free:
            name = self.names[heappop(self._free)]
            if holder[name].segments[-1][1] <= start:
                yield name

    def busy_until(self, end: int, name: str) -> None:
        heappush(self._busy, (end, self._number[name]))

    def next_name(self, hint: str | None) -> str:
        self._made += 1
        if hint is None:
            return "t" if self._made == 1 else f"t{self._made - 1}"
        return hint if self._made == 1 else f"{hint}_{self._made}"

    def add(self, name: str, end: int) -> None:
        self._number[name] = len(self.names)
        self.names.append(name)
        self.busy_until(end, name)
