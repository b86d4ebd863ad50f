"""Charts: matplotlib figures turned into inline SVG that follows the page's colours."""
