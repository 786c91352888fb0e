"""What the service costs and what it survives, measured against the real thing: `python -m tests.bench`."""
