"""Random statements as numerical programs have them: softmax, contractions, stencils, triangular loops, accumulations.

They are what optimisations look for, with what these must not overlook: a value that is used once more, an element
that is overwritten before it is read, an axis of length 1.
"""

from __future__ import annotations

from tests.fuzz.containers import Containers


class Kernels(Containers):
    """Writes statements of numerical programs."""

    def kernel(self) -> None:
        ways = [self.softmax, self.contraction, self.offsets, self.elements, self.elements, self.sweep]
        ways += [self.triangular, self.triangular, self.running, self.chain, self.rows]
        self.rng.choice(ways)()

    def finish(self, text: str) -> None:
        """A number that depends on what has been computed."""
        name = self.new("s")
        self.write(f"{name} = {self.bounded(text)}")
        self.define_number(name)

    def softmax(self) -> None:
        """Exponentials shifted by what may or may not cancel again."""
        a, m, e, p = self.new("z"), self.new("m"), self.new("e"), self.new("p")
        shape = self.rng.choice([(3,), (3, 3), (2, 3)])
        self.write(f"{a} = {self.array(shape, 2)}")
        axis = self.rng.choice(["", "axis=-1, keepdims=True", "axis=0", "axis=-1, keepdims=True"])
        shift = self.rng.choice(["np.max", "np.max", "np.mean", "np.min"])
        self.write(f"{m} = {shift}({a}{', ' if axis else ''}{axis})")
        scale = self.rng.choice(["", "", f" / {self.constant()}", f" * (1.5 + {self.number(1)})"])
        self.write(f"{e} = np.exp(({a} - {m}){scale})")
        over = self.rng.choice([axis, axis, "axis=0", ""])
        total = f"np.sum({e}{', ' if over else ''}{over})"
        forms = [f"{e} / {total}", f"{e} / {total}", f"{m} + np.log({total})", f"{a} - {m} - np.log({total})"]
        forms += [f"{e} / (1.0 + {total})", f"{e} / {total} + 0.1 * {m}", f"np.log({total}) - {m}"]
        self.write(f"{p} = {self.rng.choice(forms)}")
        extra = self.rng.choice(["", "", f" + 0.3 * np.sum({m})", f" + 0.2 * np.sum({e} * {a})"])
        self.finish(f"np.sum({p} * np.cos({p})){extra}")

    def contraction(self) -> None:
        """einsum over two or three operands, with repeated and kept subscripts, and axes of length 1."""
        forms = [
            ("ij,jk,k->i", [(3, 3), (3, 2), (2,)]),
            ("ij,kj->ik", [(2, 3), (3, 3)]),
            ("i,ij,j->", [(3,), (3, 3), (3,)]),
            ("ij,ij->j", [(3, 3), (3, 3)]),
            ("i,j,k->ikj", [(2,), (3,), (2,)]),
            ("ii->i", [(3, 3)]),
            ("ii,i->", [(3, 3), (3,)]),
            ("ij,ji->", [(2, 3), (3, 2)]),
            ("...j,j->...", [(2, 3), (3,)]),
            ("ij,jk,kl->il", [(2, 3), (3, 3), (3, 2)]),
            ("ij,ij,i->j", [(3, 2), (1, 2), (3,)]),
            ("a,ab,b,a->b", [(3,), (3, 2), (2,), (3,)]),
        ]
        text, shapes = self.rng.choice(forms)
        operands = [self.array(shape, 1) for shape in shapes]
        if len(set(shapes)) < len(shapes) and self.chance(0.3):  # one operand twice
            again = next(k for k, shape in enumerate(shapes) if shapes.count(shape) > 1)
            operands = [operands[again] if s == shapes[again] else o for s, o in zip(shapes, operands, strict=True)]
        self.finish(f"np.sum(np.einsum('{text}', {', '.join(operands)}) ** 2)")

    def offsets(self) -> None:
        """Slices of one buffer at different offsets, read and written in a loop or outside of one."""
        a, i = self.new("h"), self.new("i")
        self.write(f"{a} = np.concatenate([{self.array((3,), 1)}, {self.array((3,), 1)}])")
        lines = [
            f"{a}[1:-1] += 0.3 * ({a}[2:] - 2.0 * {a}[1:-1] + {a}[:-2])",
            f"{a}[1:] = np.sin({a}[:-1]) * {a}[1:]",
            f"{a}[:3] *= {a}[3:]",
            f"{a}[2:5] = {a}[1:4] * {self.bounded(self.array((3,), 1))}",
            f"{a}[::2] -= 0.5 * {a}[1::2] ** 2",
            f"{a}[{i}] = np.tanh({a}[{i} + 1] * {a}[{i} - 1])",
            f"{a}[{i} + 1:] += {a}[{i}] * {a}[:5 - {i}]",
            f"{a}[:] = {a}[::-1] * 0.9",
            f"{a} = {a} * np.where({a} > 0.1, {self.number(1)}, 0.7)",
        ]
        with self.block(f"for {i} in range({self.rng.choice(['2', '3', 'n'])}):", loop=True) as scope:
            scope.indices[i] = 3
            for line in self.rng.sample(lines, self.rng.randint(1, 3)):
                self.write(line)
        self.finish(f"np.sum({a} * np.arange(6.0)) + {a}[1] * {a}[-1]")

    def elements(self) -> None:
        """A loop over elements that reads what it, or a later statement, overwrites."""
        a, b, i, t = self.new("w"), self.new("q"), self.new("i"), self.new("t")
        self.write(f"{a} = {self.array((3,), 1)} + 0.5")
        self.write(f"{b} = {self.rng.choice([f'{a}.copy()', 'np.zeros(3)', f'np.ones(3) * {self.number(1)}'])}")
        header = self.rng.choice(["range(3)", "range(n)", "range(1, 3)", "range(2, -1, -1)", "range(len({0}))"])
        lines = [
            f"{t} = {a}[{i}] * {b}[{i}]",
            f"{t} = np.sin({a}[{i}]) + {b}[{i} - 1]",
            f"{t} = {a}[{i}]",
        ]
        stores = [
            f"{b}[{i}] = {t} * {t}",
            f"{a}[{i}] = {t} * {b}[{i}]",
            f"{a}[{i}] += {t} * {a}[{i} - 1]",
            f"{b}[{i}] /= 1.5 + {t} * {t}",
            f"{b}[{i} - 1] = {t} * {a}[{i}]",
            f"{a}[0] = {t}",
            f"{b}[{i}] *= {a}[{i}] * {self.number(1)}",
            f"{t} = {t} * {b}[{i}]",
            f"{b} = {b} * {t}",
        ]
        with self.block(f"for {i} in {header.format(a)}:", loop=True) as scope:
            scope.indices[i] = 3
            self.write(self.rng.choice(lines))
            for line in self.rng.sample(stores, self.rng.randint(1, 3)):
                if self.chance(0.2):
                    with self.block(f"if {self.condition()}:"):
                        self.write(line)
                else:
                    self.write(line)
        if self.chance(0.5):
            self.write(self.rng.choice([f"{a}[1] = {self.number(1)}", f"{b}[:] = {a} * 0.5", f"{a} *= {b}"]))
        self.finish(f"np.sum({a} * {b}) + {a}[0] * {b}[-1]")

    def sweep(self) -> None:
        """A recurrence forwards and one backwards, as solvers of banded systems have them."""
        c, d, i, w = self.new("c"), self.new("d"), self.new("i"), self.new("w")
        self.write(f"{c} = 2.0 + {self.bounded(self.array((3,), 1))}")
        self.write(f"{d} = {self.array((3,), 1)} * 1.0")
        with self.block(f"for {i} in range(1, 3):", loop=True):
            self.write(f"{w} = {self.rng.choice(['0.4', self.number(1)])} / {c}[{i} - 1]")
            self.write(f"{c}[{i}] = {c}[{i}] - {w} * {self.rng.choice(['0.3', f'{d}[{i} - 1]'])}")
            self.write(f"{d}[{i}] -= {w} * {d}[{i} - 1]")
        self.write(f"{d}[-1] = {d}[-1] / {c}[-1]")
        with self.block(f"for {i} in range(1, -1, -1):", loop=True):
            self.write(f"{d}[{i}] = ({d}[{i}] - {self.constant()} * {d}[{i} + 1]) / {c}[{i}]")
        self.finish(f"np.sum({d} * {d})" + self.rng.choice(["", f" + {c}[1]"]))

    def triangular(self) -> None:
        """Nested loops whose bounds depend on the outer index, over a matrix in place."""
        m, i, j, k, s = self.new("L"), self.new("i"), self.new("j"), self.new("k"), self.new("t")
        self.write(f"{m} = 2.0 * np.eye(3) + 0.3 * {self.bounded(self.array((3, 3), 1))}")
        with self.block(f"for {i} in range({self.rng.choice(['3', 'n'])}):", loop=True) as scope:
            scope.indices[i] = 3
            roll = self.rng.random()
            if roll < 0.35:  # a factorisation by rows
                with self.block(f"for {j} in range({i}):", loop=True):
                    with self.block(f"for {k} in range({j}):", loop=True):
                        self.write(f"{m}[{i}, {j}] -= {m}[{i}, {k}] * {m}[{k}, {j}]")
                    self.write(f"{m}[{i}, {j}] /= {m}[{j}, {j}]")
                with self.block(f"for {j} in range({i}, 3):", loop=True):
                    with self.block(f"for {k} in range({i}):", loop=True):
                        self.write(f"{m}[{i}, {j}] -= {m}[{i}, {k}] * {m}[{k}, {j}]")
            elif roll < 0.7:  # by sums
                with self.block(f"for {j} in range({i} + 1):", loop=True):
                    self.write(f"{s} = {m}[{i}, {j}]")
                    with self.block(f"for {k} in range({j}):", loop=True):
                        self.write(f"{s} {self.rng.choice(['-=', '+='])} {m}[{i}, {k}] * {m}[{j}, {k}]")
                    store = f"{s} / {m}[{j}, {j}]"
                    self.write(f"{m}[{i}, {j}] = np.sqrt(1.0 + {s} * {s}) if {i} == {j} else {store}")
            else:  # by slices
                with self.block(f"for {j} in range({i} + 1, 3):", loop=True):
                    self.write(f"{s} = {m}[{j}, {i}] / {m}[{i}, {i}]")
                    self.write(f"{m}[{j}, {i}:] -= {s} * {m}[{i}, {i}:]")
                    if self.chance(0.5):
                        self.write(f"{m}[{j}, {i}] = {s}")
        self.finish(f"np.sum({m} * np.arange(9.0).reshape(3, 3))")

    def running(self) -> None:
        """Sums in a loop, of numbers and arrays, some of which are read in the loop or reset."""
        s, a, i = self.new("s"), self.new("acc"), self.new("i")
        self.write(f"{s} = {self.rng.choice(['0.0', self.number(1)])}")
        self.write(f"{a} = {self.rng.choice(['np.zeros(3)', self.array((3,), 1) + ' * 1.0', 'np.zeros((1, 3))'])}")
        flat = self.rng.choice(["u", "u"]) if "u" in self.scope.arrays else None
        with self.block(f"for {i} in range({self.rng.choice(['3', 'n', '0'])}):", loop=True) as scope:
            scope.indices[i] = 3
            term = self.bounded(self.number(2))
            lines = [f"{s} += {term}", f"{s} = {s} + {term} * {i}", f"{s} = 0.5 * {s} + {term}"]
            self.write(self.rng.choice(lines))
            vector = self.bounded(self.array((3,), 2))
            lines = [f"{a} += {vector}", f"{a} = {a} + {vector}", f"{a} -= {s} * {vector}", f"{a} *= {vector}"]
            lines += [f"{a}[..., {i}] += {s}", f"{a} += {flat}[{i}] * {vector}" if flat else f"{a} += {s}"]
            for line in self.rng.sample(lines, self.rng.randint(1, 2)):
                self.write(line)
        self.finish(f"{s} * np.sum({a} * {a})")

    def chain(self) -> None:
        """One intermediate array in several others, some of which are updated in place."""
        a, b, c = self.new("a"), self.new("b"), self.new("c")
        shape = self.rng.choice([(3,), (3, 3), (2, 3)])
        self.write(f"{a} = {self.array(shape, 2)} * 1.0")
        self.write(f"{b} = np.exp(-{a} * {a}) * {self.array(self._smaller(shape), 1)}")
        updates = [f"{b} *= {a}", f"{b} += {b}", f"{a} += {b}", f"{a}[0] = {b}[0]", f"{b}[...] = np.tanh({a})"]
        for line in self.rng.sample(updates, self.rng.randint(0, 2)):
            self.write(line)
        forms = [f"{a} * {b}", f"{a} / (1.0 + {b} ** 2)", f"np.where({a} > {b}, {a}, 0.3 * {b})"]
        self.write(f"{c} = {self.rng.choice(forms)}")
        if self.chance(0.5):
            self.write(self.rng.choice([f"{c} -= {a}", f"{a} = {c}", f"{c} *= {c}"]))
        self.finish(f"np.sum({a} * {c}) + np.mean({b} ** 2)")

    def rows(self) -> None:
        """A loop over the rows of matrices: views that are read, written, and kept for the next iteration."""
        m, r, last, i = self.new("M"), self.new("row"), self.new("p"), self.new("i")
        self.write(f"{m} = {self.array((3, 3), 1)} * 1.0")
        self.write(f"{last} = {self.array((3,), 1)} * 1.0")
        with self.block(f"for {i} in range({self.rng.choice(['3', 'n', '1, 3'])}):", loop=True) as scope:
            scope.indices[i] = 3
            self.write(f"{r} = np.tanh({m}[{i}] + {self.rng.choice([last, self.number(1)])})")
            lines = [
                f"{m}[{i}] = {r} * {last}",
                f"{m}[{i} - 1] += {r}",
                f"{m}[:, {i}] *= {r}",
                f"{last} = {r} - 0.5 * {last}",
                f"{last} = {m}[{i}] * {r}",
                f"{last} += {r} * {r}",
                f"{last} = {last} + ({m} @ {r}) * 0.3",
            ]
            for line in self.rng.sample(lines, self.rng.randint(1, 3)):
                self.write(line)
        self.finish(f"np.sum({m} ** 2) + {last} @ {last}")
