"""The state of one lowering: where operations go, what variables and memory hold, and how to fail.

A :class:`Lowerer` walks a function in program order. It owns

* a :class:`~s2sgrad.ir.build.Builder` that appends operations to the current block,
* the current :class:`Frame` (the variables of the function being lowered; inlined calls stack up),
* the *heap*: what each :class:`~s2sgrad.frontend.things.Cell` holds on the current path.

Branches and loops run parts of the walk on copies of variables and heap, and join them afterwards
(:mod:`s2sgrad.frontend.join`, :mod:`s2sgrad.frontend.loops`).
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

from s2sgrad.errors import Location, S2SGradError, UnsupportedCall, UnsupportedSyntax
from s2sgrad.frontend.kinds import describe
from s2sgrad.frontend.raising import Catching, Handling, PrimalRaises, watch
from s2sgrad.frontend.source import Scope, Source
from s2sgrad.frontend.things import (
    ArrayRef,
    Cell,
    Closure,
    DictRef,
    Flat,
    Heap,
    Item,
    ListRef,
    ObjectRef,
    Poison,
    Record,
    SliceThing,
    Table,
    Thing,
    clean_name,
)
from s2sgrad.ir.build import Builder, known_length, lift
from s2sgrad.ir.core import Block, Call, Capture, Const, Guard, Operand, StaticPlace, Stmt, Tree, Value, leaves
from s2sgrad.ir.infer import infer
from s2sgrad.ir.primitives import raise_
from s2sgrad.ir.types import OBJECT, Array, DictOf, ListOf, Type, Unknown, is_differentiable

# Control flow that leaves a block is kept in variables that no Python name can clash with.
BREAK, CONTINUE, RETURN, RESULT = "%break", "%continue", "%return", "%result"
THROWN, ERROR = "%thrown", "%error"  # of a `try` whose handler sees what its body has changed
FLAGS = (BREAK, CONTINUE, RETURN, THROWN)


# From syntax, and from kinds of callees, to what lowers them: filled by the modules of this package.
EXPRESSIONS: dict[type, Callable[[Lowerer, Any], Thing]] = {}
STATEMENTS: dict[type, Callable[[Lowerer, Any], None]] = {}
CALLEES: dict[type, Callable[..., Thing]] = {}


#: Of arguments (their places in the signature) and of variables outside (their places): what a value is made of.
Origins: TypeAlias = tuple[set[StaticPlace], set[Any]]


class NeedsStatic(Exception):
    """Something must be known while compiling that ``value`` would only tell at run time.

    Whoever introduced the value may make it static and lower again (a loop is unrolled, an argument becomes
    part of the signature); otherwise ``error`` reaches the user. ``origins``: see :attr:`Lowerer.origins`.
    """

    def __init__(self, value: Value, error: S2SGradError, origins: Origins) -> None:
        super().__init__(error)
        self.value = value
        self.error = error
        self.origins = origins


class Bottom(Exception):
    """A recursive call whose result is not known yet: this path cannot be lowered in this round."""


class Later(Bottom):
    """A variable that only a later iteration finds assigned, and what it is then is not known yet.

    ``loop``: the loop that assigns it; ``error``: if no iteration gets that far."""

    def __init__(self, loop: Any, error: S2SGradError) -> None:
        super().__init__(error)
        self.loop = loop
        self.error = error


class Empty(Bottom):
    """An item of a list that is empty so far: only a later iteration of a loop finds one. ``error``: if none does."""

    def __init__(self, error: S2SGradError) -> None:
        super().__init__(error)
        self.error = error


class Again(Exception):
    """The assumptions about a loop have grown: lower it again. ``loop``: which one, if not the innermost."""

    def __init__(self, loop: RunningLoop | None = None) -> None:
        super().__init__()
        self.loop = loop


@dataclass(eq=False, slots=True)
class RunningLoop:
    """A loop whose body is being lowered.

    ``before``, ``head``: what memory holds there; ``carried``: the cells that stand for carried memory, by key."""

    assumptions: Any
    before: Heap
    head: Heap
    carried: dict[Any, Cell]


@dataclass(eq=False, slots=True)
class Frame:
    """One activation of a function: its variables, and where its other names are found."""

    source: Source | None
    scope: Scope | None
    env: dict[str, Thing] = field(default_factory=dict)
    outer: Frame | None = None  # the frame that a nested function closes over
    node: Any = None
    key: tuple[Any, ...] = ()  # the calls that led here: tells loops of different inlinings apart
    cls: type | None = None  # for zero-argument super()


class Lowerer:
    """Lowers functions into one block. See the module's docstring."""

    def __init__(self, builder: Builder, *, rule: bool = False) -> None:
        self.builder = builder
        self.rule = rule
        self.frame: Frame = Frame(None, None)
        self.stack: list[Frame] = []
        self.heap = Heap()
        self.open_blocks: list[Block] = [builder.block]
        self.varied: set[Value] = set()
        self.relied_on_inactive = False
        self.resized: set[Cell] = set()  # lists whose length has changed in the innermost loop
        self.in_branch = False  # whether what is lowered runs on one path of a branch (of the innermost loop)
        self.perhaps: dict[Cell, frozenset[Any]] = {}  # entries that a loop has made, which may never have run
        self.skipped: list[S2SGradError] = []  # why inner loops wait for the next round of an outer one
        self.grows_rows = False  # whether fixed lists of lists become run-time lists where they are indexed
        self.tables: dict[Value, Table] = {}  # versions of lists of lists
        self.part_sets: list[set[Cell]] = []  # what such versions hold
        self.handed_over: set[Cell] = set()  # lists that one of them holds
        self.shared_parts: set[Cell] = set()  # those that may stand in several places
        self.loop_heads: list[Heap] = []  # the memory at the heads of the loops around what is being lowered
        self.own_keys: dict[Value, Cell] = {}  # keys that a loop over a dict has taken from it
        self.captures: dict[Value, Capture] = {}
        self.captured: dict[Any, Thing] = {}
        #: What would have to be static for a value to be; empty where that is not enough.
        self.origins: Callable[[Value], Origins] = lambda value: (set(), set())
        self.fixed_captures: frozenset[Any] = frozenset()  # places of captured numbers that are static
        self.unstable: dict[Any, str] = {}  # places that a call may have changed, and what was called
        self.outside: dict[Any, Thing] = {}  # what variables of modules are now, where a context manager has set them
        self.sets_globals = False  # a context manager is tried out: assigning to variables of modules is followed
        self.guards: dict[Any, Guard] = {}
        self.adopted: dict[int, ObjectRef] = {}  # objects from outside whose attributes are written, by identity
        self.written_outside: dict[tuple[int, str], Any] = {}  # attributes that plain Python writes
        self.defining: list[tuple[Any, bool]] = []  # what is entered by its definition, and whether a rule called it
        self.customs: list[Any] = []  # the functions whose custom rules are being lowered
        self.trial = 0  # how many calls that plain Python may run are being entered
        self.sources: list[Source] = []
        self.assumed_views: dict[Cell, set[Value]] = {}  # memory that was reshaped, and what that relies on
        self.contiguous: dict[Value, None] = {}  # the arguments that have to be contiguous
        self.assumptions: dict[Any, Any] = {}
        self.recursions: list[Any] = []  # (function, signature, frame) of the recursive functions being lowered
        self.inlined: list[Any] = []  # functions that may be recursive, while it is tried whether they are
        self.functions: dict[Any, Any] = {}  # recursive functions, by signature
        self.static_arguments: dict[Any, set[int]] = {}
        self.node: Any = None
        self.catching: list[Catching] = []  # the `try` statements whose bodies are being lowered, outermost first
        self.handling: list[Handling] = []
        self.running: list[RunningLoop] = []  # these loops, outermost first
        self.throwing: Any = None  # the body of a `try` that is lowered by flags, if one is
        self.loops = 0  # how many loops are around what is being lowered
        self.late: list[tuple[Frame, frozenset[str], Any]] = []  # what these loops assign, and the next iteration finds
        self.repeats: dict[Value, Value] = {}  # lists that are repetitions, and how many there are
        self.classes: dict[type, Cell] = {}  # those that the lowered code defines, and what holds their variables
        self.stand_ins: dict[Any, Closure] = {}  # functions that stand for closures in these classes
        self.spent: set[Thing] = set()  # generators that have been iterated over
        self.call_site: Location | None = None  # of the method of a stand-in that is being lowered
        self.labels: Any = None  # where pandas objects stood in the result: see `s2sgrad.labels`
        builder.watch = functools.partial(watch, self.catching)

    # -- where we are, and failing there -------------------------------------------------------

    def location(self, node: Any = None) -> Location | None:
        if self.rule:  # the call that the rule is for
            return None if self.builder.stmt is None else Location.of(self.builder.stmt)
        if self.frame.source is not None and self.frame.source.stands_in:
            return self.call_site
        node = node if node is not None and hasattr(node, "lineno") else self.node
        if node is None or self.frame.source is None:
            return Location.of(self.builder.stmt) if self.builder.stmt is not None else None
        return Location.of_node(node, self.frame.source.filename, self.frame.source.lines)

    def fail(
        self,
        what: str,
        remedy: str,
        node: Any = None,
        error: type[S2SGradError] = UnsupportedSyntax,
        raises: BaseException | None = None,
    ) -> NoReturn:
        """Refuse. ``raises``: what the primal raises here, if that is the reason; it may be caught in the primal."""
        if raises is not None and self.is_caught(type(raises)):
            made = Value(OBJECT)
            self.builder.add(Call(type(raises), tuple(map(Const, raises.args)), {}, [made]))
            raise PrimalRaises(type(raises), made)
        raise error(what, remedy, self.location(node))

    def is_caught(self, cls: type[BaseException]) -> bool:
        """Whether the primal is in the body of a `try` that catches such an exception."""
        return not self.rule and any(c.catches(cls) for c in self.catching)

    @contextmanager
    def raising_here(self) -> Iterator[None]:
        """Lower what may not be reached, or not now: where the primal surely raises in it, it raises when it runs."""
        frame, stack, stmt, node = self.frame, list(self.stack), self.builder.stmt, self.node
        try:
            yield
        except PrimalRaises as raised:
            self.frame, self.stack, self.builder.stmt, self.node = frame, stack, stmt, node
            self.builder.add(Call(raise_, (self.operand(raised.thing),), {}, [], effect=True))
            self.builder.block.diverges = True

    def can_be_static(self, value: Value) -> bool:
        """Whether the value of an operand can be known while compiling if it is asked for."""
        return any(self.origins(value))

    def needs_static(self, thing: Thing, what: str, remedy: str, node: Any = None) -> NoReturn:
        """Ask for the value of an operand while compiling."""
        error = UnsupportedSyntax(what, remedy, self.location(node))
        if isinstance(thing, Value):
            raise NeedsStatic(thing, error, self.origins(thing))
        raise error

    @contextmanager
    def statement(self, node: Any) -> Iterator[None]:
        """Stamp operations with this statement of the primal."""
        source = self.frame.source
        if self.rule or source is None or source.stands_in:  # it belongs to a statement of the primal
            yield
            return
        outer, outer_node = self.builder.stmt, self.node
        self.builder.stmt = Stmt(source.text(node), source.filename, node.lineno, node.col_offset)
        self.node = node
        try:
            yield
        finally:
            self.builder.stmt, self.node = outer, outer_node

    @contextmanager
    def inside(self, block: Block) -> Iterator[Block]:
        """Append to another block for a while."""
        self.open_blocks.append(block)
        try:
            with self.builder.inside(block):
                yield block
        finally:
            self.open_blocks.pop()

    def snapshot(self) -> Callable[[], None]:
        """Remember where lowering is; the result takes it back there, as though nothing had been lowered since."""
        frame, stack, open_blocks = self.frame, list(self.stack), list(self.open_blocks)
        env, heap, varied, spent = dict(frame.env), self.heap.copy(), set(self.varied), set(self.spent)
        captured, captures, guards = dict(self.captured), dict(self.captures), dict(self.guards)
        unstable, outside, functions = dict(self.unstable), dict(self.outside), dict(self.functions)
        handed_over, shared_parts = set(self.handed_over), set(self.shared_parts)
        block, stmt, node = self.builder.block, self.builder.stmt, self.node
        length, diverges = len(block.ops), block.diverges
        in_branch, perhaps = self.in_branch, dict(self.perhaps)

        def restore() -> None:
            self.frame, self.stack, self.open_blocks = frame, list(stack), list(open_blocks)
            frame.env, self.heap, self.varied, self.spent = dict(env), heap.copy(), set(varied), set(spent)
            self.captured, self.captures, self.guards = dict(captured), dict(captures), dict(guards)
            self.unstable, self.outside = dict(unstable), dict(outside)
            self.handed_over, self.shared_parts = set(handed_over), set(shared_parts)
            self.functions = dict(functions)  # those that were lowered since read variables that are forgotten now
            self.builder.block, self.builder.stmt, self.node = block, stmt, node
            del block.ops[length:]
            block.diverges = diverges
            self.in_branch, self.perhaps = in_branch, dict(perhaps)
            for context in self.catching:
                context.check()

        return restore

    # -- syntax ----------------------------------------------------------------------------------

    def expr(self, node: Any) -> Thing:
        """The thing that an expression is."""
        handler = EXPRESSIONS.get(type(node))
        if handler is None:
            self.fail(f"`{type(node).__name__}` expressions are not supported", "write it in another way", node)
        outer, self.node = self.node, node
        thing = handler(self, node)
        if isinstance(thing, Poison):
            self.needs_static(thing.cond, thing.why, thing.remedy, node)
        self.node = outer
        return thing

    def invoke(self, callee: Thing, args: list[Thing], kwargs: dict[str, Thing], node: Any = None) -> Thing:
        """Call a thing."""
        handler = CALLEES.get(type(callee))
        if handler is None:
            self.fail(
                f"{describe(callee)} cannot be called here", "call a function that is known while compiling", node
            )
        return handler(self, callee, args, kwargs, node)

    # -- operations ------------------------------------------------------------------------------

    def call(self, fn: Any, *args: Tree, effect: bool = False, types: Any = None, **kwargs: Tree) -> Any:
        """Append a call on operands; the results as things (a tuple for several results)."""
        operands, options = lift(args), lift(kwargs)
        if types is None:
            types = infer(fn, operands, options)
        several = isinstance(types, tuple)
        results = [Value(known_length(t)) for t in (types if several else (types,))]
        self.builder.add(Call(fn, operands, options, results, effect=effect))
        if any(x in self.varied for x in (*leaves(operands), *leaves(options)) if isinstance(x, Value)):
            self.varied.update(v for v in results if is_differentiable(v.type))
        return tuple(self.wrap(v) for v in results) if several else self.wrap(results[0])

    def value(self, fn: Any, *args: Tree, **kwargs: Tree) -> Value:
        """Append a call and return its result as a bare value."""
        thing = self.call(fn, *args, **kwargs)
        operand = self.operand(thing)
        assert isinstance(operand, Value)
        return operand

    def is_varied(self, tree: Tree) -> bool:
        """Whether a differentiated argument influences any of these operands."""
        return any(x in self.varied for x in leaves(tree) if isinstance(x, Value))

    def wrap(self, value: Value, name: str | None = None) -> Thing:
        """The thing for a new run-time value: arrays and lists get memory of their own."""
        if isinstance(value.type, (Array, Unknown)):
            cell = Cell(name)
            self.heap[cell] = value
            return ArrayRef(cell)
        if isinstance(value.type, (ListOf, DictOf)):
            cell = Cell(name)
            self.heap[cell] = value
            return ListRef(cell) if isinstance(value.type, ListOf) else DictRef(cell)
        return value

    # -- operands of things ----------------------------------------------------------------------

    def operand(self, thing: Thing) -> Tree:
        """The tree of operands that a thing is at run time."""
        if isinstance(thing, Poison):
            self.needs_static(thing.cond, thing.why, thing.remedy)
        from_memory = OPERANDS.get(type(thing))
        if isinstance(thing, ObjectRef) and thing.cls.__module__.startswith("pandas"):
            what, remedy = f"a pandas {thing.cls.__name__} cannot be used here", "use `.to_numpy()`, and NumPy"
            self.fail(what, remedy, error=UnsupportedCall)
        if from_memory is None:
            self.fail(f"{describe(thing)} cannot be used as a run-time value here", "use numbers and arrays")
        return from_memory(self, thing)

    def type_of(self, thing: Thing) -> Type | None:
        """The type of a numeric thing; None for structures and static things."""
        if isinstance(thing, (Value, Const)):
            return thing.type
        if isinstance(thing, ArrayRef):
            return self.read(thing).type
        return None

    def read(self, ref: ArrayRef) -> Value:
        """The current value of an array: its buffer's version, seen through the views of its path."""
        base: Any = self.heap[ref.cell]
        if isinstance(base, Item):
            base = base.value or self.read(base.ref)
            if base.name is None and not self.rule:
                base.name = clean_name(ref.cell.owner)
        if not ref.path:
            return base  # type: ignore[no-any-return]
        if ref.seen is not None:
            version, block, place, op = ref.seen
            if version is base and block in self.open_blocks and place < len(block.ops) and block.ops[place] is op:
                value: Value = op.result  # type: ignore[union-attr]
                return value
        value = base
        for step in ref.path:
            value = self.apply_view(step, value)
        if value.name is None and not self.rule:
            value.name = ref.name
        ops = self.builder.block.ops
        ref.seen = (base, self.builder.block, len(ops) - 1, ops[-1])
        return value

    def apply_view(self, step: Any, array: Value) -> Value:
        operands, options = lift((array, *step.args)), lift(dict(step.kwargs))
        type_ = infer(step.fn, operands, options)
        result = Value(type_)  # type: ignore[arg-type]
        self.builder.add(Call(step.fn, operands, options, [result]))
        if array in self.varied:
            self.varied.add(result)
        return result

    # -- variables -------------------------------------------------------------------------------

    def exit_flag(self) -> Operand | None:
        """Whether the current path has left its block: None (no), Const(True) (yes), or a run-time flag."""
        flags = [f for f in (self.frame.env.get(name) for name in FLAGS) if f is not None]
        dynamic: list[Operand] = []
        for flag in flags:
            if isinstance(flag, Const):
                if flag.value:
                    return flag
            else:
                dynamic.append(flag)
        if self.builder.block.diverges:
            return Const(True)
        if not dynamic:
            return None
        result = dynamic[0]
        for flag in dynamic[1:]:
            result = self.short_circuit(result, flag)
        return result

    def short_circuit(self, a: Operand, b: Operand) -> Operand:
        """``a or b`` of two run-time flags."""
        return self.value(operator.or_, a, b)

    def reachable_cells(self) -> set[Cell]:
        """Every cell that some variable of an active function can still reach."""
        classes = [DictRef(cell) for cell in self.classes.values() if cell in self.heap]
        return self.cells_of([self.frame, *self.stack, *self.captured.values(), *classes, *self.stand_ins.values()])

    def note_perhaps(self, cell: Cell, *others: Cell, entries: frozenset[Any] = frozenset()) -> None:
        """Record that it is not known whether ``cell`` has these entries, nor those that ``others`` may lack."""
        found = entries.union(*(self.perhaps.get(c, frozenset()) for c in (cell, *others)))
        if found:
            self.perhaps[cell] = found

    def cells_of(self, things: list[Any]) -> set[Cell]:
        """Every cell that things (or the variables of frames) can reach."""
        seen: set[Cell] = set()
        frames: set[int] = set()
        pending = list(things)

        def visit_frame(frame: Frame | None) -> None:
            while frame is not None and id(frame) not in frames:
                frames.add(id(frame))
                pending.extend(frame.env.values())
                frame = frame.outer

        while pending:
            thing = pending.pop()
            if isinstance(thing, tuple):
                pending.extend(thing)
            elif isinstance(thing, dict):
                pending.extend(thing.values())
            elif isinstance(thing, Frame):
                visit_frame(thing)
            elif isinstance(thing, Closure):
                visit_frame(thing.frame)
                pending.extend(thing.defaults.values())
            elif isinstance(thing, (ArrayRef, ListRef, DictRef, ObjectRef)):
                if thing.cell not in seen:
                    seen.add(thing.cell)
                    content = self.heap.get(thing.cell, thing.cell.outside)
                    if isinstance(content, (tuple, dict)):
                        pending.append(content)
                    elif isinstance(content, Item):
                        pending.append(ListRef(content.items))
                    if thing.cell.items is not None:
                        seen.add(thing.cell.items)
            elif hasattr(thing, "__dataclass_fields__") and not isinstance(thing, (Value, Const)):
                pending.extend(getattr(thing, f) for f in thing.__dataclass_fields__)
        return seen


def _list_operand(lo: Lowerer, ref: ListRef) -> Tree:
    content = lo.heap[ref.cell]
    if not isinstance(content, Value):
        return [lo.operand(item) for item in content]
    if ref.cell.items is not None and ref.cell.items.frozen is None:
        ref.cell.items.frozen = "another object may hold, too"
    return content


def _dict_operand(lo: Lowerer, ref: DictRef) -> Tree:
    content = lo.heap[ref.cell]
    return content if isinstance(content, Value) else {k: lo.operand(item) for k, item in content.items()}


# From kinds of things to the operands that they are at run time.
OPERANDS: dict[type, Callable[[Lowerer, Any], Tree]] = {
    Value: lambda lo, v: v,
    Const: lambda lo, c: c,
    ArrayRef: Lowerer.read,
    Flat: lambda lo, flat: lo.read(flat.entries),
    tuple: lambda lo, items: tuple(lo.operand(item) for item in items),
    Record: lambda lo, items: tuple(lo.operand(item) for item in items),
    ListRef: _list_operand,
    DictRef: _dict_operand,
    SliceThing: lambda lo, s: slice(lo.operand(s.start), lo.operand(s.stop), lo.operand(s.step)),
}
