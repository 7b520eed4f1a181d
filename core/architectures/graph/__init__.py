"""Networks as traced graphs: operations, shapes, capture of activations, checkpointing, fused copies."""
