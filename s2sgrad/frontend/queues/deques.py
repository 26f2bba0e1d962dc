"""What ``collections.deque`` does, as code that is lowered: a list, and where in it the queue starts.

So both ``append`` and ``popleft`` cost the same however long the queue is, and so do their adjoints.
"""

import collections


class Deque:
    def __init__(self, iterable=(), maxlen=None):
        self.maxlen = maxlen
        self.items = list(iterable)
        self.start = 0
        if maxlen is not None and len(self.items) > maxlen:
            self.start = len(self.items) - maxlen

    def __len__(self):
        return len(self.items) - self.start

    def __iter__(self):
        return iter(self.items[self.start :])

    def __contains__(self, item):
        return item in self.items[self.start :]

    def __getitem__(self, index):
        length = len(self.items) - self.start
        place = index if index >= 0 else index + length
        if place < 0 or place >= length:
            raise IndexError("deque index out of range")
        return self.items[self.start + place]

    def __setitem__(self, index, item):
        length = len(self.items) - self.start
        place = index if index >= 0 else index + length
        if place < 0 or place >= length:
            raise IndexError("deque index out of range")
        self.items[self.start + place] = item

    def append(self, item):
        self.items.append(item)
        if self.maxlen is not None and len(self.items) - self.start > self.maxlen:
            self.start += 1

    def extend(self, iterable):
        for item in iterable:
            self.append(item)

    def appendleft(self, item):
        self.items = [item] + self.items[self.start :]  # noqa: RUF005 - of a length that only running tells
        self.start = 0
        if self.maxlen is not None and len(self.items) > self.maxlen:
            self.items.pop()

    def extendleft(self, iterable):
        for item in iterable:
            self.appendleft(item)

    def pop(self):
        if len(self.items) == self.start:
            raise IndexError("pop from an empty deque")
        return self.items.pop()

    def popleft(self):
        if len(self.items) == self.start:
            raise IndexError("pop from an empty deque")
        self.start += 1
        return self.items[self.start - 1]

    def rotate(self, n=1):
        items = self.items[self.start :]
        if len(items) > 0:
            turn = n % len(items)
            self.items = items[len(items) - turn :] + items[: len(items) - turn]
            self.start = 0

    def reverse(self):
        self.items = self.items[self.start :][::-1]
        self.start = 0

    def clear(self):
        self.items = []
        self.start = 0

    def copy(self):
        return collections.deque(self.items[self.start :], self.maxlen)

    __copy__ = copy
