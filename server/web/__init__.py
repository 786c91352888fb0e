"""What is served over HTTP: the sidebar's one pipeline, the task pane's files, health, and the playground."""
