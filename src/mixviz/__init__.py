"""Steer a model while it trains, from a notebook cell."""
