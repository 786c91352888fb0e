"""The add-on manifests of both hosts and what builds them."""
