"""Data that comes along or is public: sample images, digits, generated shapes, CIFAR-10, Fashion-MNIST."""
