"""Random expressions: smooth almost everywhere, with values of order one."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.fuzz.scope import Scope, Shape

CONSTANTS = ["0.3", "0.5", "0.7", "-0.4", "1.2", "2", "-1", "0.25", "1.5"]
SMOOTH = [
    "np.tanh({})",
    "np.sin({})",
    "np.cos({})",
    "np.exp(-({}) ** 2)",
    "np.sqrt(1.0 + ({}) ** 2)",
    "np.log(1.5 + ({}) ** 2)",
    "np.arctan({})",
    "1.0 / (2.0 + ({}) ** 2)",
    "({}) ** 2",
    "0.1 * ({}) ** 3",
    "-({})",
    "np.square({})",
    "np.abs({})",
    "np.negative({})",
]


class Expressions:
    """Writes expressions over the variables of ``self.scope``."""

    def __init__(self, rng: random.Random, scope: Scope) -> None:
        self.rng = rng
        self.scope = scope

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def constant(self) -> str:
        return self.rng.choice(CONSTANTS)

    def bounded(self, text: str) -> str:
        """The same with values in (-2, 2), mostly."""
        return self.rng.choice(["np.tanh({})", "np.sin({})", "0.5 * ({})", "0.8 * np.cos({})", "np.tanh({})"]).format(
            text
        )

    # -- numbers ------------------------------------------------------------------------------------

    def number(self, depth: int = 2) -> str:
        scope = self.scope
        if depth <= 0 or self.chance(0.15):
            return self.rng.choice(scope.numbers) if scope.numbers and self.chance(0.85) else self.constant()
        ways: list[Callable[[int], str]] = [self._binary, self._binary, self._smooth, self._choice]
        if scope.arrays:
            ways += [self._element, self._element, self._reduction, self._inner_product]
        if scope.lists:
            ways += [self._of_list]
        if scope.functions:
            ways += [self._call]
        if scope.indices:
            ways += [self._of_index]
        return self.rng.choice(ways)(depth - 1)

    def _binary(self, depth: int) -> str:
        op = self.rng.choice(["{} + {}", "{} - {}", "{} * {}", "{} * {}", "{} / (1.5 + ({}) ** 2)"])
        return "(" + op.format(self.number(depth), self.number(depth)) + ")"

    def _smooth(self, depth: int) -> str:
        text = self.rng.choice(SMOOTH).format(self.number(depth))
        return f"({text})"

    def _choice(self, depth: int) -> str:
        if self.chance(0.3):
            return f"{self.rng.choice(['max', 'min'])}({self.number(depth)}, {self.number(depth)})"
        return f"({self.number(depth)} if {self.condition()} else {self.number(depth)})"

    def index(self, length: int) -> str:
        """An index that is valid for this length."""
        fitting = [name for name, bound in self.scope.indices.items() if bound <= length]
        if fitting and self.chance(0.75):
            name = self.rng.choice(fitting)
            if length == self.scope.indices[name] and self.chance(0.25):
                return self.rng.choice([f"({name} + 1) % {length}", f"-{name} - 1", f"{name} - 1"])
            return name
        return str(self.rng.randrange(-length, length))

    def element_of(self, name: str) -> str:
        shape = self.scope.arrays[name]
        indices = [self.index(n) for n in shape]
        if len(indices) == 2 and self.chance(0.25):
            return f"{name}[{indices[0]}][{indices[1]}]"
        return f"{name}[{', '.join(indices)}]"

    def _element(self, depth: int) -> str:
        return self.element_of(self.rng.choice(list(self.scope.arrays)))

    def _reduction(self, depth: int) -> str:
        shape = self.rng.choice(list(self.scope.arrays.values()))
        text = self.array(shape, depth)
        way = self.rng.choice(
            [
                "np.sum({})",
                "np.mean({})",
                "({}).sum()",
                "({}).mean()",
                "np.max({})",
                "np.prod(0.5 * ({}))",
                "np.sqrt(0.5 + np.sum(({}) ** 2))",
                "np.var({})",
                "np.min({})",
                "np.linalg.norm(2.0 + ({}))",
            ]
        )
        return way.format(text)

    def _inner_product(self, depth: int) -> str:
        vectors = [s for s in self.scope.arrays.values() if len(s) == 1]
        if not vectors:
            return self._reduction(depth)
        shape = self.rng.choice(vectors)
        way = self.rng.choice(
            ["({} @ {})", "np.dot({}, {})", "np.sum({} * {})", "np.einsum('i,i->', {}, {})", "np.inner({}, {})"]
        )
        return way.format(self.array(shape, depth - 1), self.array(shape, depth - 1))

    def _of_list(self, depth: int) -> str:
        name = self.rng.choice(self.scope.lists)
        return self.rng.choice(
            [
                "{0}[-1]",
                "{0}[0]",
                "sum({0})",
                "{0}[len({0}) // 2]",
                "sum([0.5 * t * t for t in {0}])",
                "np.sum(np.array({0}))",
            ]
        ).format(name)

    def _of_index(self, depth: int) -> str:
        name = self.rng.choice(list(self.scope.indices))
        return f"({self.number(depth)} * (1.0 + 0.2 * {name}))"

    def _call(self, depth: int) -> str:
        name = self.rng.choice(list(self.scope.functions))
        call = self.rng.choice(self.scope.functions[name])
        while "#" in call:
            call = call.replace("#", self.number(depth - 1), 1)
        return call

    # -- conditions ---------------------------------------------------------------------------------

    def condition(self) -> str:
        roll = self.rng.random()
        if self.scope.indices and roll < 0.4:
            name = self.rng.choice(list(self.scope.indices))
            return self.rng.choice([f"{name} % 2 == 0", f"{name} > 0", f"{name} != 1", f"0 < {name} <= 2"])
        if roll < 0.6:
            return f"{self.number(1)} {self.rng.choice(['<', '>', '<=', '>='])} {self.number(1)}"
        if roll < 0.75:
            return f"-0.6 < {self.number(1)} < 0.8"
        a, b = (f"{self.number(1)} > {self.constant()}" for _ in range(2))
        return self.rng.choice([f"({a} and {b})", f"({a} or {b})", f"not {a}"])

    # -- arrays -------------------------------------------------------------------------------------

    def array(self, shape: Shape, depth: int = 2) -> str:
        """An expression of exactly this shape."""
        known = self.scope.with_shape(shape)
        if depth <= 0 or self.chance(0.15):
            if known and self.chance(0.9):
                return self.rng.choice(known)
            return self._fresh(shape)
        ways: list[Callable[[Shape, int], str]] = [
            self._elementwise,
            self._elementwise,
            self._array_smooth,
            self._select,
        ]
        ways += [self._product] if len(shape) in (1, 2) else []
        ways += [self._rearranged, self._indexed, self._summed, self._cumulative]
        return self.rng.choice(ways)(shape, depth - 1)

    def _fresh(self, shape: Shape) -> str:
        if len(shape) == 1 and self.scope.numbers and self.chance(0.6):
            return "np.array([" + ", ".join(self.number(0) for _ in range(shape[0])) + "])"
        return self.rng.choice([f"np.full({shape}, {self.number(0)})", f"(0.5 * np.ones({shape}))"])

    def _elementwise(self, shape: Shape, depth: int) -> str:
        a = self.array(shape, depth)
        b = self.array(self._smaller(shape), depth) if self.chance(0.7) else self.number(1)
        if self.chance(0.3):
            a, b = b, a
        return (
            "("
            + self.rng.choice(["{} + {}", "{} - {}", "{} * {}", "{} / (1.5 + ({}) ** 2)", "{} * np.tanh({})"]).format(
                a, b
            )
            + ")"
        )

    def _smaller(self, shape: Shape) -> Shape:
        """A shape that broadcasts to this one."""
        roll = self.rng.random()
        if roll < 0.55:
            return shape
        if roll < 0.75 and len(shape) > 1:
            return shape[1:]
        k = self.rng.randrange(len(shape))
        return (*shape[:k], 1, *shape[k + 1 :])

    def _array_smooth(self, shape: Shape, depth: int) -> str:
        return "(" + self.rng.choice(SMOOTH).format(self.array(shape, depth)) + ")"

    def _select(self, shape: Shape, depth: int) -> str:
        a, b = self.array(shape, depth), self.array(shape, depth - 1)
        forms = [
            f"np.where({a} > {self.constant()}, {a}, {b})",
            f"np.clip({a}, -0.7, 0.9)",
            f"np.maximum({a}, {b})",
            f"np.minimum({a}, {self.number(0)})",
            f"np.where({b} < {self.constant()}, {self.number(1)}, {a})",
            f"({a} if {self.condition()} else {b})",
        ]
        return self.rng.choice(forms)

    def _product(self, shape: Shape, depth: int) -> str:
        k = self.rng.choice([2, 3])
        if len(shape) == 1:
            if self.chance(0.5):
                return f"({self.array((shape[0], k), depth)} @ {self.array((k,), depth)})"
            return f"np.dot({self.array((k,), depth)}, {self.array((k, shape[0]), depth)})"
        if self.chance(0.3):
            return f"np.outer({self.array(shape[:1], depth)}, {self.array(shape[1:], depth)})"
        if self.chance(0.3):
            return f"np.einsum('ik,kj->ij', {self.array((shape[0], k), depth)}, {self.array((k, shape[1]), depth)})"
        return f"({self.array((shape[0], k), depth)} @ {self.array((k, shape[1]), depth)})"

    def _rearranged(self, shape: Shape, depth: int) -> str:
        ways = [lambda: f"({self.array(shape, depth)}).copy()"]
        if len(shape) == 2:
            r, c = shape
            ways += [
                lambda: f"({self.array((c, r), depth)}).T",
                lambda: f"np.transpose({self.array((c, r), depth)})",
                lambda: f"np.stack([{', '.join(self.array((c,), depth - 1) for _ in range(r))}])",
                lambda: f"({self.array((c,), depth)})[None, :] * {self.array((r,), depth)}[:, None]",
            ]
            if r > 1:
                ways += [
                    lambda: f"np.concatenate([{self.array((1, c), depth)}, {self.array((r - 1, c), depth)}], axis=0)"
                ]
            ways += [lambda: f"({self.array((r * c,), depth)}).reshape({r}, {c})"]
            ways += [lambda: f"np.broadcast_to({self.array((c,), depth)}, {shape})"]
        if len(shape) == 1:
            (n,) = shape
            if n > 1:
                ways += [
                    lambda: f"np.concatenate([{self.array((1,), depth)}, {self.array((n - 1,), depth)}])",
                    lambda: f"np.append({self.array((n - 1,), depth)}, {self.number(1)})",
                ]
            ways += [
                lambda: f"{self.array((1, n), depth)}.ravel()",
                lambda: f"np.array([np.sin(t) for t in {self.array(shape, depth)}])",
                lambda: f"{self.array((n, 1), depth)}.reshape(-1)",
                lambda: f"np.roll({self.array(shape, depth)}, 1)",
            ]
        return self.rng.choice(ways)()

    def _indexed(self, shape: Shape, depth: int) -> str:
        if len(shape) == 1:
            (n,) = shape
            forms = [
                f"({self.array(shape, depth)})[::-1]",
                f"({self.array((n + 1,), depth)})[1:]",
                f"({self.array((n + 1,), depth)})[:-1]",
                f"({self.array((3, n), depth)})[{self.index(3)}]",
                f"({self.array((n, 3), depth)})[:, {self.index(3)}]",
            ]
            if n in (2, 3):
                idx = "[0, 0]" if n == 2 else self.rng.choice(["[1, 0, 1]", "[2, 2, 0]", "[0, 1, 2]"])
                forms += [
                    f"({self.array((3,), depth)})[{idx}]",
                    f"({self.array((3,), depth)})[np.array({idx})]",
                    f"({self.array((3, 3), depth)})[{idx}, {idx}]",
                ]
            return self.rng.choice(forms)
        r, c = shape
        forms = [
            f"({self.array(shape, depth)})[::-1, ...]",
            f"({self.array((r + 1, c), depth)})[1:]",
            f"({self.array((3, c), depth)})[{[self.rng.randrange(3) for _ in range(r)]}]",
        ]
        return self.rng.choice(forms)

    def _summed(self, shape: Shape, depth: int) -> str:
        if len(shape) == 1:
            way = self.rng.choice(
                ["np.sum({}, axis=0)", "np.mean({}, axis=0)", "({}).sum(axis=0)", "np.max({}, axis=0)"]
            )
            return way.format(self.array((self.rng.choice([2, 3]), *shape), depth))
        r, c = shape
        if r == 1:
            return f"np.sum({self.array((3, c), depth)}, axis=0, keepdims=True)"
        if c == 1:
            return f"np.mean({self.array((r, 3), depth)}, axis=1, keepdims=True)"
        return (
            f"({self.array(shape, depth)} - np.mean({self.array(shape, depth)}, axis=1, keepdims=True))"
            if self.chance(0.4)
            else self._elementwise(shape, depth)
        )

    def _cumulative(self, shape: Shape, depth: int) -> str:
        return f"np.cumsum({self.array(shape, depth)}, axis={self.rng.randrange(len(shape))})"
