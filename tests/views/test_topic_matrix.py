from types import SimpleNamespace

import numpy as np
import pytest

from mixviz.types import Published
from mixviz.views.topic_matrix import TopicMatrix, stable_order
from mixviz.views.topic_names import MARGIN, stable_leaders, topic_names
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


def shown(view, source):
    """Words, topics, and the weights as a table."""
    header, (weights,) = view.frame(source)
    table = np.frombuffer(weights, dtype="<f4").reshape(len(header["words"]), len(header["topics"]))
    return header, table


def test_words_are_those_of_the_chosen_topic_while_it_is_chosen():
    phi = np.random.default_rng(3).dirichlet(np.full(60, 0.1), 5).T.astype(np.float32)
    source, view = topics(phi), TopicMatrix(n_words=8)
    of_all, _ = shown(view, source)
    view.configure(source, rank_by=3)
    header, weights = shown(view, source)
    assert header["words"] == [f"w{v}" for v in np.argsort(-phi[:, 3])[:8]]
    assert header["rank_by"] == 3
    np.testing.assert_array_equal(weights[:, 3], np.sort(phi[:, 3])[::-1][:8])
    view.configure(source, rank_by=None)
    assert shown(view, source)[0]["words"] == of_all["words"]


def test_words_of_a_chosen_topic_hold_still_under_noise():
    rng = np.random.default_rng(4)
    phi = rng.dirichlet(np.full(40, 0.5), 3).T.astype(np.float32)
    view = TopicMatrix(n_words=6, rank_by=1)
    words = shown(view, topics(phi))[0]["words"]
    for _ in range(20):
        noisy = phi * rng.uniform(0.99, 1.01, phi.shape).astype(np.float32)
        assert shown(view, topics(noisy))[0]["words"] == words


def test_the_heaviest_topics_are_shown_with_their_numbers():
    phi = np.random.default_rng(5).dirichlet(np.ones(9), 4).T.astype(np.float32)
    source = topics(phi)
    source.published.state.size_k = np.float32([1, 50, 2, 9])
    view = TopicMatrix(n_words=5, n_topics=2, topics="heaviest")
    header, weights = shown(view, source)
    assert header["numbers"] == [1, 3]
    rows = [int(word[1:]) for word in header["words"]]
    np.testing.assert_array_equal(weights, phi[rows][:, [1, 3]])
    source.published.state.size_k = np.float32([1, 50, 8, 9])
    assert shown(view, source)[0]["numbers"] == [1, 3]
    view.configure(source, topics="first")
    assert shown(view, source)[0]["numbers"] == [0, 1]


def test_topics_have_their_names_in_the_list_of_whose_words_are_shown():
    source, view = topics([[0.6, 0.1], [0.4, 0.9]], ["film", "war"]), TopicMatrix()

    def labels():
        return next(setting.labels for setting in view.settings(source) if setting.name == "rank_by")

    assert labels() == ("all topics", "0", "1")
    view.frame(source)
    assert labels() == ("all topics", "0 film", "1 war")


def test_a_given_name_stays_until_it_is_taken_away():
    source, view = topics([[0.6, 0.1], [0.4, 0.9]], ["film", "war"]), TopicMatrix()
    view.configure(source, names={"1": "  horror   films "})
    assert view.options["names"] == {"1": "horror films"}
    header, _ = shown(view, source)
    assert (header["topics"], header["automatic"]) == (["film", "horror films"], ["film", "war"])
    view.configure(source, names={0: "good"})
    assert view.options["names"] == {"1": "horror films", "0": "good"}
    assert TopicMatrix(**view.options).options == view.options
    labels = {s.name: s.labels for s in view.settings(source)}["rank_by"]
    assert labels == ("all topics", "0 good", "1 horror films")
    view.configure(source, names={"1": " "})
    assert view.options["names"] == {"0": "good"}
    assert shown(view, source)[0]["topics"] == ["good", "war"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rank_by": 2}, "rank_by takes one of None, 0, 1, got 2"),
        ({"rank_by": True}, "rank_by takes one of"),
        ({"names": {"2": "x"}}, "names must be a topic from 0 to 1, got 2"),
        ({"names": {"one": "x"}}, "names must have topic numbers as keys, got 'one'"),
        ({"names": {"1": 5}}, r"names\['1'\] must be text of at most 60 characters, got 5"),
        ({"names": "x"}, "names must be a dict from topic numbers to names, got 'x'"),
        ({"names": {"1": "x"}, "n_words": 4}, "n_words takes a whole number from 5 to 200, got 4"),
        ({"n_topics": 257}, "n_topics takes a whole number from 1 to 256, got 257"),
        ({"topics": "last"}, "topics takes one of 'first', 'heaviest', got 'last'"),
    ],
)
def test_options_that_are_not_allowed_change_nothing(options, message):
    source, view = topics([[0.6, 0.1], [0.4, 0.9]]), TopicMatrix()
    before = dict(view.options)
    with pytest.raises(ValueError, match=message):
        view.configure(source, **options)
    assert view.options == before


@pytest.mark.parametrize("options", [{"rank_by": -1}, {"rank_by": "1"}, {"names": {"a": "x"}}, {"names": [1]}])
def test_the_constructor_refuses_what_no_model_has(options):
    with pytest.raises(ValueError, match=r"rank_by|names"):
        TopicMatrix(**options)


def test_a_layout_of_a_model_with_more_topics_is_refused_or_says_why():
    source = topics([[0.6, 0.1], [0.4, 0.9]])
    for options in ({"rank_by": 7}, {"names": {"7": "x"}}):
        with pytest.raises(ValueError, match="7"):
            TopicMatrix(**options).check(source)
    with pytest.raises(ValueError, match="rank_by must be a topic from 0 to 1, got 7"):
        TopicMatrix(rank_by=7).frame(source)
