"""What topics are called: by their leading words, until a person gives a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mixviz.types import FloatArray, IntArray

MARGIN = 1.2
"""A word passes another only once it weighs so much more: names and orders hold still from frame to frame."""
MAX_LENGTH = 60
"""Characters of a given name."""


def stable_leaders(previous: IntArray, weights_vk: FloatArray, margin: float = MARGIN) -> IntArray:
    """Return the heaviest row of each column, (K,); a former leader stays until it is beaten by `margin`."""
    leaders: IntArray = weights_vk.argmax(axis=0)
    if len(previous) != len(leaders):
        return leaders
    columns = np.arange(len(leaders))
    is_beaten: npt.NDArray[np.bool_] = weights_vk[leaders, columns] > margin * weights_vk[previous, columns]
    return np.where(is_beaten, leaders, previous)


def topic_names(weights_vk: FloatArray, leaders: IntArray, vocabulary: Any) -> list[str]:
    """Name each topic by its leading word; where several share one, each adds its own second word."""
    shared = {v for v, n in zip(*np.unique(leaders, return_counts=True), strict=True) if n > 1}
    names = []
    for topic, leader in enumerate(leaders):
        name = str(vocabulary[leader])
        if leader in shared and len(weights_vk) > 1:
            column = weights_vk[:, topic].copy()
            column[leader] = -1.0
            second = int(column.argmax())
            name += f" {vocabulary[second]}" if column[second] > 0.1 * weights_vk[leader, topic] else ""
        names.append(name)
    return names


def topic_labels(n_topics: int, names: Mapping[int, str]) -> tuple[str, ...]:
    """Return what to call each topic in a list: its number, and its name where it has one."""
    return tuple(f"{topic} {names.get(topic, '')}".strip() for topic in range(n_topics))


def checked_names(names: Any) -> dict[str, str]:
    """Return names that a person gave, by topic number as text; empty ones are kept, for they take a name away.

    Raises
    ------
    ValueError
        If it is no dict from topic numbers to texts of at most 60 characters.
    """
    if not isinstance(names, Mapping):
        raise ValueError(f"names must be a dict from topic numbers to names, got {names!r}")
    for topic, name in names.items():
        is_number = isinstance(topic, int) and not isinstance(topic, bool) and topic >= 0
        if not is_number and not (isinstance(topic, str) and topic.isascii() and topic.isdecimal()):
            raise ValueError(f"names must have topic numbers as keys, got {topic!r}")
        if not isinstance(name, str) or len(name) > MAX_LENGTH:
            raise ValueError(f"names[{topic!r}] must be text of at most {MAX_LENGTH} characters, got {name!r}")
    return {str(int(topic)): " ".join(name.split()) for topic, name in names.items()}


def checked_topic(argument: str, topic: Any) -> int:
    """Return a topic's number, from 0; ValueError names the argument."""
    if isinstance(topic, bool) or not isinstance(topic, int) or topic < 0:
        raise ValueError(f"{argument} must be the number of a topic, from 0, got {topic!r}")
    return topic


def require_topics(argument: str, topics: Sequence[int], n_topics: int) -> None:
    """Raise ValueError unless all of `topics` are below `n_topics`."""
    for topic in topics:
        if topic >= n_topics:
            raise ValueError(f"{argument} must be a topic from 0 to {n_topics - 1}, got {topic}")
