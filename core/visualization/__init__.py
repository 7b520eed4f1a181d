"""What a network computes from one picture: activations and what can be read from them."""
