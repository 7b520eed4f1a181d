"""Jobs as a page shows them: observed, played, downloaded, computed piece by piece."""
