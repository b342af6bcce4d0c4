"""`make bench`: measures what the project promises about its own speed and size."""
