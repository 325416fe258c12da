"""Pages in Markdown, LaTeX and HTML."""
