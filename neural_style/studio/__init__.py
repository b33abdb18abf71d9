"""The studio: style transfer on a page in the browser."""
