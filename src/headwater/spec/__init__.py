"""What a user declares: frozen values that carry their line and are checked together later."""
