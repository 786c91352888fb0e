"""A vocabulary of cards and its two renderers: Google Workspace card JSON and Adaptive Card 1.5 JSON. Standard library only."""
