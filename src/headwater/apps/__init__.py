"""Shells: each parses, calls one function of `runtime`, and renders what comes back."""
