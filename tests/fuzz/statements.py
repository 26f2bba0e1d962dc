"""Random statements: assignments, branches, loops, updates in place, lists and calls."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.fuzz.expressions import Expressions
from tests.fuzz.scope import Scope, Shape

SHAPES: list[Shape] = [(3,), (3,), (2,), (3, 3), (2, 3)]


class Statements(Expressions):
    """Writes lines of a function's body."""

    def __init__(self, rng: random.Random, scope: Scope, *, arrays_change: bool = True) -> None:
        super().__init__(rng, scope)
        self.lines: list[str] = []
        self.depth = 1
        self.made = 0
        self.arrays_change = arrays_change
        self.returns = True

    def write(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def new(self, stem: str) -> str:
        self.made += 1
        return f"{stem}{self.made}"

    @contextmanager
    def block(self, header: str, *, loop: bool = False, scope: Scope | None = None) -> Iterator[Scope]:
        """A nested block: at least one statement, variables of its own."""
        self.write(header)
        outer, self.scope = self.scope, scope or self.scope.inner(loop=loop)
        self.depth += 1
        count = len(self.lines)
        try:
            yield self.scope
            if len(self.lines) == count:
                self.write("pass")
        finally:
            self.depth -= 1
            self.scope = outer

    # -- bodies -------------------------------------------------------------------------------------

    def body(self, count: int) -> None:
        for _ in range(count):
            self.statement()

    def statement(self) -> None:
        scope = self.scope
        ways: list[Callable[[], None]] = (
            [self.assign_number] * 3 + [self.assign_array] * 3 + [self.augment] * 2 + [self.unpack]
        )
        ways += [self.grow_list]
        if self.depth < 4:
            ways += [self.branch] * 2 + [self.for_loop] * 3 + [self.while_loop]
        if scope.arrays and self.arrays_change:
            ways += [self.update] * 4 + [self.view, self.view, self.alias, self.ping_pong, self.whole_update]
        if scope.loops and self.depth > 1:
            ways += [self.leave_loop]
        if self.returns and self.chance(0.05):
            ways = [self.early_return]
        if self.depth == 1:
            ways += [self.local_function, self.dictionary]
        self.rng.choice(ways)()

    def target_number(self) -> str:
        """A number to assign: an old one, or a new name."""
        old = [n for n in self.scope.numbers if n not in self.scope.fixed]
        return self.rng.choice(old) if old and (self.chance(0.6) or self.depth > 1) else self.new("s")

    def define_number(self, name: str) -> None:
        if name not in self.scope.numbers:
            self.scope.numbers.append(name)

    def assign_number(self) -> None:
        text = self.bounded(self.number(3))
        if self.chance(0.08) and self.depth == 1:
            name, other = self.new("w"), self.target_number()
            self.write(f"{other} = np.tanh(({name} := {self.number(2)}) * {name})")
            self.define_number(name)
        else:
            other = self.target_number()
            self.write(f"{other} = {text}")
        self.define_number(other)

    def assign_array(self) -> None:
        shape = self.rng.choice(SHAPES)
        old = self.scope.with_shape(shape)
        name = self.rng.choice(old) if old and self.chance(0.5) else self.new("a")
        text = self.bounded(self.array(shape, 3))
        self.write(f"{name} = {text}")
        self.scope.arrays[name] = shape

    def augment(self) -> None:
        if self.scope.arrays and self.arrays_change and self.chance(0.4):
            name = self.rng.choice(list(self.scope.arrays))
            value = self.bounded(self.array(self._smaller(self.scope.arrays[name]), 2))
            self.write(f"{name} {self.rng.choice(['+=', '-=', '*='])} {value}")
        elif self.scope.numbers:
            name = self.rng.choice(self.scope.numbers)
            if name in self.scope.fixed:
                return
            op = self.rng.choice(["+=", "-=", "*=", "/="])
            value = self.bounded(self.number(2))
            self.write(f"{name} {op} {value}" if op != "/=" else f"{name} /= 1.5 + ({value}) ** 2")

    def unpack(self) -> None:
        numbers = [n for n in self.scope.numbers if n not in self.scope.fixed]
        if len(numbers) < 2:
            return self.assign_number()
        a, b = self.rng.sample(numbers, 2)
        roll = self.rng.random()
        if roll < 0.3:
            self.write(f"{a}, {b} = {b}, {a}")
        elif roll < 0.7:
            self.write(f"{a}, {b} = {self.bounded(self.number())}, {self.bounded(self.number())}")
        elif roll < 0.85:
            self.write(f"{a}, *rest = {self.number(1)}, {self.number(1)}, {b}")
            self.write(f"{b} = 0.5 * sum(rest)")
        else:
            vectors = [n for n, s in self.scope.arrays.items() if s == (2,)]
            if vectors:
                self.write(f"{a}, {b} = {self.rng.choice(vectors)}")

    # -- control flow -------------------------------------------------------------------------------

    def branch(self) -> None:
        with self.block(f"if {self.condition()}:"):
            self.body(self.rng.randint(1, 2))
        if self.chance(0.3):
            with self.block(f"elif {self.condition()}:"):
                self.body(self.rng.randint(1, 2))
        if self.chance(0.6):
            with self.block("else:"):
                self.body(self.rng.randint(1, 2))

    def for_loop(self) -> None:
        scope = self.scope.inner(loop=True)
        header = self.rng.choice(
            [
                self._over_range,
                self._over_range,
                self._over_range,
                self._over_array,
                self._over_many,
                self._over_literal,
            ]
        )(scope)
        with self.block(header, scope=scope):
            self.body(self.rng.randint(1, 3))
        self.loop_else()

    def loop_else(self) -> None:
        if self.chance(0.1):
            with self.block("else:"):
                self.body(1)

    def _over_range(self, scope: Scope) -> str:
        name = self.new("i")
        n = self.rng.choice([2, 3])
        lengths = [f"len({a})" for a, s in self.scope.arrays.items() if s[0] == n] + [
            f"{a}.shape[0]" for a, s in self.scope.arrays.items() if s[0] == n
        ]
        if n == 3:
            lengths += ["n"]
        stop = self.rng.choice(lengths) if lengths and self.chance(0.6) else str(n)
        scope.indices[name] = n
        form = self.rng.choice(
            [
                "range({0})",
                "range({0})",
                "range({0})",
                "range(1, {0})",
                "reversed(range({0}))",
                "range({0} - 1, -1, -1)",
                "range(0, {0}, 2)",
            ]
        )
        return f"for {name} in {form.format(stop)}:"

    def _over_array(self, scope: Scope) -> str:
        if not scope.arrays:
            return self._over_range(scope)
        array = self.rng.choice(list(scope.arrays))
        shape = scope.arrays[array]
        name = self.new("t") if len(shape) == 1 else self.new("row")
        if len(shape) == 1:
            scope.numbers.append(name)
        else:
            scope.arrays[name] = shape[1:]
        if self.chance(0.3):
            index = self.new("i")
            scope.indices[index] = shape[0]
            return f"for {index}, {name} in enumerate({array}):"
        return f"for {name} in {self.rng.choice(['{}', '{}', 'reversed({})', '{}[::-1]', '{}[1:]']).format(array)}:"

    def _over_many(self, scope: Scope) -> str:
        vectors = scope.with_shape((3,))
        if len(vectors) < 2:
            return self._over_range(scope)
        a, b = self.new("t"), self.new("t")
        scope.numbers += [a, b]
        return f"for {a}, {b} in zip({self.rng.choice(vectors)}, {self.rng.choice(vectors)}):"

    def _over_literal(self, scope: Scope) -> str:
        name = self.new("t")
        if self.scope.lists and self.chance(0.5):
            scope.numbers.append(name)
            return f"for {name} in {self.rng.choice(self.scope.lists)}:"
        items = ", ".join(self.number(1) for _ in range(self.rng.randint(2, 3)))
        scope.numbers.append(name)
        return f"for {name} in ({items}):" if self.chance(0.7) else f"for {name} in [{items}]:"

    def while_loop(self) -> None:
        name = self.new("k")
        self.write(f"{name} = 0")
        limit = self.rng.choice(["3", "n", "2"])
        extra = f" and {self.number(1)} < {self.rng.choice(['0.9', '2.5'])}" if self.chance(0.4) else ""
        scope = self.scope.inner(loop=True)
        if self.chance(0.7):
            with self.block(f"while {name} < {limit}{extra}:", scope=scope):
                scope.indices[name] = 3
                scope.indices[name] = 4  # after the increment
                self.write(f"{name} += 1")
                self.body(self.rng.randint(1, 2))
        else:
            with self.block("while True:", scope=scope):
                self.write(f"{name} += 1")
                with self.block(f"if {name} >= {limit}{extra.replace(' and ', ' or ')}:"):
                    if self.chance(0.4):
                        self.assign_number()
                    self.write("break")
                self.body(self.rng.randint(1, 2))
        self.loop_else()

    def leave_loop(self) -> None:
        with self.block(f"if {self.condition()}:"):
            if self.chance(0.4):
                self.assign_number()
            if self.returns and self.chance(0.15):
                self.write(f"return {self.result()}")
            else:
                self.write(self.rng.choice(["break", "continue"]))

    def early_return(self) -> None:
        with self.block(f"if {self.condition()}:"):
            self.write(f"return {self.result()}")

    # -- arrays in place ----------------------------------------------------------------------------

    def part_of(self, shape: Shape) -> tuple[str, Shape]:
        """An index into an array of this shape, and the shape of what it selects (``()``: an element)."""
        n = shape[0]
        rest = shape[1:]
        forms: list[tuple[str, Shape]] = [
            (self.index(n), rest),
            (self.index(n), rest),
            ("...", shape),
            (":", shape),
            ("::-1", shape),
            ("1:", (n - 1, *rest)),
            (":-1", (n - 1, *rest)),
            ("::2", ((n + 1) // 2, *rest)),
        ]
        if n == 3:
            forms += [("[0, 2]", (2, *rest)), ("1:-1", (1, *rest)), ("np.array([2, 0])", (2, *rest))]
        if rest:
            forms += [
                (f"{self.index(n)}, {self.index(rest[0])}", ()),
                (f"{self.index(n)}, {self.index(rest[0])}", ()),
                (f":, {self.index(rest[0])}", (n,)),
                (f"{self.index(n)}, 1:", (rest[0] - 1,)),
                ("1:, :-1", (n - 1, rest[0] - 1)),
            ]
        return self.rng.choice(forms)

    def update(self) -> None:
        name = self.rng.choice(list(self.scope.arrays))
        shape = self.scope.arrays[name]
        roll = self.rng.random()
        if roll < 0.1:
            self.write(
                f"{name}[{name} > {self.constant()}] {self.rng.choice(['=', '*=', '+='])} {self.bounded(self.number(1))}"
            )
            return
        index, part = self.part_of(shape)
        if part == ():
            value = self.bounded(self.number(3))
        elif self.chance(0.3):
            value = self.bounded(self.number(2))
        else:
            value = self.bounded(self.array(part if self.chance(0.7) else self._smaller(part), 2))
        self.write(f"{name}[{index}] {self.rng.choice(['=', '=', '+=', '-=', '*='])} {value}")

    def whole_update(self) -> None:
        name = self.rng.choice(list(self.scope.arrays))
        shape = self.scope.arrays[name]
        forms = [
            f"np.multiply({self.array(shape, 1)}, {self.array(shape, 1)}, out={name})",
            f"np.tanh({self.array(shape, 1)}, out={name})",
            f"np.copyto({name}, {self.bounded(self.array(shape, 2))})",
            f"{name}.fill({self.bounded(self.number(1))})",
            f"np.add.at({name}, {self.rng.choice(['[0, 0, 1]', 'np.array([1, 0, 1])'])}, {self.bounded(self.array((3, *shape[1:]), 1))})",
            f"np.add.at({name}, [1, 1], {self.bounded(self.number(1))})",
            f"set_part({name}, {self.bounded(self.number(1))})",
            f"scale_rows({name})",
        ]
        self.write(self.rng.choice(forms))

    def view(self) -> None:
        """Another name for a part of an array, which may be written through."""
        name = self.rng.choice(list(self.scope.arrays))
        shape = self.scope.arrays[name]
        n, rest = shape[0], shape[1:]
        forms: list[tuple[str, Shape]] = [
            (f"{name}[1:]", (n - 1, *rest)),
            (f"{name}[::-1]", shape),
            (f"{name}[:]", shape),
        ]
        if rest:
            forms += [
                (f"{name}[{self.index(n)}]", rest),
                (f"{name}[:, {self.index(rest[0])}]", (n,)),
                (f"{name}.T", (rest[0], n)),
                (f"{name}[{self.index(n)}, 1:]", (rest[0] - 1,)),
                (f"{name}.ravel()", (n * rest[0],)),
            ]
        else:
            forms += [(f"{name}[:, None]", (n, 1)), (f"{name}.reshape(1, {n})", (1, n))]
        text, part = self.rng.choice(forms)
        view = self.new("r")
        self.write(f"{view} = {text}")
        if part[0] == 0:
            return
        self.scope.arrays[view] = part
        if self.chance(0.7):
            self.write(
                self.rng.choice(
                    [
                        f"{view}[:] = {self.bounded(self.array(part, 1))}",
                        f"{view} *= {self.bounded(self.number(1))}",
                        f"{view}[0] += {self.bounded(self.number(1))}",
                        f"{name}[{self.index(n)}] = {self.bounded(self.number(1))}",
                    ]
                )
            )

    def alias(self) -> None:
        name = self.rng.choice(list(self.scope.arrays))
        other = self.new("b")
        self.write(f"{other} = {name}")
        self.scope.arrays[other] = self.scope.arrays[name]

    def ping_pong(self) -> None:
        old = self.scope.with_shape((3,))
        if not old:
            return self.assign_array()
        a, b, i = self.new("p"), self.new("q"), self.new("i")
        self.write(f"{a} = {self.rng.choice(old)}.copy()")
        self.write(f"{b} = {self.rng.choice(['np.zeros(3)', f'np.empty_like({a})', f'np.zeros_like({a})'])}")
        with self.block(f"for {i} in range({self.rng.choice(['2', '3', 'n'])}):", loop=True) as scope:
            scope.arrays[a] = (3,)  # and not `b`, which nobody may have written yet
            scope.indices[i] = 3
            self.write(f"{b}[1:-1] = 0.5 * {a}[1:-1] + 0.2 * ({a}[2:] - np.sin({a}[:-2]))")
            self.write(f"{b}[0], {b}[-1] = {a}[0], {self.bounded(self.number(1))}")
            self.write(f"{a}, {b} = {b}, {a}")
        self.scope.arrays |= {a: (3,), b: (3,)}

    # -- lists, dicts, functions --------------------------------------------------------------------

    def grow_list(self) -> None:
        lists = self.scope.lists
        if not lists or (self.depth == 1 and self.chance(0.3)):
            name = self.new("l")
            if self.chance(0.3):
                array = self.array((3,), 1)
                self.write(
                    f"{name} = [{self.rng.choice(['np.sin(t)', 't * t', '0.5 * t + 0.1'])} for t in {array}{self.rng.choice(['', '', ' if t > -9.0'])}]"
                )
            else:
                self.write(f"{name} = []")
                i = self.new("i")
                with self.block(f"for {i} in range({self.rng.choice(['2', '3', 'n'])}):", loop=True) as scope:
                    scope.indices[i] = 3
                    if self.chance(0.5):
                        self.assign_number()
                    self.write(f"{name}.append({self.bounded(self.number(2))})")
            lists.append(name)
            return
        name = self.rng.choice(lists)
        roll = self.rng.random()
        if roll < 0.5:
            self.write(f"{name}.append({self.bounded(self.number(2))})")
        elif roll < 0.8:
            other = self.target_number()
            with self.block(f"if len({name}) > 1:"):
                self.write(f"{other if other in self.scope.numbers else self.scope.numbers[0]} = {name}.pop()")
        else:
            self.write(f"{name}[{self.rng.choice(['0', '-1'])}] = {self.bounded(self.number(2))}")

    def dictionary(self) -> None:
        name = self.new("d")
        self.write(f"{name} = {{'p': {self.number(1)}, 'q': {self.array((3,), 1)}}}")
        self.write(f"{name}['p'] {self.rng.choice(['=', '*=', '+='])} {self.bounded(self.number(1))}")
        target = self.target_number()
        self.write(
            f"{target} = {name}['p'] * np.sum({name}['q'])"
            if self.chance(0.6)
            else f"{target} = sum(np.sum(t) for t in {name}.values())"
        )
        self.define_number(target)

    def local_function(self) -> None:
        name = self.new("g")
        free = self.number(2)
        roll = self.rng.random()
        if roll < 0.4:
            self.write(f"{name} = lambda t, c=0.5: np.sin(t) * {free} + c")
        elif roll < 0.8:
            with self.block(f"def {name}(t, c=0.3):"):
                with self.block("if t > c:"):
                    self.write(f"return np.tanh(t) * {free}")
                self.write("return t * c")
        else:
            with self.block(f"def {name}(c):"):
                self.write(f"return lambda t: np.sin(t * c) + {free}")
            self.scope.functions[name] = [f"{name}(#)(#)"]
            return
        self.scope.functions[name] = [f"{name}(#)", f"{name}(#, c=#)", f"{name}(#, #)"]

    # -- results ------------------------------------------------------------------------------------

    def result(self) -> str:
        """A number that depends on most variables in scope."""
        terms = [
            f"{self.rng.choice(['1.0', '0.5', '-0.7'])} * {n}"
            for n in self.rng.sample(self.scope.numbers, min(3, len(self.scope.numbers)))
        ]
        arrays = list(self.scope.arrays)
        terms += [
            self.rng.choice(["np.sum({} ** 2)", "np.sum(np.sin({}))", "np.mean({})", "{}.sum()"]).format(a)
            for a in self.rng.sample(arrays, min(3, len(arrays)))
        ]
        terms += [f"sum({name})" for name in self.scope.lists[:1]]
        return " + ".join(terms)
