import json
import math

import pytest

from mixviz.views.base import Frame, frames, number


class Fine:
    id, kind = "fine:1", "fine"

    def frame(self, source):
        return Frame({"x": source}, [b"abc"])


class Broken:
    id = kind = "broken"

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


@pytest.mark.parametrize(("value", "expected"), [(1.5, 1.5), (math.nan, None), (math.inf, None), (-math.inf, None)])
def test_number_has_no_nan(value, expected):
    assert number(value) == expected
