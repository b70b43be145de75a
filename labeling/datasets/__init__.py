"""Datasets: from labels to a benchmark that stays what it is."""
