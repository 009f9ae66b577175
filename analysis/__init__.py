"""What it means: sample designs, estimates with honest standard errors, verdicts; tables in, tables out."""

from __future__ import annotations

import importlib
from typing import Any

# Public name -> the module that defines it, read on first use: `import analysis` loads neither pandas nor scipy.
_EXPORTS: dict[str, str] = {
    "Component": "analysis.joint",
    "DatabaseTable": "analysis.databases",
    "DesignPlan": "analysis.plan",
    "EstimateTables": "analysis.stages",
    "Estimates": "analysis.estimates",
    "Expr": "analysis.design",
    "Imputed": "analysis.imputation",
    "IndependenceTest": "analysis.independence",
    "Indicator": "analysis.indicators",
    "Model": "analysis.models",
    "PostStrata": "analysis.design",
    "Pps": "analysis.pps",
    "Precision": "analysis.allocation",
    "ReplicateTable": "analysis.replicate_table",
    "ReplicateWeights": "analysis.design",
    "SmallAreas": "analysis.smallarea",
    "Survey": "analysis.survey",
    "SurveyDesign": "analysis.design",
    "Target": "analysis.targets",
    "Weighed": "analysis.weighting",
    "all_of": "analysis.composites",
    "allocate": "analysis.allocation",
    "any_of": "analysis.composites",
    "assess_targets": "analysis.assessing",
    "combine_imputations": "analysis.rubin",
    "counts": "analysis.estimators",
    "draw": "analysis.drawing",
    "estimate": "analysis.stages",
    "fay_herriot": "analysis.smallarea",
    "glm": "analysis.models",
    "impute": "analysis.imputation",
    "inclusion_probabilities": "analysis.allocation",
    "independence_test": "analysis.independence",
    "index": "analysis.composites",
    "jointly": "analysis.joint",
    "load_indicators": "analysis.indicators",
    "load_plan": "analysis.plan",
    "load_targets": "analysis.targets",
    "mean": "analysis.estimators",
    "penetration": "analysis.rates",
    "proportion": "analysis.estimators",
    "proportion_interval": "analysis.intervals",
    "proportions": "analysis.estimators",
    "quantile": "analysis.quantiles",
    "ratio": "analysis.estimators",
    "sample_size_proportion": "analysis.allocation",
    "total": "analysis.estimators",
    "variance": "analysis.dispersion",
    "weigh": "analysis.weighting",
}

__all__ = sorted(_EXPORTS)


def __getattr__(name: str) -> Any:
    module = _EXPORTS.get(name)
    if module is None:
        raise AttributeError(f'module "analysis" has no name "{name}"')
    return getattr(importlib.import_module(module), name)


def __dir__() -> list[str]:
    return sorted(_EXPORTS)
