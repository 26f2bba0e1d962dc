def grad_lists(x, n):
    # forward
    powers = [1.0]
    t_saved = []
    for k in range(n):
        t = powers[-1]
        t_saved.append(t)
        powers.append(t * x)
    items = []
    for p in powers:
        items.append(0.5 * p * p)
    # backward
    items_bar = [0.0] * len(items)
    for i in reversed(range(len(items))):
        items_bar[i] += 1.0
    powers_bar = [0.0] * len(powers)
    for i in reversed(range(len(powers))):
        t_bar = items_bar.pop()
        powers_bar[i] += t_bar * powers[i]
    x_bar = 0.0
    for k in reversed(range(n)):
        # powers.append(powers[-1] * x)
        t = t_saved.pop()
        t_bar = powers_bar.pop()
        x_bar += t_bar * t
        powers_bar[-1] += t_bar * x
    return x_bar
