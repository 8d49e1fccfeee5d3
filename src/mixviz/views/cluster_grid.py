"""Clusters as images, the largest first; the parts of NMF too."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixviz.types import Float64Array, IntArray
from mixviz.views.base import Frame, Source
from mixviz.views.clusters import checked_cluster, cluster_setting, noun_of, order_of, shares_of
from mixviz.views.image_sheet import (
    BYTES_A_SECOND,
    Pictures,
    Thumbnails,
    has_images,
    has_pixels,
    interval_of,
    pictures_of_centres,
)
from mixviz.views.panel import PanelView, Setting
from mixviz.views.sampled_members import SampledMembers

ABSENT = -1
_MARGIN = 1.2
"""Another image stands for a cluster only once it is nearer to the centre by this factor."""
_NONE: IntArray = np.empty(0, dtype=np.int64)


class ClusterGrid(PanelView):
    """The centres of all clusters, or the parts of NMF, as images, in the order of their sizes.

    While the session runs a cluster passes another only where it is clearly larger, so that the images keep their
    places. Where the model learns from features of the images, not from pixels, a cluster is shown by the image nearest
    to its centre, of a sample that is spread over the data.

    Parameters
    ----------
    cluster : int, optional
        Number of the chosen cluster, from 0.

    Raises
    ------
    ValueError
        If `cluster` is no number of a cluster.
    """

    kind = "cluster_grid"
    usual = "main"
    size = (8, 18)
    interval_s = 0.1

    def __init__(self, cluster: int | None = None) -> None:
        super().__init__(cluster=checked_cluster(cluster))
        self._order = _NONE
        self._thumbnails: Thumbnails | None = None
        self._members = SampledMembers()
        self._nearest = _NONE
        self._noun = "cluster"

    @classmethod
    def fits(cls, source: Source) -> bool:
        """Whether there are clusters of images, of pixels or with a centre that an image can be nearest to."""
        return has_images(source) and (has_pixels(source) or hasattr(source.published.state, "centres_kf"))

    @property
    def title(self) -> str:
        """What the panel is called."""
        return f"{self._noun}s"

    def settings(self, source: Source) -> list[Setting]:
        """Return the chosen cluster."""
        return [cluster_setting(self.options["cluster"], source)]

    def frame(self, source: Source) -> Frame:
        """Return numbers and shares of the clusters in order, and their images: uint8, shape (K, H, W, C)."""
        state, data, chosen = source.published.state, source.data, self.options["cluster"]
        shares = shares_of(state)
        self._order = order_of(source, shares, self._order, len(shares))
        self.is_unfinished = False
        self._noun = noun_of(state)
        if self._thumbnails is None or self._thumbnails.data is not data:
            self._thumbnails = Thumbnails(data)
        if has_pixels(source):
            pictures = pictures_of_centres(state, data, self._order)
        else:
            pictures = self._nearest_images(state, self._thumbnails)[self._order]
            self.interval_s = interval_of(pictures)
        header = {
            "noun": self._noun,
            "numbers": self._order.tolist(),
            "shares": [round(float(share), 5) for share in shares[self._order]],
            "without": [] if has_pixels(source) else np.flatnonzero(self._nearest == ABSENT).tolist(),
            "shape": pictures.shape[1:],
            "is_ink": self._thumbnails.is_ink,
            "has_centres": has_pixels(source),
            "cluster": chosen if chosen is not None and chosen < len(shares) else None,
            "n_rows": len(data),
            "unit": data.unit,
            "is_editable": hasattr(state, "centres_kf"),
        }
        return Frame(header, [pictures.tobytes()])

    def _nearest_images(self, state: Any, thumbnails: Thumbnails) -> Pictures:
        """Return for each cluster the image of the sample nearest to its centre; black where none is known."""
        members, K = self._members, len(state.centres_kf)
        members.renew(state, thumbnails.data)
        self.is_unfinished = members.n_due > 0
        former = self._nearest if len(self._nearest) == K else np.full(K, ABSENT)
        self._nearest = nearest_places(former, members.labels, members.distances, K)
        is_known = self._nearest != ABSENT
        found = thumbnails.take(members.rows[self._nearest[is_known]].tolist(), K, BYTES_A_SECOND)
        pictures = np.zeros((K, *found.shape[1:]), np.uint8)
        pictures[is_known] = found
        return pictures


def nearest_places(former: IntArray, labels: Any, distances: Float64Array, K: int) -> IntArray:
    """Return the place in the sample nearest to each of `K` centres; a former one stays until clearly farther."""
    order = np.lexsort((distances, labels))
    clusters, firsts = np.unique(labels[order], return_index=True)
    places = np.full(K, ABSENT, dtype=np.int64)
    known = clusters >= 0
    places[clusters[known]] = order[firsts[known]]
    held = np.flatnonzero(former != ABSENT)
    stays = (labels[former[held]] == held) & (distances[former[held]] <= _MARGIN * distances[places[held]])
    places[held[stays]] = former[held[stays]]
    return places
