"""Accessibility: whether everybody can read it (WCAG 2.2, as far as a mail allows)."""
