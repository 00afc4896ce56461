"""What DNS says of the domains in our mail: SPF, DKIM, DMARC, and where bounces go."""
