"""Models a session can drive, each a scikit-learn estimator."""
