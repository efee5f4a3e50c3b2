"""What knows Hydra."""
