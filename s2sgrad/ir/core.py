"""The structured SSA of s2sgrad: values, operations, blocks, functions.

    function := name(param, …) block -> out        out: a tree of indices into block.results
    block    := (param, …) op* -> result, …         [stop: a loop leaves after this iteration]
    op       := Call | If | For | While | With | Try
    operand  := Value | Const
    tree     := operand | tuple, list, dict or slice of trees      (a result may hold Fields: an object, by attribute)

A :class:`Value` is assigned once and compared by identity. Control flow is nested: what a variable
becomes after a branch is a result of the :class:`If`, what a loop changes is carried through the
parameters and results of its block. **Values are immutable**: an in-place update of the user's is a
call of a functional primitive (``setitem(a, index, v) -> a'``) and the emitter prints it in place
again once :mod:`s2sgrad.optimize.inplace` has made sure that the old version is dead.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeAlias

from s2sgrad.ir.structures import NO_DERIVATIVE, Fields
from s2sgrad.ir.types import OBJECT, Type, type_of


class Value:
    """A run-time value, assigned once.

    ``name``: the author's own name for it, or a hint (``None``: a temporary).
    """

    __slots__ = ("name", "type")

    def __init__(self, type: Type, name: str | None = None) -> None:
        self.type = type
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name or 'value'}: {self.type}>"


class Const:
    """A literal, or a static object such as a dtype or a string. ``name``: the author's own name for it."""

    __slots__ = ("name", "type", "value")

    def __init__(self, value: Any, type: Type | None = None, name: str | None = None) -> None:
        self.name = name
        self.value: Any = value
        self.type = type if type is not None else type_of(value)

    def __repr__(self) -> str:
        return f"<const {self.value!r}>"


class _Undefined:
    """What a variable is on a path that does not assign it."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = Const(_Undefined(), OBJECT)

Operand: TypeAlias = "Value | Const"
Tree: TypeAlias = Any  # Operand, or tuple/list/dict/slice of trees


class Unhashable:
    """A callable that cannot be looked up in tables (a function of ``ctypes``), as one that can: by identity."""

    def __init__(self, fn: Any) -> None:
        self.fn = fn
        self.__name__ = getattr(fn, "__name__", type(fn).__name__)
        self.__module__ = getattr(fn, "__module__", None) or type(fn).__module__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.fn(*args, **kwargs)


def hashable(fn: Any) -> Any:
    """A callable, or what stands for it in tables if it cannot be looked up itself."""
    try:
        hash(fn)
    except TypeError:
        return Unhashable(fn)
    return fn


@dataclass(frozen=True, slots=True)
class Stmt:
    """The primal statement that an operation comes from: for comments, errors and tracebacks."""

    text: str
    filename: str
    line: int
    column: int = 0


@dataclass(eq=False, slots=True)
class Call:
    """``results = fn(*args, **kwargs)``. ``fn`` is the Python callable itself, or an IR :class:`Function`.

    ``effect``: never dropped, duplicated, or moved across another effect.
    ``adjoint``: True for operations made by the reverse transform (printed under ``# backward``).
    """

    fn: Any
    args: tuple[Tree, ...]
    kwargs: dict[str, Tree] = field(default_factory=dict)
    results: list[Value] = field(default_factory=list)
    stmt: Stmt | None = None
    effect: bool = False
    adjoint: bool = False

    @property
    def result(self) -> Value:
        (value,) = self.results
        return value


@dataclass(eq=False, slots=True)
class Block:
    """A list of operations. ``stop`` (loop bodies only): leave the loop after this iteration if true.

    ``diverges``: control never reaches the end (the block ends by raising).
    """

    params: list[Value] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    results: list[Operand] = field(default_factory=list)
    stop: Operand | None = None
    diverges: bool = False


@dataclass(eq=False, slots=True)
class If:
    """``results = then.results if cond else orelse.results`` (blocks without parameters)."""

    cond: Operand
    then: Block
    orelse: Block
    results: list[Value] = field(default_factory=list)
    stmt: Stmt | None = None
    adjoint: bool = False


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """How the reverse transform keeps a loop in memory: as ``snapshots`` states (an int), or as many as take at most
    ``memory`` bytes, or a number that suits the loop if both are None."""

    snapshots: Operand
    memory: Operand

    def map(self, f: Callable[[Operand], Operand]) -> Checkpoints:
        """The same with ``f`` of each operand."""
        return Checkpoints(f(self.snapshots), f(self.memory))


@dataclass(eq=False, slots=True)
class For:
    """``for index in range(start, stop, step)``, or over that range reversed.

    ``body.params == [index, *carried]``; ``inits``, ``body.results`` and ``results`` correspond to the carried.
    ``checkpoints``: its iterations are computed again in reverse, instead of saved. Its range is ascending, step 1.
    """

    start: Operand
    stop: Operand
    step: Operand
    inits: list[Operand]
    body: Block
    results: list[Value] = field(default_factory=list)
    reverse: bool = False
    stmt: Stmt | None = None
    adjoint: bool = False
    checkpoints: Checkpoints | None = None

    @property
    def index(self) -> Value:
        return self.body.params[0]

    @property
    def carried(self) -> list[Value]:
        return self.body.params[1:]

    @property
    def settings(self) -> tuple[Operand, ...]:
        """What the loop reads itself, apart from the initial values."""
        c = self.checkpoints
        return (self.start, self.stop, self.step, *(() if c is None else (c.snapshots, c.memory)))


@dataclass(eq=False, slots=True)
class While:
    """``while cond: body``. ``cond`` has the carried as parameters and one result, and no effects on variables.

    ``cond.params``, ``body.params``, ``inits``, ``body.results`` and ``results`` correspond.
    """

    inits: list[Operand]
    cond: Block
    body: Block
    results: list[Value] = field(default_factory=list)
    stmt: Stmt | None = None
    adjoint: bool = False

    @property
    def carried(self) -> list[Value]:
        return self.body.params


@dataclass(eq=False, slots=True)
class With:
    """``with context as …: body``. ``context`` is a call that makes the context manager (its ``results`` are
    empty); ``body.params`` is empty, or the value bound by ``as``. ``results`` correspond to ``body.results``."""

    context: Call
    body: Block
    results: list[Value] = field(default_factory=list)
    stmt: Stmt | None = None
    adjoint: bool = False


@dataclass(eq=False, slots=True)
class Try:
    """``results = body.results``, or ``handler.results`` where the body raised one of ``exceptions``.

    ``handler.params`` is the exception. The handler sees nothing that the body defines: what was computed before
    the exception is lost, and updates of values have not happened.
    """

    exceptions: tuple[type[BaseException], ...]
    body: Block
    handler: Block
    results: list[Value] = field(default_factory=list)
    stmt: Stmt | None = None
    adjoint: bool = False


Op: TypeAlias = "Call | If | For | While | With | Try"


@dataclass(frozen=True, slots=True)
class ShapeOf:
    """The lengths of the arrays in an argument, where code depends on them: ``position`` is that of the argument."""

    position: int


@dataclass(frozen=True, slots=True)
class ValueAt:
    """The value of a part of an argument that is differentiated in: the axis that a model is told to sum over."""

    path: tuple[Any, ...]


#: Beside the arguments that a function writes into: it replaces attributes of objects outside, and takes objects apart.
OUTSIDE = (-1, False)

#: What code is specialised on beside types: the value of an argument, by its position, or of a part of it, or the
#: lengths of one.
StaticPlace: TypeAlias = int | ShapeOf | ValueAt


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """Where a free value of a function is found when it is called: ``root``, followed along ``steps``.

    A step is ``("item", key)``, ``("attribute", name)`` or, for a name that is looked up among the builtins where the
    namespace lacks it, ``("global", name)``. A global is an item of its module's namespace, the variable of an
    enclosing function the attribute ``cell_contents`` of its cell, a constant is itself the root.
    ``module``: the name of the module whose namespace the root is.
    """

    name: str
    root: Any
    steps: tuple[tuple[str, Any], ...] = ()
    module: str | None = None

    def load(self) -> Any:
        """The value as it is now."""
        *_, found = self.way()
        return found

    def way(self) -> Iterator[Any]:
        """What lies on the way to the value: the root, what its steps lead to, and the value itself."""
        found = self.root
        yield found
        for kind, key in self.steps:
            if kind == "global":
                found = found[key] if key in found else vars(builtins)[key]
            else:
                found = found[key] if kind == "item" else getattr(found, key)
            yield found

    def item(self, name: str, key: Any) -> Capture:
        """An item of the container that is found here."""
        return Capture(name, self.root, (*self.steps, ("item", key)), self.module)

    def attribute(self, name: str) -> Capture:
        """An attribute of the object that is found here."""
        return Capture(self.name, self.root, (*self.steps, ("attribute", name)), self.module)

    @property
    def place(self) -> tuple[Any, ...]:
        """Equal for captures of the same thing."""
        return (id(self.root), *self.steps)


class Absent:
    """What a guard expects of an attribute that was asked for and not found."""


class Present:
    """What a guard expects of an attribute that was asked for and found, whatever it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """What was decided while compiling holds as long as ``where`` leads to ``expected``.

    ``expected``: :class:`Absent` or :class:`Present` where all that counts of the last step, an attribute, is that.
    ``structure``: the type of a container and its keys are all that counts, not its identity.
    """

    where: Capture
    expected: Any
    structure: bool = False


@dataclass(eq=False, slots=True)
class CustomRule:
    """How a function is differentiated whose author says so. One of the two forms is given, the other made of it.

    ``forward``: ``(*params) -> (*results, *saved)``, and ``backward``: ``(*saved, *cotangents) -> cotangents`` with a
    cotangent for each of the results ``outputs`` and one of each input, ``Const(None)`` for none.
    ``tangent``: ``(*params, *dots) -> (*results, *result_dots)``, with a tangent of each input and each output.
    ``inputs``: how many of the function's parameters, in front, have derivatives; the others are what it reads of the
    code around it.
    """

    inputs: int
    outputs: tuple[int, ...]
    forward: Function | None = None
    backward: Function | None = None
    tangent: Function | None = None


@dataclass(eq=False, slots=True)
class Function:
    """A function over flat parameters.

    ``out`` is a tree (tuple/list/dict/int) whose integers index ``body.results``: what is returned.
    ``captures``: values that are read from the primal's globals or closure.
    ``optional``: parameters that are None where the path that makes them was not taken.
    ``defaults``: of the parameters with these names, for printing. ``kinds``: of all parameters, as :mod:`inspect` has
    them, where they are not all plain ones; one for ``*args`` is one tuple, one for ``**kwargs`` one dict.
    ``checkpointed``: its derivative computes it again, instead of what it computes being saved.
    ``rule``: calls of a function that has one are kept until no derivative is asked for any more, and inlined then.
    """

    name: str
    params: list[Value]
    body: Block
    out: Tree = 0
    captures: dict[Value, Capture] = field(default_factory=dict)
    doc: str | None = None
    defaults: Mapping[str, object] = field(default_factory=dict)
    optional: frozenset[Value] = frozenset()
    kinds: tuple[Any, ...] = ()
    checkpointed: bool = False
    rule: CustomRule | None = None

    @property
    def results(self) -> list[Operand]:
        return self.body.results


# -- trees ---------------------------------------------------------------------------------------


def leaves(tree: Tree) -> list[Operand]:
    """The operands of a tree, in order."""
    found: list[Operand] = []
    _collect(tree, found)
    return found


def _collect(tree: Tree, found: list[Operand]) -> None:
    kind = type(tree)
    if kind is Value or kind is Const:
        found.append(tree)
    elif kind is tuple or kind is list:
        for item in tree:
            _collect(item, found)
    elif kind is dict:
        for item in tree.values():
            _collect(item, found)
    elif kind is slice:
        _collect(tree.start, found)
        _collect(tree.stop, found)
        _collect(tree.step, found)
    else:
        raise TypeError(f"not an operand tree: {tree!r}")


def map_tree(f: Callable[[Operand], Any], tree: Tree) -> Any:
    """The tree with every operand replaced by ``f(operand)``."""
    kind = type(tree)
    if kind is Value or kind is Const:
        return f(tree)
    if kind is tuple:
        return tuple([map_tree(f, item) for item in tree])
    if kind is list:
        return [map_tree(f, item) for item in tree]
    if kind is dict:
        return {k: map_tree(f, item) for k, item in tree.items()}
    if kind is slice:
        return slice(map_tree(f, tree.start), map_tree(f, tree.stop), map_tree(f, tree.step))
    if kind is Fields:
        return Fields(tree.cls, {k: map_tree(f, item) for k, item in tree.parts.items()})
    if tree is NO_DERIVATIVE:
        return tree
    raise TypeError(f"not an operand tree: {tree!r}")


# -- walking -------------------------------------------------------------------------------------


def blocks_of(op: Op) -> tuple[Block, ...]:
    """The blocks an operation owns."""
    if isinstance(op, Call):
        return ()
    if isinstance(op, If):
        return (op.then, op.orelse)
    if isinstance(op, While):
        return (op.cond, op.body)
    if isinstance(op, Try):
        return (op.body, op.handler)
    return (op.body,)


def operands_of(op: Op) -> list[Operand]:
    """The operands an operation reads itself (not those read inside its blocks)."""
    found: list[Operand] = []
    if isinstance(op, Call):
        for x in op.args:  # operands themselves, nearly always
            kind = type(x)
            if kind is Value or kind is Const:
                found.append(x)
            else:
                _collect(x, found)
        if op.kwargs:
            _collect(op.kwargs, found)
    elif isinstance(op, If):
        found.append(op.cond)
    elif isinstance(op, For):
        found += (*op.settings, *op.inits)
    elif isinstance(op, While):
        found += op.inits
    elif isinstance(op, With):
        _collect(op.context.args, found)
        _collect(op.context.kwargs, found)
    return found


def walk(block: Block) -> Iterator[Op]:
    """Every operation in a block and in the blocks inside it, in program order, owners first."""
    pending: list[Iterator[Op]] = [iter(block.ops)]  # not recursive: each item would pass through every level
    while pending:
        for op in pending[-1]:
            yield op
            if type(op) is not Call:
                inside = (inner.ops for inner in blocks_of(op))
                pending.append(chain.from_iterable(inside))
                break
        else:
            pending.pop()


def uses_in(block: Block) -> Iterator[Operand]:
    """Every operand read anywhere in a block: by operations, results and stop conditions, nested ones included."""
    pending: list[tuple[Block, Iterator[Op]]] = [(block, iter(block.ops))]
    while pending:
        block, ops = pending[-1]
        for op in ops:
            yield from operands_of(op)
            if type(op) is not Call:
                pending.extend((inner, iter(inner.ops)) for inner in reversed(blocks_of(op)))
                break
        else:
            pending.pop()
            yield from block.results
            if block.stop is not None:
                yield block.stop


def defined_in(block: Block) -> Iterator[Value]:
    """Every value defined anywhere in a block, parameters included."""
    yield from block.params
    for op in block.ops:
        for inner in blocks_of(op):
            yield from defined_in(inner)
        yield from op.results
