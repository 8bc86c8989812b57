"""Training jobs until they are sent: job file, experiment, plan, and sending each once."""
