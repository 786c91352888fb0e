"""Work that can wait does not wait in a request: one worker process does it."""
