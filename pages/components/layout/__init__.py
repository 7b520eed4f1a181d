"""Parts of a page: messages, tiles, bars, reports, downloads."""
