"""What steering k-means does to it (Jiang 2018, section 2.5), each with its numbers.

`python tests/models/test_cluster_findings.py` prints the numbers quoted here; it needs MIXVIZ_DATA.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from mixviz.data.activations import activations
from mixviz.data.datasets import fetch_mnist, load_digits
from mixviz.data.images import Images
from mixviz.engine import policies
from mixviz.engine.session import Session
from mixviz.models.kmeans import KMeans

needs_data = pytest.mark.skipif("MIXVIZ_DATA" not in os.environ, reason="MIXVIZ_DATA does not name the folder")


class Stage(NamedTuple):
    """How a clustering stood after some steps: means of the last 100, and the silhouettes of 4,000 test images."""

    distance: float
    size_variance: float
    negative_share: float


@cache
def balanced() -> dict[str, Stage]:
    """Return the four stages of Fig. 2.6 on MNIST with 256 clusters: no weight, a moderate, a large one, none again."""
    session = Session(KMeans(256, random_state=0), fetch_mnist(), batch_size=1000, validation=500)
    others = fetch_mnist("test").take(np.arange(4000)).data
    stages = {}
    for name, weight, n_steps in (("plain", 0, 400), ("moderate", 1, 300), ("large", 30, 300), ("back", 0, 400)):
        session.set(size_weight=weight)
        session.step(n_steps)
        assert session.wait(300)
        latest: dict[str, float] = {}
        for metric in ("distance", "size_variance"):
            steps, figures = session.history[metric]
            latest[metric] = float(figures[steps > session.published.step - 100].mean())
        silhouettes = silhouette_samples(others, session.model.predict(others))
        stages[name] = Stage(**latest, negative_share=float((silhouettes < 0).mean()))
    return stages


@needs_data
def test_a_moderate_size_weight_evens_the_sizes_almost_for_nothing() -> None:
    plain, moderate = balanced()["plain"], balanced()["moderate"]
    assert moderate.size_variance < 0.5 * plain.size_variance  # 0.016 of 0.183
    assert moderate.distance < 1.01 * plain.distance  # 1.000 times


@needs_data
def test_a_large_size_weight_puts_images_where_they_do_not_belong() -> None:
    plain, large = balanced()["plain"], balanced()["large"]
    assert large.distance > 1.04 * plain.distance  # 1.061 times
    assert large.negative_share > plain.negative_share + 0.08  # 0.49 after 0.35


@needs_data
def test_without_the_size_weight_the_distance_returns() -> None:
    plain, back = balanced()["plain"], balanced()["back"]
    assert abs(back.distance / plain.distance - 1) < 0.01  # 0.997 times


@cache
def photographs() -> Images:
    """Return a photograph of each ImageNet class, described by an early and by a late layer of SqueezeNet."""
    pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'mixviz[torch]'")
    from mixviz.data import squeezenet

    folder = Path(os.environ["MIXVIZ_DATA"])
    network = squeezenet.load_squeezenet(folder / "networks" / "squeezenet_v1.0_deepcompressed.npz")
    archive = folder / "images" / "imagenet_sample_1000_short256.zip"
    images = Images.from_folder(archive, size=(160, 160), label=_kind)
    layers = ("pool1", "fire9")
    return images.with_features(activations(network[:-2], layers, preprocess=squeezenet.preprocess))


def _kind(name: PurePosixPath) -> str:
    """Return whether a file shows an animal: WordNet numbers the classes so that these come first."""
    return "animal" if int(name.name[1:9]) < 2_660_000 else "other"


@cache
def shared() -> list[tuple[float, float]]:
    """Return what clusters share by low-level features, by high-level ones, and by low-level ones again.

    The first number is the share of images of their cluster's commonest kind, the second how much of the variance of
    the images' mean colours the clusters explain.
    """
    images = photographs()
    kinds, colours = np.asarray(images.labels), images.pixels.mean(axis=(1, 2))
    session = Session(KMeans(32, random_state=0), images, batch_size=500, validation=0, metrics=[])
    found = []
    for low, high in ((1, 0), (0, 1), (1, 0)):
        session.set(weight_pool1=low, weight_fire9=high)
        session.step(200)
        assert session.wait(120)
        labels = session.model.predict(images)
        groups = [labels == k for k in np.unique(labels)]
        commonest = sum(np.unique(kinds[group], return_counts=True)[1].max() for group in groups)
        unexplained = sum(colours[group].var(axis=0).sum() * group.sum() for group in groups)
        found.append((commonest / len(images), 1 - unexplained / (colours.var(axis=0).sum() * len(images))))
    return found


@needs_data
def test_block_weights_move_clusters_from_colours_to_kinds_and_back() -> None:
    low, high, again = shared()
    assert high[0] > low[0] + 0.15  # 0.90 of 0.66
    assert high[1] < low[1] - 0.4  # 0.23 of 0.82
    assert again == pytest.approx(low, abs=0.05)


def annealed(seed: int, start: float) -> float:
    """Return the inertia on the digits after 200 steps that cool down from `start`, and 200 with none left."""
    digits = load_digits()
    model = KMeans(32, init="random", random_state=seed)
    session = Session(model, digits, batch_size=200, validation=0, metrics=[])
    if start:
        session.add_policy(policies.anneal("temperature", start=start, stop=0.01, steps=200))
    session.step(300)
    assert session.wait(60)
    session.set(temperature=0, centre_rate=0.05)
    session.step(100)
    assert session.wait(60)
    return -model.score(digits)


@cache
def inertias() -> tuple[Any, Any]:
    """Return the inertia of the plain and of the shaken runs from 20 starts."""
    plain, shaken = (np.array([annealed(seed, start) for seed in range(20)]) for start in (0.0, 1.0))
    return plain, shaken


def test_shaking_and_annealing_leaves_local_optima() -> None:
    plain, shaken = inertias()
    assert (shaken < plain).sum() >= 14  # 16 of 20
    assert shaken.mean() < 0.998 * plain.mean()  # 0.989 times


if __name__ == "__main__":
    for name, stage in balanced().items():
        print(name, stage)
    print("blocks: purity and colour by low-level features, by high-level ones, and again:", *shared())
    plain, shaken = inertias()
    print(f"annealed: lower in {(shaken < plain).sum()} of 20, {shaken.mean() / plain.mean():.4f} times the inertia")
