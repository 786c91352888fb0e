"""Outlook: the task pane's requests in, Adaptive Cards out."""
