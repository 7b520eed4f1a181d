"""What a visitor chooses with: settings, images, models, layers, classes, steps."""
