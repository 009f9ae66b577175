# Numbers for test_small_area.py: the area model fitted by metafor 3.8-1 (PM is the method of moments of Fay and
# Herriot). Its blup() has g1 + g2 as its squared error.  Rscript small_area_reference.R > small_area_reference.json
suppressMessages(library(metafor)); options(digits = 15)
y <- c(12.1, 9.4, 15.8, 11.2, 18.9, 7.3, 14.4, 10.8, 16.1, 13.0, 9.9, 20.3)
x <- c(3, 2, 5, 3, 7, 1, 5, 2, 6, 4, 3, 7)
d <- c(1.2, 0.5, 2.4, 0.9, 3.1, 0.4, 1.8, 0.7, 2.2, 1.5, 0.6, 2.9)
J <- function(v) paste0("[", paste(sprintf("%.15g", v), collapse = ", "), "]")
part <- function(method, share) {
  r <- rma(y, d * share, mods = ~x, method = method, control = list(threshold = 1e-14, tol = 1e-14, maxiter = 10000))
  b <- blup(r)
  sprintf('"%s-%g": {"variance": [%.15g], "beta": %s, "beta_se": %s, "eblup": %s, "g1_g2": %s}', method, share, r$tau2, J(r$beta), J(r$se), J(b$pred), J(b$se^2))
}
made <- c(); for (share in c(1, 0.25)) for (method in c("REML", "ML", "PM")) made <- c(made, part(method, share))
cat("{\n", paste(made, collapse = ",\n"), "\n}\n")
