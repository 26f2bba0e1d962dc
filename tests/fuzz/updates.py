"""Random updates of arrays in place: of parts, through views and other names, of two buffers in turn."""

from __future__ import annotations

from tests.fuzz.scope import Shape
from tests.fuzz.writer import Writer


class Updates(Writer):
    """Writes statements that change arrays."""

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
            mask, op = f"{name} > {self.constant()}", self.rng.choice(["=", "*=", "+="])
            self.write(f"{name}[{mask}] {op} {self.bounded(self.number(1))}")
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
        index = self.rng.choice(["[0, 0, 1]", "np.array([1, 0, 1])"])
        forms = [
            f"np.multiply({self.array(shape, 1)}, {self.array(shape, 1)}, out={name})",
            f"np.tanh({self.array(shape, 1)}, out={name})",
            f"np.copyto({name}, {self.bounded(self.array(shape, 2))})",
            f"{name}.fill({self.bounded(self.number(1))})",
            f"np.add.at({name}, {index}, {self.bounded(self.array((3, *shape[1:]), 1))})",
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

    def buffers_by_index(self) -> None:
        """Arrays in a list, written and read by an index that only running knows, and by names of their own."""
        name, i, k = self.new("bufs"), self.new("i"), self.new("k")
        size = self.rng.choice([2, 3])
        own = [self.array((3,), 1) + "+ 0.0" if self.chance(0.6) else "np.zeros(3)" for _ in range(size)]
        named: list[str] = []
        if self.chance(0.4):
            named = [self.new("p") for _ in range(size)]
            for p, text in zip(named, own, strict=True):
                self.write(f"{p} = {text}")
            own = named
        if self.chance(0.3):
            self.write(f"{name} = []")
            for text in own:
                self.write(f"{name}.append({text})")
        else:
            self.write(f"{name} = [{', '.join(own)}]")
        self.write(f"{k} = {self.rng.choice(['0', '1', 'n % 2'])}")
        there = self.rng.sample(
            [f"{i} % {size}", f"({i} + 1) % {size}", k, f"1 - {k}", f"{i} * {i} % {size}", "0", "-1"], 3
        )
        with self.block(f"for {i} in range({self.rng.choice(['2', '3', 'n'])}):", loop=True) as scope:
            scope.indices[i] = 3
            new, old = self.new("q"), self.new("q")
            if self.chance(0.7):
                self.write(f"{old} = {name}[{there[0]}]")
                scope.arrays[old] = (3,)
            if self.chance(0.7):
                self.write(f"{new} = {name}[{there[1]}]")
                scope.arrays[new] = (3,)
            for p in named if self.chance(0.4) else ():
                scope.arrays[p] = (3,)
            for _ in range(self.rng.randint(1, 3)):
                self.write_item(scope.arrays, f"{name}[{self.rng.choice(there)}]", [old, new, *named])
            if self.chance(0.5):
                self.write(f"{k} = {self.rng.choice([f'1 - {k}', f'({k} + {i}) % 2'])}")
            if self.chance(0.2):
                with self.block(f"if {self.condition()}:"):
                    self.write(self.rng.choice(["break", "continue"]))
        self.scope.arrays |= dict.fromkeys(named, (3,))
        if self.chance(0.6):
            self.write_item(self.scope.arrays, f"{name}[{self.rng.choice([k, '0', 'n % 2'])}]", named)
        total = self.new("a")
        forms = [f"sum({name})", f"{name}[{k}] * {name}[0]", f"np.stack({name})[-1]", f"{name}[n % 2] + {name}[1]"]
        self.write(f"{total} = {self.rng.choice(forms)}")
        self.scope.arrays[total] = (3,)

    def write_item(self, known: dict[str, Shape], item: str, names: list[str]) -> None:
        """Write into an array of a list: by its place, or by a name that is known."""
        target = self.rng.choice([item, item, *(n for n in names if n in known)])
        index, part = self.part_of((3,))
        if self.chance(0.2):
            self.write(f"{target} {self.rng.choice(['+=', '*='])} {self.bounded(self.array((3,), 1))}")
            return
        value = self.bounded(self.number(2) if part == () else self.array(part, 1))
        if self.chance(0.3):
            value = f"{value} * np.sum({item})"
        self.write(f"{target}[{index}] {self.rng.choice(['=', '=', '+=', '*='])} {value}")
