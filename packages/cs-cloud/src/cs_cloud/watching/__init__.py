"""Training jobs that were sent: finding and describing them, their logs, and why one failed."""
