# Values for tests/models/test_ordinal.py. Needs the R package ordinal (2022.11-16), whose data `wine` is Randall's.
# Run: Rscript ordinal.R > ordinal.txt
suppressMessages(library(ordinal))
wine <- ordinal::wine
options(digits = 10)

cat("# cumulative logit without random effect\n")
fixed <- clm(rating ~ temp + contact, data = wine)
print(coef(summary(fixed))); print(logLik(fixed)); print(confint(fixed))

cat("# random intercept for judge, adaptive Gauss-Hermite with 10 nodes\n")
mixed <- clmm(rating ~ temp + contact + (1 | judge), data = wine, nAGQ = 10)
print(coef(summary(mixed))); print(logLik(mixed)); print(attr(VarCorr(mixed)$judge, "stddev"))
print(ranef(mixed)$judge); print(condVar(mixed)$judge)

cat("# profile limits: where the log likelihood with the coefficient held by offset() has fallen by qchisq(.95, 1) / 2\n")
held <- function(b, what) {
  wine$off <<- b * (if (what == "temp") wine$temp == "warm" else wine$contact == "yes")
  rest <- if (what == "temp") rating ~ offset(off) + contact + (1 | judge) else rating ~ offset(off) + temp + (1 | judge)
  as.numeric(logLik(clmm(rest, data = wine, nAGQ = 10)))
}
floor <- as.numeric(logLik(mixed)) - qchisq(.95, 1) / 2
for (what in c("temp", "contact")) {
  b <- coef(mixed)[[if (what == "temp") "tempwarm" else "contactyes"]]
  f <- function(x) held(x, what) - floor
  cat(what, uniroot(f, c(b - 3, b), tol = 1e-8)$root, uniroot(f, c(b, b + 4), tol = 1e-8)$root, "\n")
}
