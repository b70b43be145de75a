"""Every read and write, one named function each, by noun; none of them commits."""
