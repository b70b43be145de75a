"""What needs the real data is collected where there is some."""

import os

collect_ignore = [] if os.environ.get("GOLDLOOP_DATA") else ["test_reference_failures.py"]
