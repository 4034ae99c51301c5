"""Native files of impedance analysers."""
