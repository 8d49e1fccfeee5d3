import json
import math

import pytest

from mixviz.views.base import Frame, Paced, number


def frames(views, source):
    return Paced().frames(views, source, is_prompt=False)


class Fine:
    id, kind, interval_s = "fine:1", "fine", 0.0

    def frame(self, source):
        return Frame({"x": source}, [b"abc"])


class Broken:
    id = kind = "broken"
    interval_s = 0.0

    def frame(self, source):
        raise ZeroDivisionError(f"no {source}")


def test_frames_carry_their_kind():
    assert frames([Fine()], 5) == {"fine:1": ({"kind": "fine", "x": 5}, [b"abc"])}


def test_a_view_that_raises_says_so_and_the_others_go_on():
    shown = frames([Broken(), Fine()], 7)
    header, buffers = shown["broken"]
    assert header["error"]["message"] == "ZeroDivisionError: no 7"
    assert "in frame" in header["error"]["traceback"]
    assert buffers == []
    assert shown["fine:1"][1] == [b"abc"]
    json.dumps(header, allow_nan=False)


def test_each_view_keeps_its_own_pace_unless_somebody_waits(monkeypatch):
    class Slow(Fine):
        id, interval_s = "slow", 0.3

    now = [10.0]
    monkeypatch.setattr("mixviz.views.base.time.monotonic", lambda: now[0])
    paced, views = Paced(), [Fine(), Slow()]

    def shown(source, is_prompt=False):
        return {id: header["x"] for id, (header, _) in paced.frames(views, source, is_prompt=is_prompt).items()}

    assert shown(1) == {"fine:1": 1, "slow": 1}
    now[0] = 10.1
    assert shown(2) == {"fine:1": 2, "slow": 1}
    assert shown(3, is_prompt=True) == {"fine:1": 3, "slow": 3}
    now[0] = 10.35
    assert shown(4) == {"fine:1": 4, "slow": 3}
    now[0] = 10.45
    assert shown(5) == {"fine:1": 5, "slow": 5}


def test_a_view_that_is_gone_is_not_shown():
    paced = Paced()
    paced.frames([Fine(), Broken()], 1, is_prompt=False)
    assert set(paced.frames([Fine()], 2, is_prompt=False)) == {"fine:1"}


@pytest.mark.parametrize(
    ("value", "expected"), [(1.5, 1.5), (math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")]
)
def test_number_is_json_that_javascript_reads(value, expected):
    assert json.loads(json.dumps(number(value), allow_nan=False)) == expected
