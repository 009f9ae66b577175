"""Proofs with z3 that a questionnaire can be answered: every question reached, no check contradictory, none idle."""

from __future__ import annotations

from forms.proof.prove import prove as prove
from forms.proof.report import Conclusion as Conclusion
from forms.proof.report import Proof as Proof
from forms.proof.witness import reaching as reaching

__all__ = ["Conclusion", "Proof", "prove", "reaching"]
