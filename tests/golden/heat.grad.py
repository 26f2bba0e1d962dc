def grad_heat(u, alpha, steps):
    # forward
    u = u.copy()
    for t in range(steps):
        u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    # backward
    u_bar = 2.0 * u
    for t in reversed(range(steps)):
        # u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        t_bar = u_bar[1:-1] * alpha
        u_bar[:-2] += t_bar
        u_bar[1:-1] -= 2.0 * t_bar
        u_bar[2:] += t_bar
    return u_bar
