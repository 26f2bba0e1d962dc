"""Random statements: assignments, branches and loops, around those of the classes below."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz.constructs import Constructs
from tests.fuzz.scope import Scope, Shape

SHAPES: list[Shape] = [(3,), (3,), (2,), (3, 3), (2, 3)]


class Statements(Constructs):
    """Writes the body of a function."""

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
            ways += [self.buffers_by_index]
        if scope.loops and self.depth > 1:
            ways += [self.leave_loop]
        if self.returns and self.chance(0.05):
            ways = [self.early_return]
        if self.depth == 1:
            ways += [
                self.local_function,
                self.dictionary,
                self.keyed_dictionary,
                self.list_of_arrays,
                self.linear_algebra,
                self.inner_derivative,
            ]
            if scope.arrays and self.arrays_change:
                ways += [self.writing_function]
        if self.depth < 3 and self.arrays_change and self.chance(0.15):
            ways = [self.kernel]
        if self.constructs and self.depth < 4 and self.chance(0.25):
            ways = [self.construct]
        self.rng.choice(ways)()

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
