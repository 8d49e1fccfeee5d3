"""Does while installing what a first start would wait for: compiles the kernels, collects the texts of the tour."""

import mixviz as mv

session = mv.Session(mv.LDA(n_components=4), mv.datasets.load_docstrings())
session.step(1)
session.wait()
if session.status.step != 1:
    raise SystemExit(f"mixviz does not train on this machine: {session.status}")
