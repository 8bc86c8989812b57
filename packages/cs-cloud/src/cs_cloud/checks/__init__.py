"""Look, before a job is sent, at everything in the cloud that would make it fail later."""
