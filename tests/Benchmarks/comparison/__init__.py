"""Runs BitTorrent clients over the same work and compares what that takes."""
