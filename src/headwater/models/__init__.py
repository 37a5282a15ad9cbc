"""Estimators behind one door, and the honest measuring of what they promise."""
