"""Where live cells come from: folders of growing files, lines, POSTs, Redis Streams."""
