"""What is asked of Google: the open mail."""
