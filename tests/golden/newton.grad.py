def value_and_grad_newton(a, x):
    # forward
    error = x * x - a
    saved = []
    x_2 = x
    steps = 0
    while abs(error) > 1e-10:
        steps += 1
        t = error / (2.0 * x_2)
        saved.append((x_2, t))
        x_2 = x_2 - t
        error = x_2 * x_2 - a
    # backward
    error_bar = 0.0
    x_bar = 1.0
    a_bar = 0.0
    for _ in range(steps):
        # x = x - error / (2.0 * x)
        x_3, t = saved.pop()
        t1 = 2.0 * x_3
        x_3 -= t
        # error = x * x - a
        a_bar -= error_bar
        x_bar += 2.0 * (error_bar * x_3)
        # x = x - error / (2.0 * x)
        t1 = x_bar / t1
        error_bar = -t1
        x_bar += 2.0 * (t1 * t)
    # error = x * x - a
    a_bar -= error_bar
    x_bar += 2.0 * (error_bar * x)
    return x_2, (a_bar, x_bar)
