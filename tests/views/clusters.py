"""Sessions with clusters that stand still, for views to look at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import mixviz as mv
from mixviz.types import Published
from tests.views.session import still_session


def clustered(data: Any, K: int = 4, **options: Any) -> SimpleNamespace:
    """A session of k-means before its first step."""
    model = mv.KMeans(K, random_state=0, **options)
    dataset = model.as_dataset(data)
    return still_session(data=dataset, published=Published(0, 0, model.init_state(dataset, 0), {}))
