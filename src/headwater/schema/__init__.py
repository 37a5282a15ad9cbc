"""Types, durations and clocks: the words that all other layers speak."""
