"""The work of people: form, queue, draw, assignment, label, report."""
