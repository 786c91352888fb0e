"""The service behind both sidebars: one Flask application, one worker, one Redis."""
