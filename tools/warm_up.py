"""Does while installing what a first start would wait for: compiles the kernels, collects the texts of the tour."""

import mixviz as mv

digits = mv.datasets.load_digits()
for model, data in (
    (mv.LDA(n_components=4), mv.datasets.load_docstrings()),
    (mv.KMeans(n_clusters=64, temperature=1.0), digits),
    (mv.KMeans(n_clusters=4), digits.with_features(lambda pixels: pixels.reshape(len(pixels), -1) / 255)),
):
    session = mv.Session(model, data)
    session.step(1)
    session.wait()
    if session.status.step != 1:
        raise SystemExit(f"mixviz does not train on this machine: {session.status}")
