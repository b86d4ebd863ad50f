"""Text that others wrote, made harmless for one kind of reader each. Text for a terminal: flowreport.text."""
