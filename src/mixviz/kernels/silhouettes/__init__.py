"""Silhouettes from sums of distances to clusters, and how these sums change with the clusters."""
