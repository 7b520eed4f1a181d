"""Long work that takes its share of the processors at once, in every Python that has this folder on its path.

The app lets it wait for whatever else runs on the computer; here that are further tests, so that it would take minutes.
"""

from core import limits

limits.JOB_NICENESS = 0
