"""Paper copies: a questionnaire as a document to print, and its conditions as sentences."""

from __future__ import annotations

from forms.paper.document import render_paper
from forms.paper.returns import render_return
from forms.paper.sentences import say_condition

__all__ = ["render_paper", "render_return", "say_condition"]
