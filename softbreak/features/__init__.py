"""What a half-cycle, a voltammogram or a spectrum says, in numbers."""
