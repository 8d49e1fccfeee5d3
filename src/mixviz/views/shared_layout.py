"""What the dashboards of one session show alike: kept with the session, and told to each of them when it changes."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from psygnal import Signal

_KEY = "dashboard"


class SharedLayout:
    """A layout in its owner's attachments. Boards read it before they change it, in a block of :meth:`held`.

    Parameters
    ----------
    owner : object, optional
        Has a dict ``attachments``, such as a session. Default: an owner of its own, so that nobody shares it.

    Attributes
    ----------
    lock : threading.RLock
        What :meth:`held` holds, and whoever only reads.
    changed : Signal
        Emitted once another layout is kept and `lock` is free again, in the thread that changed it.
    """

    changed = Signal()

    def __init__(self, owner: Any = None) -> None:
        self.lock = threading.RLock()
        self._owner = SimpleNamespace(attachments={}) if owner is None else owner

    @property
    def saved(self) -> Any:
        """What was kept last; None at first."""
        return self._owner.attachments.get(_KEY)

    def keep(self, saved: dict[str, Any]) -> None:
        """Keep a layout: JSON values that nobody changes afterwards."""
        self._owner.attachments[_KEY] = saved

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other boards out; tell all of what was kept in the block, once they can get in."""
        with self.lock:
            before = self.saved
            yield
            is_other = self.saved is not before
        if is_other:
            self.changed.emit()


_layouts: weakref.WeakKeyDictionary[Any, SharedLayout] = weakref.WeakKeyDictionary()


def shared_layout(session: Any) -> SharedLayout:
    """Return the layout that all dashboards of `session` share."""
    return _layouts.setdefault(session, SharedLayout(weakref.proxy(session)))
