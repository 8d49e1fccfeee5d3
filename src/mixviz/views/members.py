"""Members of clusters: some images of each, from a sample of the data."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.types import IntArray, check_whole
from mixviz.views.base import Frame, Source
from mixviz.views.clusters import checked_cluster, cluster_setting, n_clusters, order_of, shares_of
from mixviz.views.image_sheet import Thumbnails, has_images, interval_of, reduced, reduction
from mixviz.views.panel import PanelView, Setting
from mixviz.views.sampled_members import SampledMembers, stable_choice

N_OF_CHOSEN = 96
"""Images shown of a cluster that is chosen."""
MAX_ENLARGED_BYTES = 256 << 10
_NONE: IntArray = np.empty(0, dtype=np.int64)


class Members(PanelView):
    """Rows of images: some members of each cluster, the largest cluster first; or many of a chosen one.

    They come from a fixed sample that is spread over the data. An image stays in its place while it is a member; a
    free place goes to the one nearest to the centre.

    Parameters
    ----------
    cluster : int, optional
        Number of the cluster whose members are shown. Default: some of all clusters.
    n_images : int
        Images of each cluster where all are shown, 3 to 40.
    n_clusters : int
        Clusters shown at most, 1 to 256.
    enlarged : int, optional
        Row of the image that is shown in full.

    Raises
    ------
    ValueError
        If `cluster` or `enlarged` is no number from 0.
    """

    kind = "members"
    usual = "beside"
    size = (4, 10)
    interval_s = 1.0

    def __init__(
        self, cluster: int | None = None, n_images: int = 12, n_clusters: int = 64, enlarged: int | None = None
    ) -> None:
        enlarged = None if enlarged is None else check_whole("enlarged", enlarged, 0)
        super().__init__(cluster=checked_cluster(cluster), n_images=n_images, n_clusters=n_clusters, enlarged=enlarged)
        self._members = SampledMembers()
        self._order = _NONE
        self._chosen: dict[int, list[int]] = {}
        self._thumbnails: Thumbnails | None = None

    @classmethod
    def fits(cls, source: Source) -> bool:
        """Whether the model has centres, and the data are images."""
        return has_images(source) and hasattr(source.published.state, "centres_kf")

    @property
    def title(self) -> str:
        """Whose members."""
        cluster = self.options["cluster"]
        return "members" if cluster is None else f"members of cluster {cluster}"

    def settings(self, source: Source) -> list[Setting]:
        """Return whose members, and how many."""
        options = self.options
        return [
            cluster_setting(options["cluster"], source, "all, by size"),
            Setting("n_images", "number", options["n_images"], "images of each", low=3, high=40, step=1),
            Setting("n_clusters", "number", options["n_clusters"], "clusters at most", low=1, high=256, step=1),
        ]

    def check(self, source: Source) -> None:
        """Check the options against the session; ValueError."""
        super().check(source)
        _check_row(self.options["enlarged"], source)

    def configure(self, source: Source, /, **options: Any) -> None:
        """Change options. Another cluster puts the image away that is shown in full."""
        if "cluster" in options:
            options = {"enlarged": None, **options}
        enlarged = options.pop("enlarged", self.options["enlarged"])
        _check_row(enlarged, source)
        super().configure(source, **options)
        self.options = {**self.options, "enlarged": enlarged}

    def frame(self, source: Source) -> Frame:
        """Return groups of images, their pixels (uint8, shape (n, H, W, C)), and those of the one shown in full."""
        state, data, options = source.published.state, source.data, self.options
        if self._thumbnails is None or self._thumbnails.data is not data:
            self._thumbnails = Thumbnails(data)
        members = self._members
        members.renew(state, data)
        self.is_unfinished = members.n_due > 0
        numbers, n = self._numbers(source, options)
        self._chosen = {k: stable_choice(self._chosen.get(k, ()), members.of(k), n) for k in numbers}
        places = [place for k in numbers for place in self._chosen[k]]
        pictures = self._thumbnails.take(members.rows[places].tolist(), n * len(numbers))
        self.interval_s = interval_of(pictures)
        shares = shares_of(state)
        header = {
            "groups": [self._described(data, k, float(shares[k])) for k in numbers],
            "shape": pictures.shape[1:],
            "is_ink": self._thumbnails.is_ink,
            "n_columns": options["n_images"] if options["cluster"] is None else None,
            "n_clusters": len(shares),
            "caption": self._caption(len(data)),
        }
        enlarged, buffers = self._enlarged(source, options["enlarged"])
        return Frame({**header, "enlarged": enlarged}, [pictures.tobytes(), *buffers])

    def _numbers(self, source: Source, options: dict[str, Any]) -> tuple[list[int], int]:
        """Return which clusters are shown, and how many images of each at most."""
        shares, cluster = shares_of(source.published.state), options["cluster"]
        if cluster is not None:
            if cluster >= len(shares):
                raise ValueError(f"cluster must be a number from 0 to {len(shares) - 1}, got {cluster}")
            return [cluster], N_OF_CHOSEN
        self._order = order_of(source, shares, self._order, options["n_clusters"])
        return self._order.tolist(), options["n_images"]

    def _described(self, data: Any, cluster: int, share: float) -> dict[str, Any]:
        members, places = self._members, self._chosen[cluster]
        rows = members.rows[places].tolist()
        return {
            "number": cluster,
            "share": round(share, 5),
            "rows": rows,
            "labels": [_label(data, row) for row in rows],
            "distances": [float(f"{members.distances[place]:.3g}") for place in places],
        }

    def _caption(self, n_rows: int) -> str:
        members = self._members
        n_known, n_sampled = members.n_known, len(members.rows)
        if n_known < n_sampled:
            return f"{n_known:,} of {n_sampled:,} sampled images so far"
        return f"of {n_sampled:,} sampled images" if n_sampled < n_rows else f"of all {n_rows:,} images"

    def _enlarged(self, source: Source, row: int | None) -> tuple[dict[str, Any] | None, list[bytes]]:
        """Return what is known of the image shown in full, and its pixels."""
        if row is None:
            return None, []
        data, members = source.data, self._members
        picture = data.thumbnails(np.array([row]))
        picture = reduced(picture, reduction(1, data.image_shape, MAX_ENLARGED_BYTES))
        place = np.flatnonzero((members.rows == row) & (members.labels >= 0))
        where: dict[str, Any] = {"cluster": None, "distance": None}
        if len(place):
            distance = float(f"{members.distances[place[0]]:.3g}")
            where = {"cluster": int(members.labels[place[0]]), "distance": distance}
        described = {"row": row, "label": _label(data, row), "shape": picture.shape[1:], **where}
        return described, [picture.tobytes()]


def _label(data: Any, row: int) -> str:
    return "" if data.labels is None else data.labels[row]


def _check_row(row: Any, source: Source) -> None:
    n = len(source.data) if n_clusters(source) else 0
    if row is not None and (isinstance(row, bool) or not isinstance(row, int) or not 0 <= row < n):
        raise ValueError(f"enlarged takes the number of an image, 0 to {n - 1}, or None, got {row!r}")
