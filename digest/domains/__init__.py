"""What DNS publishes about the domains that send: SPF, DKIM, DMARC, and mail hosts."""
