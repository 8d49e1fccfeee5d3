"""Every kind of panel there is."""

from __future__ import annotations

from mixviz.views.cluster_grid import ClusterGrid
from mixviz.views.documents import Documents
from mixviz.views.heat_map import HeatMap
from mixviz.views.histogram import Histogram
from mixviz.views.lines import Lines
from mixviz.views.log import Log
from mixviz.views.members import Members
from mixviz.views.panel import PanelView
from mixviz.views.profiles import Profiles
from mixviz.views.silhouette import Silhouette
from mixviz.views.topic_map import TopicMap
from mixviz.views.topic_matrix import TopicMatrix

PANELS: dict[str, type[PanelView]] = {
    "lines": Lines,
    "histogram": Histogram,
    "heat_map": HeatMap,
    "topic_matrix": TopicMatrix,
    "documents": Documents,
    "topic_map": TopicMap,
    "cluster_grid": ClusterGrid,
    "members": Members,
    "silhouette": Silhouette,
    "profiles": Profiles,
    "log": Log,
}
"""Classes by kind, in the order in which a menu offers them."""
