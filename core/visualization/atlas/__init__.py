"""The atlas: a synthetic image of every channel of the tiny networks, computed beforehand."""
