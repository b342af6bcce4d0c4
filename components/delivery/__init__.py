"""The way from a commit to prod: pipelines, the builds they start, and what those may do."""
