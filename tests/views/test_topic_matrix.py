from types import SimpleNamespace

import numpy as np
import pytest

from mixviz.types import Published
from mixviz.views.topic_matrix import MARGIN, TopicMatrix, stable_leaders, stable_order, topic_names
from tests.views.session import still_session


def topics(phi_vk, vocabulary=None):
    phi = np.asarray(phi_vk, dtype=np.float32)
    words = vocabulary or [f"w{v}" for v in range(len(phi))]
    return still_session(
        published=Published(3, 3, SimpleNamespace(phi_vk=phi), {}), data=SimpleNamespace(vocabulary=words)
    )


EMPTY = np.empty(0, dtype=np.int64)


def test_rows_are_the_heaviest_words_and_weights_are_theirs():
    phi = [[0.1, 0.0], [0.5, 0.3], [0.2, 0.1], [0.2, 0.5]]
    frame = TopicMatrix(n_words=3).frame(topics(phi, ["sea", "film", "war", "love"]))
    assert frame.header["words"] == ["film", "love", "war"]
    assert frame.header["topics"] == ["film", "love"]
    weights = np.frombuffer(frame.buffers[0], dtype="<f4").reshape(3, 2)
    np.testing.assert_array_equal(weights, np.float32([[0.5, 0.3], [0.2, 0.5], [0.2, 0.1]]))


@pytest.mark.parametrize(("n_words", "n_topics"), [(1, 1), (1, 5), (3, 1), (40, 100)])
def test_awkward_shapes(n_words, n_topics):
    phi = np.random.default_rng(0).dirichlet(np.ones(n_words), n_topics).T
    frame = TopicMatrix(n_words=28, n_topics=64).frame(topics(phi))
    shown = (min(n_words, 28), min(n_topics, 64))
    assert (len(frame.header["words"]), len(frame.header["topics"])) == shown
    assert len(frame.buffers[0]) == 4 * shown[0] * shown[1]
    assert (frame.header["n_words"], frame.header["n_topics"]) == (n_words, n_topics)


def test_it_fits_models_with_topics_over_words_only():
    assert TopicMatrix.fits(topics([[1.0]]))
    assert not TopicMatrix.fits(still_session())


def test_order_holds_still_under_noise():
    rng = np.random.default_rng(1)
    weights = np.linspace(2.0, 1.0, 30)
    order = stable_order(EMPTY, weights, 10)
    assert order.tolist() == list(range(10))
    for _ in range(50):
        order = stable_order(order, weights * rng.uniform(1 / MARGIN**0.4, MARGIN**0.4, 30), 10)
    assert order.tolist() == list(range(10))


def test_order_follows_a_clear_change():
    order = stable_order(EMPTY, np.array([5.0, 4.0, 3.0, 0.1]), 3)
    weights = np.array([5.0, 1.0, 9.0, 3.0])
    order = stable_order(order, weights, 3)
    assert order.tolist() == [2, 0, 3]


def test_rows_are_distinct_and_complete():
    rng = np.random.default_rng(2)
    order = EMPTY
    for _ in range(200):
        order = stable_order(order, rng.gamma(0.3, size=50), 12)
        assert len(set(order.tolist())) == 12


def test_leaders_change_only_when_clearly_beaten():
    previous = np.array([0, 0])
    weights = np.float32([[1.0, 1.0], [1.1, 1.5]])
    assert stable_leaders(previous, weights).tolist() == [0, 1]
    assert stable_leaders(EMPTY, weights).tolist() == [1, 1]


def test_topics_that_share_a_word_get_a_second_one():
    phi = np.float32([[0.6, 0.6, 0.0], [0.3, 0.05, 0.1], [0.1, 0.35, 0.9]])
    names = topic_names(phi, np.array([0, 0, 2]), ["film", "war", "love"])
    assert names == ["film war", "film love", "love"]
    assert topic_names(np.float32([[1, 1], [0, 0]]), np.array([0, 0]), ["film", "war"]) == ["film", "film"]
