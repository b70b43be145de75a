"""One file per part of a page: what a report says in, markup out. Pure."""
