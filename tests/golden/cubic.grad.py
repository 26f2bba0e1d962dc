def grad_cubic(x):
    return 5.0 + 3.0 * x ** 2
