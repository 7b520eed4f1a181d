"""What is kept between reruns and shared between visitors; each store is bounded and keyed by content."""
