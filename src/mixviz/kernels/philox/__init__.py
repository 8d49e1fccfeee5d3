"""Counter-based random bits: Philox4x32-10 (Salmon et al., SC 2011, table 2)."""
