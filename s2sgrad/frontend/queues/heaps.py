"""What the functions of ``heapq`` do to a list, step by step: the lists that they leave are those of CPython.

The sift to the leaves and back up is that of D. Knuth, The Art of Computer Programming, volume 3, section 5.2.3,
exercise 16.
"""


def heappush(heap, item):
    heap.append(item)
    _towards_root(heap, 0, len(heap) - 1)


def heappop(heap):
    last = heap.pop()
    if len(heap) == 0:
        return last
    least = heap[0]
    heap[0] = last
    _towards_leaves(heap, 0)
    return least


def heapreplace(heap, item):
    least = heap[0]
    heap[0] = item
    _towards_leaves(heap, 0)
    return least


def heappushpop(heap, item):
    if len(heap) > 0 and heap[0] < item:
        least = heap[0]
        heap[0] = item
        _towards_leaves(heap, 0)
        return least
    return item


def heapify(heap):
    for place in reversed(range(len(heap) // 2)):
        _towards_leaves(heap, place)


def _towards_root(heap, first, place):
    item = heap[place]
    while place > first:
        parent = (place - 1) // 2
        above = heap[parent]
        if not item < above:
            break
        heap[place] = above
        place = parent
    heap[place] = item


def _towards_leaves(heap, place):
    end = len(heap)
    first = place
    item = heap[place]
    child = 2 * place + 1
    while child < end:
        other = child + 1
        if other < end and not heap[child] < heap[other]:
            child = other
        heap[place] = heap[child]
        place = child
        child = 2 * place + 1
    heap[place] = item
    _towards_root(heap, first, place)


def nlargest(n, iterable, key=None):
    return sorted(iterable, key=key, reverse=True)[: max(n, 0)]


def nsmallest(n, iterable, key=None):
    return sorted(iterable, key=key)[: max(n, 0)]
