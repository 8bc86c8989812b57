"""Reads YAML that is sent to an API: what the API does not know is told with file and line."""
