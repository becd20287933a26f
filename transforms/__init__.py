"""How one thing becomes the next: one module per step, pure functions first, their PTransform last."""
