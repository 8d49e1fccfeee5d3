"""Random draws and the functions they need: uniform, normal, Poisson, gamma; exp(digamma(x))."""
