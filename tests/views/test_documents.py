"""Documents of a topic and of a word, against brute force."""

import itertools
import json
from types import SimpleNamespace

import numpy as np
import pytest

from mixviz.data.corpus import Corpus
from mixviz.metrics import infer_topics
from mixviz.types import Published
from mixviz.views import allowance, documents
from mixviz.views.documents import MAX_SAMPLE, Documents
from tests.views.session import still_session

V, K = 30, 4


def a_session(n_documents=60, seed=0, titles=True, labels=True):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.6, (n_documents, V))
    words = ["film", "films", "war", *(f"word{v}" for v in range(3, V))]
    corpus = Corpus(
        counts,
        words,
        [f"title {d}" for d in range(n_documents)] if titles else None,
        [f"group {d % 3}" for d in range(n_documents)] if labels else None,
    )
    phi = rng.dirichlet(np.full(V, 0.1), K).T.astype(np.float32)
    state = SimpleNamespace(phi_vk=phi, alpha=0.1)
    return still_session(published=Published(3, 3, state, {}), data=corpus)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def timed(function, spent):
    """Note the processor time of each call."""

    def call(*arguments):
        began = allowance.time.thread_time()
        result = function(*arguments)
        spent.append(allowance.time.thread_time() - began)
        return result

    return call


def finished(view, source):
    """The frame once all of the sample was looked at."""
    frame = view.frame(source)
    while view.is_unfinished:
        frame = view.frame(source)
    return frame


def rows(frame):
    return [item["row"] for item in frame.header["items"]]


def test_documents_of_a_topic_are_those_with_most_of_it():
    source = a_session()
    view = Documents(topic=2, n_documents=7)
    frame = finished(view, source)
    state, data = source.published.state, source.data
    shares = infer_topics(state.phi_vk, state.alpha, data.counts)[:, 2]
    expected = np.argsort(-shares, kind="stable")[:7]
    assert rows(frame) == expected.tolist()
    first = frame.header["items"][0]
    counts = data.counts[expected[0]].toarray()[0]
    used = [data.vocabulary[v] for v in np.argsort(-counts * state.phi_vk[:, 2], kind="stable") if counts[v]]
    assert first["words"] == used[:16]
    assert first["title"] == f"title {expected[0]}"
    assert first["label"] == f"group {expected[0] % 3}"
    assert first["bar"] == pytest.approx(shares[expected[0]], abs=1e-3)
    assert first["amount"] == pytest.approx(shares[expected[0]], abs=1e-4)
    assert frame.header["caption"] == "all 60 documents"
    assert not view.is_unfinished
    json.dumps(frame.header, allow_nan=False)


def test_documents_of_a_word_are_those_that_use_it_most():
    source = a_session()
    view = Documents(word="war", n_documents=50)
    frame = view.frame(source)
    counts = source.data.counts.toarray()[:, 2]
    used = np.flatnonzero(counts)
    assert rows(frame) == used[np.argsort(-counts[used], kind="stable")][:50].tolist()
    assert [item["amount"] for item in frame.header["items"]] == [counts[row] for row in rows(frame)]
    assert frame.header["items"][0]["bar"] == 1
    assert frame.header["caption"] == f"in {len(used)} of 60 documents"
    assert (view.title, view.is_unfinished) == ("documents with “war”", False)
    json.dumps(frame.header, allow_nan=False)


def test_shares_are_of_a_fixed_sample_and_are_found_a_few_at_a_time(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(allowance.time, "thread_time", itertools.count().__next__)  # every block uses the budget up
    monkeypatch.setattr(allowance.time, "monotonic", clock)
    source, view = a_session(2500), Documents(topic=1, n_documents=20)
    frame = view.frame(source)
    assert frame.header["caption"] == "8 of 1,000 sampled documents so far"
    assert view.is_unfinished
    n_frames = 1
    while view.is_unfinished:
        clock.now += 3.0
        frame, n_frames = view.frame(source), n_frames + 1
    assert n_frames == MAX_SAMPLE // documents.BLOCK
    sample = np.arange(MAX_SAMPLE) * 2500 // MAX_SAMPLE
    state = source.published.state
    shares = infer_topics(state.phi_vk, state.alpha, source.data.counts[sample])[:, 1]
    assert rows(frame) == sample[np.argsort(-shares, kind="stable")[:20]].tolist()
    assert frame.header["caption"] == "1,000 of 2,500 documents sampled"
    assert view.frame(source) == frame


def test_shares_follow_the_run():
    source, view = a_session(40), Documents(topic=0, n_documents=5)
    finished(view, source)
    later = a_session(40, seed=1).published
    source.published = later
    shares = infer_topics(later.state.phi_vk, later.state.alpha, source.data.counts)[:, 0]
    assert rows(finished(view, source)) == np.argsort(-shares, kind="stable")[:5].tolist()


def test_topics_of_documents_cost_eight_milliseconds_of_processor_time_a_second(monkeypatch):
    """However often a person who drags a slider has the panel drawn anew."""
    rng = np.random.default_rng(0)
    corpus = Corpus(rng.poisson(0.05, (3000, 2000)), [f"w{v}" for v in range(2000)])
    state = SimpleNamespace(phi_vk=rng.dirichlet(np.full(2000, 0.05), 64).T.astype(np.float32), alpha=0.1)
    source = still_session(published=Published(1, 1, state, {}), data=corpus)
    Documents().frame(source)  # compiles
    clock, spent = Clock(), []
    monkeypatch.setattr(allowance.time, "monotonic", clock)
    monkeypatch.setattr(documents, "infer_topics", timed(infer_topics, spent))
    view = Documents()
    for _ in range(60):
        clock.now += 1 / 20
        source.published = Published(1, 1, SimpleNamespace(**vars(state)), {})
        view.frame(source)
    assert documents.BUDGET_S < sum(spent) < 8 * documents.BUDGET_S, "of 60: three seconds, and what was left at first"


def test_a_topic_alone_takes_the_word_away_and_both_can_be_set():
    source, view = a_session(), Documents(topic=1, word="film")
    view.configure(source, topic=3)
    assert view.options == {"topic": 3, "word": "", "n_documents": 10}
    view.configure(source, word=" Film ")
    assert (view.options["topic"], view.options["word"]) == (3, "film")
    view.configure(source, n_documents=3)
    assert (view.options["word"], len(view.frame(source).header["items"])) == ("film", 3)


def test_topics_are_chosen_by_number_and_name():
    source, view = a_session(), Documents(topic=1)
    source.topic_names = {1: "horror"}
    view.frame(source)
    topic, *_ = view.settings(source)
    assert topic.choices == (0, 1, 2, 3)
    leaders = source.published.state.phi_vk.argmax(axis=0)
    assert topic.labels[1] == "1 horror"
    assert topic.labels[0] == f"0 {source.data.vocabulary[leaders[0]]}"
    assert view.title == "documents · horror"
    view.configure(source, topic=0)
    assert view.title == f"documents · 0 {source.data.vocabulary[leaders[0]]}"


def test_all_of_many_topics_are_named_in_turns(monkeypatch):
    monkeypatch.setattr(documents, "N_NAMED", 1)
    source, view = a_session(), Documents(topic=3)
    assert (view.title, view.settings(source)[0].labels) == ("documents · topic 3", ("0", "1", "2", "3"))
    words = [source.data.vocabulary[v] for v in source.published.state.phi_vk.argmax(axis=0)]
    view.frame(source)
    assert view.settings(source)[0].labels == (f"0 {words[0]}", "1", "2", f"3 {words[3]}")
    for _ in range(2):
        view.frame(source)
    assert view.settings(source)[0].labels == tuple(f"{topic} {word}" for topic, word in enumerate(words))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"topic": 4}, "topic takes one of 0, 1, 2, 3, got 4"),
        ({"topic": None}, "topic takes one of"),
        ({"word": "flim"}, "30 words of the vocabulary, got 'flim'; close to it: 'film', 'films'"),
        ({"word": "xyz"}, "got 'xyz'$"),
        ({"word": 3}, "word takes text"),
        ({"n_documents": 51}, "n_documents takes a whole number from 1 to 50, got 51"),
    ],
)
def test_options_that_are_not_allowed_change_nothing(options, message):
    source, view = a_session(), Documents(topic=1, word="war")
    before = dict(view.options)
    with pytest.raises(ValueError, match=message):
        view.configure(source, **options)
    assert view.options == before


def test_a_layout_is_checked_against_the_corpus():
    source = a_session()
    with pytest.raises(ValueError, match="close to it: 'film'"):
        Documents(word="filmz").check(source)
    with pytest.raises(ValueError, match="topic takes one of"):
        Documents(topic=9).check(source)
    with pytest.raises(ValueError, match="topic must be a topic from 0 to 3, got 9"):
        Documents(topic=9).frame(source)
    for options in ({"topic": None}, {"topic": -1}, {"word": None}):
        with pytest.raises(ValueError, match=r"topic|word"):
            Documents(**options)


def test_without_titles_or_labels_a_document_is_its_number():
    source = a_session(titles=False, labels=False)
    item = Documents().frame(source).header["items"][0]
    assert (item["title"], item["label"]) == (f"document {item['row']}", "")


def test_it_fits_topics_over_a_corpus_only():
    assert Documents.fits(a_session())
    assert Documents.offers(a_session()) == [("documents of a topic or a word", {})]
    assert not Documents.fits(still_session())
    assert Documents.offers(still_session()) == []
