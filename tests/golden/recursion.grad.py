def power_forward(x, n):
    t = n == 0
    if t:
        result = 1.0
        t1 = None
        t2 = None
        half = None
        saved = None
    else:
        half, saved = power_forward(x, n // 2)
        t1 = n % 2
        if t1:
            t2 = half * half
            result = t2 * x
        else:
            result = half * half
            t2 = None
    saved = [t, t1, x, t2, half, saved]
    return result, saved


def power_backward(saved, result_bar):
    t, t1, x, t2, half, saved = saved
    if t:
        return 0.0
    if t1:
        x_bar = result_bar * t2
        half_bar = 2.0 * (result_bar * x * half)
    else:
        half_bar = 2.0 * (result_bar * half)
        x_bar = 0.0
    return x_bar + power_backward(saved, half_bar)


def grad_recursion(x, n):
    _, saved = power_forward(x, n)
    return power_backward(saved, 1.0) + 1.0
