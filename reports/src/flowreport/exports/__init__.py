"""A run as other tools read it: one file per format, each a pure function from a run to text.

Every value is that of one trial, so that a reader can do its own statistics, unless the format has room for one number
only. A case that is not ok has no numbers anywhere; where a format can say so, it says why.
"""
