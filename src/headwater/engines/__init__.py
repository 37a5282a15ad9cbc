"""What computes a plan: on one machine with the compiled passes."""
