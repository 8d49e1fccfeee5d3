"""Mixins: gradients, the update they cause, and what a user may write."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixviz.mixins import L1, L2, CosineSimilarity, Entropy, Mixin, push_columns, resolve_mixins


def _params(seed: int = 0) -> Any:
    params = np.random.default_rng(seed).gamma(0.5, size=(30, 4)) + 1e-3
    return params / params.sum(axis=0)


class Banned(Mixin):
    name = "banned"

    def value(self, params: Any) -> float:
        return float(params[:10].sum())

    def grad(self, params: Any) -> Any:
        slope = np.zeros_like(params)
        slope[:10] = 1
        return slope


@pytest.mark.parametrize("kind", [L1, L2, CosineSimilarity, Entropy, Banned])
def test_gradient_is_the_derivative_of_the_value(kind: type[Mixin]) -> None:
    mixin, params = kind(), _params()
    gradient, step = mixin.grad(params), 1e-6
    for where in [(0, 0), (7, 1), (29, 3), (11, 2)]:
        above, below = params.copy(), params.copy()
        above[where] += step
        below[where] -= step
        slope = (mixin.value(above) - mixin.value(below)) / (2 * step)
        assert gradient[where] == pytest.approx(slope, rel=1e-4, abs=1e-7)


def test_exact_values() -> None:
    apart = np.eye(4)
    same = np.full((4, 4), 0.25)
    assert CosineSimilarity().value(apart) == 0
    assert CosineSimilarity().value(same) == pytest.approx(6 * 0.25)
    assert Entropy().value(apart) == pytest.approx(0)
    assert Entropy().value(same) == pytest.approx(4 * np.log(4))
    assert L2().value(same) == 0
    assert L2().value(apart) == pytest.approx(0.5 * 4 * (1 - 1 / 4))
    assert L1().value(same) == 4


def test_built_in_mixins_are_always_there() -> None:
    assert [mixin.name for mixin in resolve_mixins(None)] == ["l1", "l2", "cosine", "entropy"]
    assert [mixin.weight for mixin in resolve_mixins({"cosine": 0.5})] == [0, 0, 0.5, 0]
    mixins = resolve_mixins([Banned(0.1), L1(0.2)])
    assert [(mixin.name, mixin.weight) for mixin in mixins] == [
        ("l1", 0.2), ("l2", 0), ("cosine", 0), ("entropy", 0), ("banned", 0.1),
    ]  # fmt: skip
    assert [mixin.is_built_in for mixin in mixins] == [True] * 4 + [False]


def test_every_weight_is_a_control_that_explains_itself() -> None:
    for mixin in resolve_mixins(None):
        control = mixin.control()
        assert (control.name, control.group, control.value) == (mixin.name, "objective", 0)
        assert control.check(0) == 0
        assert len(control.help) > 30


def test_errors_name_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="mixins names 'l3'; built-in are l1, l2, cosine, entropy"):
        resolve_mixins({"l3": 1.0})
    wanted = "mixins takes a list of Mixin objects or a mapping of names to weights, got "
    with pytest.raises(TypeError, match=f"{wanted}<class 'mixviz.mixins.L1'> in it"):
        resolve_mixins([L1])  # type: ignore[list-item]
    for alone, shown in ((L1(0.5), r"L1\(weight=0.5\)"), ((mixin for mixin in [L1()]), "<generator"), (1, "1")):
        with pytest.raises(TypeError, match=wanted + shown):
            resolve_mixins(alone)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="two mixins named 'l1'"):
        resolve_mixins([L1(), L1()])
    with pytest.raises(ValueError, match=r"control 'l1' takes 0 or 0\.0001 to 10, got -1"):
        L1(-1)


def test_a_mixin_without_a_name_is_told_so() -> None:
    class Nameless(L1):
        name = ""

    class Forgotten(Mixin):
        value, grad = L1.value, L1.grad

    for kind in (Nameless, Forgotten):
        with pytest.raises(TypeError, match=f"mixin {kind.__name__} needs a class attribute `name`"):
            kind()


class Sloped(Mixin):
    name = "sloped"

    def __init__(self, slope: Any) -> None:
        super().__init__()
        self.slope = slope

    def value(self, params: Any) -> float:
        return float((params * self.slope).sum())

    def grad(self, params: Any) -> Any:
        return self.slope


def test_columns_are_pushed_clipped_and_scaled() -> None:
    phi = np.array([[0.5, 0.25], [0.25, 0.25], [0.25, 0.5]], np.float32)
    slope = np.zeros((3, 2), np.float32)
    slope[1, 0] = 1
    one, other = Sloped(slope), Sloped(2 * slope)
    assert push_columns(phi, [(one, 0.0)], 0.0) is phi
    pushed = push_columns(phi, [(one, 0.05), (other, 0.05)], 0.0)
    np.testing.assert_allclose(pushed[:, 0], np.array([0.5, 0.1, 0.25]) / 0.85, rtol=1e-6)
    np.testing.assert_array_equal(pushed[:, 1], phi[:, 1])
    far = push_columns(phi, [(one, 1e6)], np.array([0.01, 0.01], np.float32))
    np.testing.assert_allclose(far[:, 0], np.array([0.5, 0.01, 0.25]) / 0.76, rtol=1e-6)
    leader = Sloped(np.array([[1, 0], [0, 0], [0, 0]], np.float32))
    np.testing.assert_allclose(push_columns(phi, [(leader, 1e6)], 0.0)[:, 0], 1 / 3, rtol=1e-6)


def test_a_mixin_cannot_write_into_what_it_is_shown() -> None:
    class Writing(Sloped):
        def grad(self, params: Any) -> Any:
            params -= 1
            return params

    with pytest.raises(ValueError, match="read-only"):
        push_columns(np.full((2, 2), 0.5, np.float32), [(Writing(None), 1.0)], 0.0)
