"""The parts of the soak test; see ../README.md."""
