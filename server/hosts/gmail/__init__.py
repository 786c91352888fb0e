"""Gmail's side panel: a Google Workspace add-on over HTTP."""
