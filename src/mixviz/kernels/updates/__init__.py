"""The model update: one pass over words x topics that averages, applies the mixins, clips and renormalises."""
