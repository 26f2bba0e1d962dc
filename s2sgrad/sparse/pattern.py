"""Which entries of a Jacobian can be other than zero, found from the IR."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from scipy.sparse import csr_array

from s2sgrad.argnums import Which, chosen_arguments
from s2sgrad.arguments import check_differentiable, independent, type_tree
from s2sgrad.callees import AnyCallee, argument_at, show_path, take_apart
from s2sgrad.dispatch import Dispatcher, Specialisation
from s2sgrad.errors import ArgnumsError, ArgumentTypeError, NotDifferentiable, UnsupportedCall
from s2sgrad.ir.core import Const, Function, uses_in
from s2sgrad.ir.shapes.products import is_sparse
from s2sgrad.ir.structures import flatten, tree_at
from s2sgrad.ir.types import Array, Scalar, Unknown
from s2sgrad.labels import LabelledArgument
from s2sgrad.optimize.inplace import functions_called, inplace
from s2sgrad.optimize.pipeline import optimize
from s2sgrad.pipeline import lower_callee
from s2sgrad.sparse.dependencies.decisive import decisive
from s2sgrad.sparse.dependencies.graph import Graph, spread
from s2sgrad.sparse.dependencies.reach import pattern
from s2sgrad.sparse.dependencies.run import Unfollowed, ready
from s2sgrad.transforms.activity import active_values

#: How many patterns are kept for one signature.
KEPT = 8


def one_argument(argnums: Which) -> int | str:
    """The argument that is differentiated in. Raises :class:`ArgnumsError` for several."""
    if isinstance(argnums, tuple):
        raise ArgnumsError(
            f"argnums={argnums}, but a sparse derivative is taken in one argument", "ask for one after the other"
        )
    return argnums


def by_name(callee: AnyCallee, argnum: int | str) -> int | str:
    """The name of an argument, so that it does not matter how many others a call gives; its position if it has none."""
    (place, *inside) = callee.path(argnum)
    try:
        return argnum if inside or callee.path(callee.names[place]) != (place,) else callee.names[place]
    except ArgnumsError:
        return int(place) - len(callee.prefix)


@dataclass(eq=False, slots=True)
class Structure:
    """A pattern, and the shape and dtype of the result that its rows belong to."""

    pattern: csr_array
    shape: tuple[int, ...]
    dtype: np.dtype


class Sparsity:
    """The function from the arguments of ``fun`` to the pattern of its Jacobian. Made by :func:`sparsity`."""

    def __init__(self, fun: Callable[..., Any], argnums: Which) -> None:
        self.__wrapped__ = fun
        self.argnums = one_argument(argnums)
        self.callee = take_apart(fun)
        self.root = self.callee.path(self.argnums)
        self.dispatcher = Dispatcher(self._compile, self.callee.bind, None, self.callee.names)

    def __call__(self, *args: Any, **kwargs: Any) -> csr_array:
        """The pattern for these arguments."""
        return self.find(args, kwargs).pattern.copy()

    def find(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Structure:
        """The pattern for these arguments, found now or before."""
        try:
            found: Structure = self.dispatcher.call(args, kwargs)
        except LabelledArgument:
            raise ArgumentTypeError(
                f"`{self.callee.name}` is called with pandas objects: its sparse derivatives are taken of arrays only",
                "pass x.to_numpy()",
            ) from None
        return found

    def _compile(self, args: tuple[Any, ...]) -> Specialisation:
        callee, root = self.callee, self.root
        callee.current()
        types = tuple(map(type_tree, args, callee.names))
        wanted = argument_at(callee, types, root)
        if not isinstance(wanted, (Array, Scalar)):
            raise ArgumentTypeError(
                f"argument `{show_path(callee, root)}` of `{callee.name}` is not one number or one array, "
                "as a sparse derivative needs it",
                "pass one array, or use jacfwd, jacrev or hessian",
            )
        check_differentiable(callee, root, wanted)
        lowered = lower_callee(callee, args, types, [root])
        function = inplace(optimize(lowered.function))
        _check_result(function)
        run = _Found(function, lowered.paths, root, callee.name)
        return Specialisation(run, lowered.guards, static=lowered.static, call=run)


def _check_result(function: Function) -> None:
    (k, *more) = [k for _, k in flatten(function.out)] or [None]
    t = None if more or k is None else function.results[k].type
    known = isinstance(t, (Array, Scalar)) and t.dtype.kind == "f"
    if not isinstance(function.out, int) or not (known or isinstance(t, Unknown)):
        refuse_result(function.name)


def is_floats(y: object) -> bool:
    """Whether this is an array of floats, or a float."""
    return isinstance(y, float) or (isinstance(y, (np.ndarray, np.floating)) and y.dtype.kind == "f")


def refuse_result(name: str) -> NoReturn:
    """Raise, for a function that returns something else than an array of floats."""
    raise NotDifferentiable(
        f"a sparse derivative of `{name}` needs it to return one array of floats",
        "return one array, for example with np.concatenate, or use jacfwd or jacrev",
    )


class _Found:
    """The patterns found for one signature, by all that they depend on."""

    def __init__(self, function: Function, paths: Sequence[Any], root: Any, name: str) -> None:
        varied = active_values(function.body, [function.params[paths.index(root)]], function.results)
        self.ready = ready(function, varied)
        self.paths = paths
        self.root = root
        self.name = name
        values = decisive(function, varied)
        self.decisive = [p in values for p in function.params]
        constants = {x for f in functions_called(function) for x in uses_in(f.body) if isinstance(x, Const)}
        self.sparse = [x.value for x in constants if is_sparse(x)]
        self.captured = [c for f in functions_called(function) for v, c in f.captures.items() if v in values]
        self.kept: OrderedDict[Any, Structure] = OrderedDict()

    def __call__(self, *args: Any) -> Structure:
        given = [tree_at(args, path) for path in self.paths]
        key = self.key(given)
        found = self.kept.get(key) if key is not None else None
        if found is None:
            found = self.find(args, given)
            if key is not None:
                self.kept[key] = found
                if len(self.kept) > KEPT:
                    self.kept.popitem(last=False)
        return found

    def key(self, given: list[Any]) -> Any:
        """Equal for arguments with the same pattern; None where that cannot be told."""
        try:
            parts = [_content(x) if counts else _form(x) for x, counts in zip(given, self.decisive, strict=True)]
            outside = [*(capture.load() for capture in self.captured), *self.sparse]
            return (*parts, *map(_content, outside))
        except _NoContent:
            return None

    def find(self, args: Sequence[Any], given: list[Any]) -> Structure:
        x = tree_at(args, self.root)
        graph = Graph(np.size(x))
        inputs = np.arange(1, graph.inputs + 1).reshape(np.shape(x))
        inputs.flags.writeable = False
        seed = inputs if np.ndim(x) else 1
        dependencies = [seed if path == self.root else None for path in self.paths]
        try:
            with np.errstate(all="ignore"):
                (y,), (found,) = self.ready.run(graph, independent(given, (args,)), dependencies)
        except Unfollowed as reason:
            raise UnsupportedCall(
                f"the sparsity of the derivative of `{self.name}` cannot be found by running it: it {reason}",
                "give the pattern: sparsity=…",
            ) from None
        if not is_floats(y):
            refuse_result(self.name)
        return Structure(pattern(graph, spread(found, y).ravel()), np.shape(y), np.asarray(y).dtype)


class _NoContent(Exception):
    """This object cannot be compared by what it holds."""


def _form(x: Any) -> Any:
    """What counts of a value whose numbers do not matter."""
    if isinstance(x, np.ndarray):
        return x.shape
    if type(x) in (tuple, list):
        return (type(x), len(x)) if type(x) is list and x and type(x[0]) is float else (type(x), *map(_form, x))
    if type(x) is dict:
        return (dict, *((key, _form(item)) for key, item in x.items()))
    return None


def _content(x: Any) -> Any:
    """What counts of a value all of which matters."""
    if isinstance(x, np.ndarray) and x.dtype.kind in "biufc":
        return (x.shape, x.dtype.str, hashlib.blake2b(np.ascontiguousarray(x).tobytes()).digest())
    if isinstance(x, (bool, int, float, complex, str, bytes, type(None), np.generic)):
        return (type(x), repr(x))
    if type(x) in (tuple, list):
        return (type(x), *map(_content, x))
    if type(x) is dict:
        return (dict, *((key, _content(item)) for key, item in x.items()))
    if hasattr(x, "tocoo") and hasattr(x, "nnz"):
        entries = x.tocoo()
        return (entries.shape, *map(_content, (entries.row, entries.col, entries.data)))
    raise _NoContent


def sparsity(fun: Callable[..., Any], argnums: int | None = None, *, argnames: str | None = None) -> Sparsity:
    """The pattern of the Jacobian of a function: which entries of its result depend on which of an argument.

        >>> import numpy as np
        >>> sparsity(lambda x: x[1:] * x[:-1])(np.array([1.0, 2.0, 3.0])).toarray()
        array([[ True,  True, False],
               [False,  True,  True]])

    It is found by running the code on sets of inputs beside the values, and has all entries that can be other than zero
    on the path that the code takes for these arguments; maybe more. ``sparsity(grad(f))`` is the pattern of a Hessian.

    :param fun: returns one array (or number) of floats.
    :param argnums: the position of the argument, one array (or number) of floats; ``argnames``: its name instead.
    :returns: a function of the same arguments that returns a boolean ``scipy.sparse.csr_array``.
    """
    return Sparsity(fun, chosen_arguments(argnums, argnames))
