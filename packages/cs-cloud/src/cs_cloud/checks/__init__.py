"""Check, before a job is sent, everything in the cloud that would make it fail later."""
