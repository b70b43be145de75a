"""Traffic from other platforms by their HTTP interfaces, page by page; killed anywhere, it resumes.

The HTTP client, the clock and the way to wait are passed in; nothing here knows the settings.
"""

from storage.pull.work import Outside, PullOrder, PullReport, check, due_names, pull

__all__ = ["Outside", "PullOrder", "PullReport", "check", "due_names", "pull"]
