"""Read YAML for an API strictly: whatever the API does not know is an error with file and line."""
