"""The team's shared state; the only package that speaks to Redis."""
