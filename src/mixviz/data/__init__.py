"""Text as word counts: :class:`~mixviz.data.corpus.Corpus` and ready-made corpora."""
