"""What runs on this machine: jobs and image builds in containers, and what they need."""
