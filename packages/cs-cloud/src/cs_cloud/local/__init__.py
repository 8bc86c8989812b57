"""Run jobs and build images on this machine, and check what that needs."""
