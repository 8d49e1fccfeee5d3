"""Every kind of panel there is."""

from __future__ import annotations

from mixviz.views.documents import Documents
from mixviz.views.lines import Lines
from mixviz.views.log import Log
from mixviz.views.panel import PanelView
from mixviz.views.topic_matrix import TopicMatrix

PANELS: dict[str, type[PanelView]] = {
    "lines": Lines,
    "topic_matrix": TopicMatrix,
    "documents": Documents,
    "log": Log,
}
"""Classes by kind, in the order in which a menu offers them."""
