"""A real browser judges the portal's pages: Debian's chromium, driven by Playwright."""
