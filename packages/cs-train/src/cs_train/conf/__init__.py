"""The configuration files; Hydra finds them here, inside the installed package."""
