"""Ways out: SMTP, a folder, memory. All pass one contract suite."""
