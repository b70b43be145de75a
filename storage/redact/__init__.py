"""Taking out of texts what points at a person or opens a door, before anything is stored."""
