"""Random lists, dicts and nested functions; linear algebra, and derivatives inside the program."""

from __future__ import annotations

from tests.fuzz.updates import Updates


class Containers(Updates):
    """Writes statements about what holds or makes numbers and arrays."""

    def grow_list(self) -> None:
        lists = self.scope.lists
        if not lists or (self.depth == 1 and self.chance(0.3)):
            name = self.new("l")
            if self.chance(0.3):
                array = self.array((3,), 1)
                item = self.rng.choice(["np.sin(t)", "t * t", "0.5 * t + 0.1"])
                self.write(f"{name} = [{item} for t in {array}{self.rng.choice(['', '', ' if t > -9.0'])}]")
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

    def keyed_dictionary(self) -> None:
        """Numbers by keys that only running knows, stored, read, taken out and run over."""
        name, i, target = self.new("d"), self.new("i"), self.target_number()
        kind = self.rng.choice(["{}", "{}", "defaultdict(float)", f"{{0: {self.number(1)}, 1: 0.5}}"])
        self.write(f"{name} = {kind}")
        key = self.rng.choice([f"{i} % 2", i, f"({i}, {i} % 2)", f"f'w{{{i} % 2}}'", f"int({i} > 0)"])
        again = name
        if self.chance(0.25):
            again = self.new("d")
            self.write(f"{again} = {name}")
        with self.block(f"for {i} in range({self.rng.choice(['2', '3', 'n'])}):", loop=True) as scope:
            scope.indices[i] = 3
            value = self.bounded(self.number(2))
            forms = [f"{name}[{key}] = {name}.get({key}, 0.3) * 0.5 + {value}", f"{name}[{key}] = {value}"]
            if kind.startswith("default"):
                forms.append(f"{name}[{key}] += {value}")
            self.write(self.rng.choice(forms))
            if self.chance(0.4):
                with self.block(f"if {self.rng.choice([self.condition(), f'{key} in {again}'])}:"):
                    self.write(f"{again}[{key}] *= {self.bounded(self.number(1))}")
            if self.chance(0.2):
                with self.block(f"if {i} > 0:"):
                    self.write(f"{name}.pop({key}, 0.0)")
        if self.chance(0.4):
            k = self.new("k")
            with self.block(f"for {k} in {name}:", loop=True):
                self.write(f"{name}[{k}] {self.rng.choice(['*=', '+=', '='])} {self.bounded(self.number(1))}")
        copy = self.rng.choice([again, f"dict({name})", f"{{**{name}}}"])
        self.write(
            f"{target} = "
            + self.rng.choice(
                [f"sum(t * t for t in {copy}.values())", f"sum(t for _, t in {copy}.items()) * len({name})"]
            )
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

    def list_of_arrays(self) -> None:
        name, total, i = self.new("rows"), self.new("a"), self.new("i")
        self.write(f"{name} = []")
        with self.block(f"for {i} in range({self.rng.choice(['2', 'n'])}):", loop=True) as scope:
            scope.indices[i] = 3
            self.write(f"{name}.append({self.bounded(self.array((3,), 2))})")
            if self.chance(0.3):
                with self.block(f"if {self.condition()}:"):
                    self.write("break")
        forms = [f"sum({name})", f"np.array({name}).sum(axis=0)", f"np.stack({name})[-1]", f"{name}[0] * {name}[-1]"]
        self.write(f"{total} = {self.rng.choice(forms)}")
        self.scope.arrays[total] = (3,)

    def linear_algebra(self) -> None:
        name = self.new("a")
        matrix = f"(3.0 * np.eye(3) + 0.5 * np.tanh({self.array((3, 3), 1)}))"
        forms = [
            f"np.linalg.solve({matrix}, {self.array((3,), 1)})",
            f"np.linalg.inv({matrix}) @ {self.array((3,), 1)}",
        ]
        forms += [f"np.linalg.det(0.3 * {matrix}) * {self.array((3,), 1)}"]
        self.write(f"{name} = np.tanh({self.rng.choice(forms)})")
        self.scope.arrays[name] = (3,)

    def inner_derivative(self) -> None:
        """The gradient of a function that reads what surrounds it."""
        name = self.new("s")
        free = self.number(1)
        forms = [f"grad(lambda t: np.sin(t) * {free})({self.number(1)})"]
        if self.scope.with_shape((3,)):
            forms += [
                f"np.sum(grad(lambda t: np.sum(np.sin(t) * {free}))({self.rng.choice(self.scope.with_shape((3,)))}))"
            ]
        self.write(f"{name} = np.tanh({self.rng.choice(forms)})")
        self.define_number(name)

    def writing_function(self) -> None:
        """A nested function that writes into an array around it, and is called in a loop."""
        name, i = self.new("g"), self.new("i")
        array = self.rng.choice(list(self.scope.arrays))
        inner = self.scope.inner()
        inner.numbers.append("t")
        with self.block(f"def {name}(t):", scope=inner):
            self.write(
                f"{array}[{self.index(self.scope.arrays[array][0])}] {self.rng.choice(['=', '*=', '+='])} np.tanh(t)"
            )
            self.write(f"return t * np.mean({array})")
        target = self.new("s")
        self.write(f"{target} = {self.number(1)}")
        with self.block(f"for {i} in range(2):", loop=True):
            self.write(f"{target} = np.sin({name}({target}))")
        self.define_number(target)
