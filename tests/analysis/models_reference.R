# Numbers for test_models_by_r.py: independence tests and models that the shared reference does not hold.
# Run in the folder of the reference data: Rscript models_reference.R > models_reference.json   (R survey 4.1.1)
suppressMessages(library(survey)); options(digits = 15)
ent <- read.csv("a_ent.csv", fileEncoding = "UTF-8"); group <- read.csv("a_group.csv", fileEncoding = "UTF-8")
enterprises <- svydesign(ids = ~1, strata = ~stratum, weights = ~w, fpc = ~N_h, data = ent)
groups <- svydesign(ids = ~group_id + branch_id, strata = ~stratum, weights = ~w, fpc = ~fpc1 + fpc2, data = group)
J <- function(x) paste0("[", paste(sprintf("%.15g", x), collapse = ", "), "]")
out <- list(); add <- function(name, ...) out[[length(out) + 1]] <<- sprintf('"%s": {%s}', name, paste(sprintf('"%s": %s', names(list(...)), vapply(list(...), J, "")), collapse = ", "))
tests <- list(list("ent-industry", ~y_any + industry, enterprises), list("ent-domain", ~y_agent + size, subset(enterprises, exporter == "Y")),
              list("group-sector", ~y_any + sector, groups))
for (t in tests) for (s in c("F", "Chisq", "Wald", "adjWald")) {
  r <- svychisq(t[[2]], t[[3]], statistic = s)
  add(paste0(t[[1]], "-", s), statistic = as.vector(r$statistic), parameter = as.vector(r$parameter), p_value = as.vector(r$p.value))
}
tight <- glm.control(epsilon = 1e-14, maxit = 200)
model <- function(name, formula, design, family) {
  m <- svyglm(formula, design = design, family = family, control = tight)
  add(name, estimate = coef(m), se = sqrt(diag(vcov(m))), df = m$df.residual)
  m
}
m <- model("poisson", emp ~ factor(size) + exporter, enterprises, quasipoisson())
m <- model("poisson-offset", y_any ~ factor(size) + offset(log(emp)), enterprises, quasipoisson())
m <- model("probit", y_any ~ exporter * size, enterprises, quasibinomial(link = "probit"))
m <- model("cloglog-domain", y_any ~ exporter + log(emp), subset(enterprises, size != "L"), quasibinomial(link = "cloglog"))
m <- model("gamma-log", emp ~ exporter + size, enterprises, Gamma(link = "log"))
m <- model("gaussian-group", score ~ size2 + sector, groups, gaussian())
for (method in "JKn") {
  r <- as.svrepdesign(enterprises, type = method, mse = TRUE)
  m <- svyglm(y_any ~ exporter, design = r, family = quasibinomial(), control = tight)
  add(paste0("logit-", method), estimate = coef(m), se = sqrt(diag(vcov(m))), df = m$df.residual)
}
cat("{\n", paste(out, collapse = ",\n"), "\n}\n")
