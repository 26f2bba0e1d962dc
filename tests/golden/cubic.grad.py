def grad_cubic(x):
    return 3.0 * x ** 2 + 5.0
