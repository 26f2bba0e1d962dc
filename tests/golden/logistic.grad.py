def grad_logistic(r, x, n):
    # forward
    x_saved = []
    for i in range(n):
        x_saved.append(x)
        x = r * x * (1.0 - x)
    # backward
    x_bar = 1.0
    r_bar = 0.0
    for i in reversed(range(n)):
        # x = r * x * (1.0 - x)
        x = x_saved.pop()
        t_bar = x_bar * (1.0 - x)
        r_bar += t_bar * x
        x_bar = t_bar * r - x_bar * (r * x)
    return r_bar, x_bar
