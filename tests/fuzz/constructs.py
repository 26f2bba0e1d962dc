"""Random statements of the rest of the language: exceptions, `match`, `with`, generators, classes, shared variables."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz.kernels import Kernels

#: Classes, context managers and generators that programs use.
DEFINITIONS = """
class Refused(ValueError):
    pass


class Body:
    scale = 0.5

    def __init__(self, position, speed=0.2):
        self.position = position
        self.speed = speed
        self.steps = 0

    @property
    def energy(self):
        return self.scale * self.speed**2 + 0.1 * np.sum(self.position)

    def kick(self, amount):
        self.speed += np.tanh(amount)
        self.steps += 1
        return self

    def drift(self, dt=0.3):
        self.position = self.position + dt * self.speed


class Damped(Body):
    scale = 0.3

    def kick(self, amount):
        super().kick(amount * 0.5)
        if self.speed > 0.4:
            self.speed *= 0.7
        return self

    def __call__(self, t):
        return np.sin(t * self.speed)


class Meter:
    def __init__(self, start):
        self.total = start

    def __enter__(self):
        return self

    def __exit__(self, *caught):
        self.total *= 0.5

    def add(self, amount):
        self.total = self.total + np.tanh(amount)


@contextmanager
def halved(t):
    half = 0.5 * t
    yield np.sin(half)


def checked(t, limit):
    if t > limit:
        raise Refused('too large')
    return np.cos(t) * limit


def steps(t, count):
    for k in range(count):
        t = np.sin(t) + 0.1 * k
        if t > 0.9:
            return
        yield t


def pairs(items, t):
    for k, item in enumerate(items):
        yield item, t * k
    yield t, t


def both_ways(t, count):
    yield from steps(t, count)
    yield from steps(-t, 2)
"""


class Constructs(Kernels):
    """Writes statements that are more than assignments, branches and loops."""

    body: Callable[[int], None]

    def construct(self) -> None:
        ways = [self.attempt, self.attempt, self.selection, self.context, self.consumed, self.consumed]
        ways += [self.instance, self.instance, self.chosen_alias, self.swapped, self.table, self.queue]
        ways += [self.shared_variable] if self.depth == 1 else []
        self.rng.choice(ways)()

    def old_number(self) -> str:
        """A number that has a value already, to be changed."""
        old = [n for n in self.scope.numbers if n not in self.scope.fixed]
        if old:
            return self.rng.choice(old)
        name = self.new("s")
        self.write(f"{name} = {self.number(1)}")
        self.define_number(name)
        return name

    def set_number(self, text: str) -> None:
        """Give a number a new value."""
        name = self.old_number()
        self.write(f"{name} = {text}")

    # -- exceptions, matching and contexts ------------------------------------------------------------

    def attempt(self) -> None:
        """A `try` whose body raises or not, as running or the types decide."""
        name, other = self.old_number(), self.old_number()
        forms = [
            (f"{name} = checked({self.number(1)}, {self.constant()})", "Refused"),
            (f"{name} = checked({self.number(1)}, {self.constant()})", "(KeyError, ValueError) as error"),
            (f"{name} = [{self.number(1)}, {self.number(1)}][{self.rng.choice(['n', 'n - 2'])}]", "IndexError"),
            (f"{name} = {{'a': {self.number(1)}}}[{self.rng.choice(['chr(97)', repr('b')])}]", "KeyError"),
            (f"{name} = 0.3 / int({self.number(1)} > 0.0)", "ZeroDivisionError"),
            (f"{name}[0] = {self.number(1)}", "TypeError"),
        ]
        inside, caught = self.rng.choice(forms)
        with self.block("try:"):
            if self.chance(0.3):
                self.write(f"{other} = {self.bounded(self.number(1))}")
            self.write(inside)
            if self.chance(0.4):
                self.write(f"{other} = {self.bounded(self.number(1))}")
        with self.block(f"except {caught}:"):
            self.write(f"{name} = {self.bounded(self.number(1))}")
            if self.scope.loops and self.chance(0.2):
                self.write(self.rng.choice(["break", "continue"]))
        if self.chance(0.3):
            with self.block("else:"):
                self.write(f"{other} = {self.bounded(self.number(1))}")
        if self.chance(0.3):
            with self.block("finally:"):
                self.write(f"{other} {self.rng.choice(['+=', '*='])} {self.bounded(self.number(1))}")

    def selection(self) -> None:
        name = self.old_number()
        subject, cases = self.rng.choice(
            [
                ("n", ["1 | 2", f"k if {self.condition()}"]),
                (f"({self.number(1)}, 'mean')", ["(t, 'sum')", "(t, 'mean' | 'total')"]),
                (f"{{'kind': 'a', 'value': {self.number(1)}}}", ["{'kind': 'b'}", "{'kind': 'a', 'value': t}"]),
                (f"[{self.number(1)}, {self.number(1)}, 0.5]", ["[t]", "[t, *rest]"]),
                (f"Body({self.number(1)})", ["Damped(speed=t)", "Body(position=t)"]),
            ]
        )
        with self.block(f"match {subject}:"):
            for case in cases:
                with self.block(f"case {case}:"):
                    takes = case.endswith(("'mean' | 'total')", "t}", "[t]", "*rest]", "=t)"))
                    value = self.bounded(f"t * {self.number(1)}" if takes else self.number(1))
                    self.write(f"{name} = {value}")
            with self.block("case _:"):
                self.write(f"{name} *= {self.bounded(self.number(1))}")

    def context(self) -> None:
        """A block with a manager: one made of a generator, one that is an object, and one of NumPy's."""
        roll = self.rng.random()
        if roll < 0.4:
            name = self.new("h")
            scope = self.scope.inner()
            scope.numbers.append(name)
            scope.fixed |= {name}
            with self.block(f"with halved({self.number(1)}) as {name}:", scope=scope):
                self.body(self.rng.randint(1, 2))
        elif roll < 0.8:
            name = self.new("m")
            with self.block(f"with Meter({self.number(1)}) as {name}:"):
                self.write(f"{name}.add({self.bounded(self.number(1))})")
                self.body(1)
            if not self.scope.loops:
                self.set_number(f"{name}.total")
        else:
            with self.block(self.rng.choice(["with np.errstate(all='ignore'):", "with suppress(KeyError):"])):
                self.body(self.rng.randint(1, 2))

    # -- generators -----------------------------------------------------------------------------------

    def consumed(self) -> None:
        """A generator in a loop, or handed to a function."""
        made = self.rng.choice(["steps({}, 3)", "both_ways({}, 2)", "steps({}, n)"]).format(self.number(1))
        roll, name = self.rng.random(), self.new("t")
        if roll < 0.3:
            forms = [f"sum({made})", f"sum(t * {self.constant()} for t in {made})", f"np.sum(np.array(list({made})))"]
            forms += [f"sum(a * b for a, b in zip({made}, steps({self.number(1)}, 2)))", f"max({made}, default=0.1)"]
            self.set_number(self.bounded(self.rng.choice(forms)))
            return
        scope = self.scope.inner(loop=True)
        scope.numbers.append(name)
        if roll < 0.8:
            header = f"for {name} in {made}:"
        elif scope.arrays:
            other = self.new("t")
            scope.numbers.append(other)
            array = self.rng.choice(list(scope.arrays))
            flat = array if len(scope.arrays[array]) == 1 else f"{array}[0]"
            header = f"for {name}, {other} in pairs({flat}, {self.number(1)}):"
        else:
            header = f"for {name} in {made}:"
        with self.block(header, scope=scope):
            self.body(self.rng.randint(1, 2))

    # -- objects and shared variables --------------------------------------------------------------------

    def instance(self) -> None:
        """An object whose attributes change by methods, by stores, and by another name."""
        name, k = self.new("o"), self.new("k")
        vectors = self.scope.with_shape((3,))
        position = f"{self.rng.choice(vectors)} * 1.0" if vectors and self.chance(0.4) else self.number(1)
        cls = self.rng.choice(["Body", "Damped"])
        self.write(
            f"{name} = {cls}({position}{self.rng.choice(['', f', {self.number(1)}', f', speed={self.number(1)}'])})"
        )
        again = name
        if self.chance(0.4):
            again = self.new("o")
            kept = f"{name} if {self.condition()} else {cls}(0.4)" if self.chance(0.1) else name
            self.write(f"{again} = {kept}")
        forms = [
            f"{name}.kick({self.number(1)})",
            f"{again}.kick({self.number(1)}).drift()",
            f"{again}.speed {self.rng.choice(['=', '+=', '*='])} {self.bounded(self.number(1))}",
            f"{name}.drift(dt={self.number(1)})",
            f"{name}.position *= {self.bounded(self.number(1))}",
        ]
        chosen = self.rng.sample(forms, self.rng.randint(1, 3))
        roll = self.rng.random()
        if roll < 0.4:
            with self.block(f"for {k} in range({self.rng.choice(['2', 'n'])}):", loop=True):
                for line in chosen:
                    self.write(line)
        elif roll < 0.6:
            with self.block(f"if {self.condition()}:"):
                for line in chosen:
                    self.write(line)
        else:
            for line in chosen:
                self.write(line)
        self.set_number(
            self.bounded(
                self.rng.choice(
                    [
                        f"{name}.energy",
                        f"{again}.energy",
                        f"{name}.speed * {again}.speed",
                        f"{name}.steps * {name}.speed",
                    ]
                    + ([f"{name}({self.number(1)})"] if cls == "Damped" else [])
                )
            )
        )

    def shared_variable(self) -> None:
        """A function that assigns variables of the one around it, and is called in a branch or a loop."""
        name, total, k = self.new("g"), self.new("s"), self.new("k")
        self.write(f"{total} = {self.number(1)}")
        self.define_number(total)
        scope = self.scope.inner()
        scope.numbers.append("t")
        scope.fixed |= {"t"}
        with self.block(f"def {name}(t):", scope=scope):
            self.write(f"nonlocal {total}")
            self.write(f"{total} {self.rng.choice(['=', '+=', '*='])} {self.bounded(self.number(1))}")
            if self.chance(0.3):
                with self.block(f"if {total} > 0.3:"):
                    self.write(f"{total} -= t * t")
            self.write(f"return {self.bounded(self.number(1))}")
        header = self.rng.choice([f"for {k} in range({self.rng.choice(['2', 'n'])}):", f"if {self.condition()}:"])
        with self.block(header, loop=header.startswith("for")):
            self.set_number(f"{name}({self.number(1)})")
            if self.chance(0.5):
                self.write(f"{total} = np.tanh({total} + {name}({self.number(1)}))")

    # -- names of one array, and containers of containers --------------------------------------------------

    def chosen_alias(self) -> None:
        """A name for one of two arrays, by a condition; one of them is changed afterwards."""
        name, a, b = self.new("c"), self.new("p"), self.new("q")
        self.write(f"{a}, {b} = {self.array((3,), 1)} * 1.0, {self.array((3,), 1)} + 0.0")
        self.write(f"{name} = {a} if {self.condition()} else {b}{self.rng.choice(['', '.copy()', '.copy()'])}")
        target = self.rng.choice([a, b, name] if "copy" in self.lines[-1] else ["other"])
        if target == "other":  # neither of them, so that the name for either is only read
            target = self.new("r")
            self.write(f"{target} = {name} * {self.bounded(self.number(1))}")
        self.write(f"{target}[{self.index(3)}] {self.rng.choice(['=', '+=', '*='])} {self.bounded(self.number(1))}")
        self.set_number(self.bounded(f"np.sum({name} * {a} - {b})"))

    def swapped(self) -> None:
        """Three buffers that change places in each iteration."""
        names = [self.new("p") for _ in range(3)]
        k = self.new("k")
        for name in names:
            self.write(f"{name} = {self.array((3,), 1)} * 1.0")
        order = self.rng.sample(names, 3)
        with self.block(f"for {k} in range({self.rng.choice(['2', '3', 'n'])}):", loop=True) as scope:
            scope.indices[k] = 3
            i = self.rng.choice(["0", "-1", k])
            self.write(f"{names[0]}[{i}] = {self.bounded(self.number(1))} + 0.3 * {names[1]}[{i}]")
            if self.chance(0.15):
                with self.block(f"if {self.condition()}:"):
                    self.write(f"{names[1]}, {names[2]} = {names[2]}, {names[1]}")
            self.write(f"{', '.join(names)} = {', '.join(order)}")
            if self.chance(0.4):
                self.write(f"{names[2]} *= {self.bounded(self.number(1))}")
        self.set_number(self.bounded(f"np.sum({names[0]} * {names[1]} - {names[2]})"))

    def table(self) -> None:
        """A list of lists, filled and read by indices."""
        name, i, j = self.new("T"), self.new("i"), self.new("j")
        self.write(f"{name} = [[{self.constant()}] * 3 for _ in range(n)]" if self.chance(0.7) else f"{name} = []")
        by_rows = self.lines[-1].endswith("= []")
        with self.block(f"for {i} in range(n):", loop=True) as scope:
            scope.indices[i] = 3
            if by_rows:
                self.write(f"{name}.append([{self.number(1)}, {self.number(1)}, {self.number(1)}])")
            row = self.new("row")
            if self.chance(0.3):
                self.write(f"{row} = {name}[{i}]")
            else:
                row = f"{name}[{i}]"
            with self.block(f"for {j} in range(3):", loop=True) as inner:
                inner.indices[j] = 3
                before = f"{name}[{i} - 1][{j}]" if self.chance(0.7) else f"{name}[0][{j} - 1]"
                op = self.rng.choice(["=", "=", "+="])
                self.write(f"{row}[{j}] {op} {self.bounded(f'{self.number(1)} + {before}')}")
        read = [f"{name}[-1][-1]", f"sum({name}[0])", f"sum(sum(row) for row in {name})", f"np.array({name})[1].sum()"]
        self.set_number(self.bounded(self.rng.choice(read)))

    def queue(self) -> None:
        """A queue: what is appended at either end and taken out again."""
        name, k = self.new("d"), self.new("k")
        limit = self.rng.choice(["", "", ", maxlen=2"])
        self.write(f"{name} = deque([{self.number(1)}, {self.number(1)}]{limit})")
        with self.block(f"for {k} in range({self.rng.choice(['2', 'n'])}):", loop=True):
            self.write(f"{name}.{self.rng.choice(['append', 'appendleft'])}({self.bounded(self.number(1))})")
            if self.chance(0.4):
                self.write(f"{name}[{self.rng.choice(['0', '-1'])}] *= {self.bounded(self.number(1))}")
            if self.chance(0.5):
                with self.block(f"if len({name}) > 1:"):
                    self.set_number(f"np.tanh({name}.{self.rng.choice(['pop', 'popleft'])}())")
            if self.chance(0.2):
                self.write(f"{name}.rotate({self.rng.choice(['1', '-1', k])})")
        self.set_number(
            self.bounded(self.rng.choice([f"sum({name})", f"{name}[0] + {name}[-1]", f"sum(t * t for t in {name})"]))
        )
