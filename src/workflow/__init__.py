"""The analysis with a human in the loop: its stages, their storage, and the face above both."""
