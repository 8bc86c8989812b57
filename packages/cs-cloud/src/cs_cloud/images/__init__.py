"""Training images: building them in Cloud Build, what became of builds, what a tag means."""
