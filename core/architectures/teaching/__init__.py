"""Material for lessons: gradient flow, design comparisons, quiz questions."""
