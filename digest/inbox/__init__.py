"""The built-in inbox: takes mail over SMTP on loopback, keeps it in a folder, reads it back."""
