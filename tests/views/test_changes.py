import time

import pytest

from mixviz.engine.path import Path, Segment
from mixviz.views.changes import MOVE_S, Changes
from tests.views.session import change


def read(*log, **settings):
    changes = Changes(**settings)
    changes.read(log)
    return changes


def texts(changes):
    return [line.text for line in changes.lines]


@pytest.mark.parametrize(
    ("line", "text", "who"),
    [
        (change(old=0.0, new=0.003), "l1 0 → 0.003", "you"),
        (change(name="step_decay", old=0.5, new=0.75, source="policy:anneal"), "step decay 0.5 → 0.75", "anneal"),
        (change("snapshot", "before l1"), "snapshot “before l1”", "you"),
        (change("snapshot", ""), "snapshot", "you"),
        (change("start", ""), "started", "you"),
        (change("pause", "no view", source="session"), "paused: no view", ""),
        (change("error", "metric x disabled", source="session"), "metric x disabled", ""),
        (change("rewind", "mark", old=40.0, new=20.0), "rewound from step 40 to 20", "you"),
    ],
)
def test_lines_in_words(line, text, who):
    (shown,) = read(line).lines
    assert (shown.text, shown.who, shown.kind) == (text, who, line.kind)


def test_a_change_is_marked_at_the_first_step_it_acts_on():
    changes = read(change(step=9, old=0.0, new=1.0))
    assert changes.applied == {"l1": 10}
    assert [(mark.step, mark.title) for mark in changes.marks] == [(10, "l1 0 → 1")]


def test_steps_are_in_order_down_the_log():
    def driven(step, old, new):
        return change(name="temperature", step=step, old=old, new=new, source="policy:anneal")

    log = [change(step=0, old=0.0, new=9.0), change("start", "", step=0), driven(0, 9.0, 8.0)]
    log += [change(step=i, time=60 + i / 10, old=float(i), new=float(i + 1)) for i in range(20, 25)]
    log += [driven(30, 8.0, 7.0), change("pause", "", step=30)]
    assert [line.step for line in read(*log).lines] == [0, 0, 0, 20, 30]


def test_lines_hold_what_a_table_needs():
    def row(line):
        (shown,) = read(line).lines
        return shown.name, shown.old, shown.new

    assert row(change(old=0.0, new=1.0)) == ("l1", 0.0, 1.0)
    assert row(change("rewind", "mark", old=40.0, new=20.0)) == ("mark", 40.0, 20.0)
    assert row(change("snapshot", "before l1")) == ("before l1", None, None)
    assert row(change("error", "metric x disabled")) == ("", None, None)


def test_only_new_lines_are_read():
    log = [change(old=0.0, new=1.0)]
    changes = read(*log)
    changes.read(log)
    log.append(change(name="l2", old=0.0, new=2.0))
    changes.read(log)
    assert texts(changes) == ["l1 0 → 1", "l2 0 → 2"]
    assert changes.n_lines == 2


def test_one_move_of_a_slider_is_one_line_and_one_mark():
    moves = [change(step=i, time=i * MOVE_S / 2, old=i / 10, new=(i + 1) / 10) for i in range(5)]
    changes = read(*moves)
    assert texts(changes) == ["l1 0 → 0.5"]
    assert (changes.n_lines, changes._n_read) == (1, 5)
    assert [(mark.step, mark.title) for mark in changes.marks] == [(1, "l1 0 → 0.5")]


@pytest.mark.parametrize("verb", ["pause", "resume", "snapshot"])
def test_a_verb_between_two_values_makes_them_two_changes(verb):
    changes = read(change(step=1, old=0.0, new=0.5), change(verb, ""), change(step=2, old=0.5, new=0.0))
    assert [text for text in texts(changes) if text.startswith("l1")] == ["l1 0 → 0.5", "l1 0.5 → 0"]
    assert [mark.step for mark in changes.marks] == [2, 3]


def test_a_move_stays_one_while_a_policy_is_at_work():
    log = []
    for i in range(5):
        log.append(change(step=i, time=i / 10, old=i / 10, new=(i + 1) / 10))
        log.append(change(name="temperature", step=i, time=i / 10, old=9.0 - i, new=8.0 - i, source="policy:anneal"))
    changes = read(*log)
    assert texts(changes) == ["l1 0 → 0.5", "temperature 8 → 4"]
    assert [(mark.step, mark.title) for mark in changes.marks] == [(1, "l1 0 → 0.5")]


def test_a_hand_on_a_driven_control_begins_a_new_line():
    def driven(time, old, new):
        return change(time=time, old=old, new=new, source="policy:anneal")

    changes = read(driven(0.0, 9.0, 8.0), change(time=0.1, old=8.0, new=5.0), driven(0.2, 5.0, 4.0))
    assert texts(changes) == ["l1 9 → 8", "l1 8 → 5", "l1 5 → 4"]
    assert len(changes.marks) == 1


def test_two_moves_apart_in_time_are_two():
    changes = read(change(time=0.0, old=0.0, new=0.1), change(time=2 * MOVE_S, old=0.1, new=0.2))
    assert texts(changes) == ["l1 0 → 0.1", "l1 0.1 → 0.2"]
    assert len(changes.marks) == 2


def test_a_policy_at_work_is_one_line_and_no_mark():
    source = "policy:anneal"
    moves = [change(name="temperature", step=i, time=60.0 * i, old=10 - i, new=9 - i, source=source) for i in range(6)]
    changes = read(*moves, change(time=400.0, old=0.0, new=1.0))
    assert texts(changes) == ["temperature 9 → 4", "l1 0 → 1"]
    assert [mark.title for mark in changes.marks] == ["l1 0 → 1"]
    assert changes.applied["temperature"] == 6


def test_a_policy_begins_at_the_first_value_it_sets():
    def annealed(step, old, new):
        return change(name="temperature", step=step, old=old, new=new, source="policy:anneal")

    log = [annealed(0, 0.01, 2.0)]
    assert texts(read(*log)) == ["temperature 0.01 → 2"]
    log += [annealed(1, 2.0, 0.1), annealed(2, 0.1, 0.01)]
    assert texts(read(*log)) == ["temperature 2 → 0.01"]


LEFT_AND_BACK = [
    change(step=5, tick=5, time=0.0, old=0.0, new=1.0),
    change(step=30, tick=30, time=9.0, old=1.0, new=2.0),
    change("rewind", "", step=20, tick=40, time=20.0, old=40.0, new=20.0),
]
COURSE = Path((Segment(1, 20, 0), Segment(41, None, 20)))
LEFT = Path((Segment(1, 40, 0), Segment(51, None, 10)))


def test_a_rewind_drops_the_marks_it_leaves():
    changes = Changes()
    changes.read(LEFT_AND_BACK, COURSE)
    assert [(mark.step, mark.title) for mark in changes.marks] == [(6, "l1 0 → 1"), (20, "rewound from step 40 to 20")]


def test_a_return_to_the_course_that_was_left_brings_its_marks_back():
    changes = Changes()
    changes.read(LEFT_AND_BACK, COURSE)
    log = [*LEFT_AND_BACK, change("rewind", "", step=40, tick=50, time=30.0, old=30.0, new=40.0)]
    changes.read(log, LEFT)
    titles = [mark.title for mark in changes.marks]
    assert titles == ["l1 0 → 1", "l1 1 → 2", "rewound from step 30 to 40"]


def test_policies_that_come_and_go_are_marked():
    changes = read(change("policy", "anneal added", step=3), change(name="l1", step=3, old=0.0, new=1.0))
    assert [(mark.step, mark.kind, mark.who) for mark in changes.events] == [(4, "policy", "you"), (4, "set", "you")]
    assert [mark.title for mark in changes.marks] == ["anneal added", "l1 0 → 1"]


def test_long_logs_are_cut():
    log = [change(name=f"c{i}", step=i, old=0.0, new=1.0) for i in range(50)]
    changes = read(*log, n_lines=5, n_marks=7)
    assert (len(changes.lines), len(changes.marks), changes.n_lines) == (5, 7, 50)
    assert changes.marks[-1].step == 50


def test_a_drag_costs_no_more_after_a_long_run():
    """Each message of the slider looks for its line and its mark among all that happened before."""
    earlier = [change(name=f"c{n}", old=0.0, new=1.0) for n in range(2000)]
    assert cost_of_a_drag(earlier) < 3 * cost_of_a_drag([])


def cost_of_a_drag(earlier):
    drag = [change(old=0.0, new=n / 2000) for n in range(2000)]
    costs = []
    for _ in range(5):
        changes = read(*earlier)
        began = time.thread_time()
        changes.read([*earlier, *drag])
        costs.append(time.thread_time() - began)
    return min(costs)


def test_an_edit_is_said_in_words_and_marked_at_the_step_that_it_is():
    changes = read(change("edit", 'split {"cluster": 3}', step=8))
    assert texts(changes) == ["split cluster 3"]
    assert [(mark.step, mark.kind, mark.title) for mark in changes.marks] == [(8, "edit", "split cluster 3")]


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        ('move {"cluster": 7, "row": 1826}', "move cluster 7 to image 1826"),
        ('move {"row": 826, "cluster": 7}', "move cluster 7 to image 826"),
        ('merge {"cluster": 3, "into": 5}', "merge cluster 3 into 5"),
        ('drop {"cluster": 3}', "drop cluster 3"),
        ('move {"by": 0.5}', "move by 0.5"),
        ("shuffle {}", "shuffle"),
    ],
)
def test_edits_are_sentences_in_the_words_of_the_data(edit, text):
    assert texts(read(change("edit", edit), unit="images")) == [text]
