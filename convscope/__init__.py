"""ConvScope's command line: serve the app, train, evaluate, build the atlas."""

__version__ = "0.1.0"
