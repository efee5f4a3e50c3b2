"""What owns a run folder while it is filled."""
