"""Tests; also `python -m tests.chromium` (finds a browser) and `python -m tests.bench` (measures)."""
