"""Steer a model while it trains, from a notebook cell.

Everything public is here, and imported only when first used: ``import mixviz`` itself costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixviz import cluster_metrics as cluster_metrics
    from mixviz import factor_metrics as factor_metrics
    from mixviz import metrics as metrics
    from mixviz import mixins as mixins
    from mixviz.cuda import DeviceError as DeviceError
    from mixviz.cuda import device_report as device_report
    from mixviz.dashboard import Dashboard as Dashboard
    from mixviz.data import datasets as datasets
    from mixviz.data.activations import activations as activations
    from mixviz.data.blocks import FeatureBlocks as FeatureBlocks
    from mixviz.data.corpus import Corpus as Corpus
    from mixviz.data.images import Images as Images
    from mixviz.engine import policies as policies
    from mixviz.engine.files import FileError as FileError
    from mixviz.engine.replay import replay as replay
    from mixviz.engine.session import Session as Session
    from mixviz.models.kmeans import KMeans as KMeans
    from mixviz.models.lda import LDA as LDA
    from mixviz.models.nmf import NMF as NMF
    from mixviz.steering import steer as steer
    from mixviz.types import Control as Control
    from mixviz.types import Metric as Metric

_HOMES = {
    "Control": "mixviz.types",
    "Corpus": "mixviz.data.corpus",
    "Dashboard": "mixviz.dashboard",
    "DeviceError": "mixviz.cuda",
    "FeatureBlocks": "mixviz.data.blocks",
    "FileError": "mixviz.engine.files",
    "Images": "mixviz.data.images",
    "KMeans": "mixviz.models.kmeans",
    "LDA": "mixviz.models.lda",
    "Metric": "mixviz.types",
    "NMF": "mixviz.models.nmf",
    "Session": "mixviz.engine.session",
    "activations": "mixviz.data.activations",
    "cluster_metrics": "mixviz",
    "datasets": "mixviz.data",
    "device_report": "mixviz.cuda",
    "factor_metrics": "mixviz",
    "metrics": "mixviz",
    "mixins": "mixviz",
    "policies": "mixviz.engine",
    "replay": "mixviz.engine.replay",
    "steer": "mixviz.steering",
}

__version__ = "0.1.0"
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mixviz' has no attribute {name!r}; it has {', '.join(_HOMES)}")
    home = _HOMES[name]
    is_module = name.islower() and name not in ("activations", "device_report", "steer", "replay")
    found = import_module(f"{home}.{name}") if is_module else getattr(import_module(home), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
