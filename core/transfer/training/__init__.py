"""Strategies of transfer learning: linear probe, SVM, fine-tuning, from scratch."""
