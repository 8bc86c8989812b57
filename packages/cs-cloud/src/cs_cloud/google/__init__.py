"""Google's services: their clients, their errors, their logs, and waiting for what they do."""
