"""One module for each command of `cs-cloud`; what is slow to import, they import when they run."""
