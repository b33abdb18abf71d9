"""The optimizers by name."""

from __future__ import annotations

from neural_style.optimizers.adam import adam
from neural_style.optimizers.lbfgs import lbfgs
from neural_style.optimizers.tfp import tfp_lbfgs

OPTIMIZERS = {"lbfgs": lbfgs, "adam": adam, "tfp_lbfgs": tfp_lbfgs}
