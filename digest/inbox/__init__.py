"""The built-in inbox: receives mail by SMTP on loopback, stores it in a folder, reads it back."""
