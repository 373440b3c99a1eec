# Values for tests/models/test_survival.py. Needs the R packages survival, cmprsk and bpcp (1.4.2).
# Run: Rscript survival.R > survival.txt
suppressMessages({library(survival); library(cmprsk); library(bpcp)})
options(digits = 10)

cat("# leukaemia (Freireich et al. 1963), 6-MP arm: survfit\n")
mp <- c(6,6,6,6,7,9,10,10,11,13,16,17,19,20,22,23,25,32,32,34,35)
me <- c(1,1,1,0,1,0,1,0,0,1,1,0,0,0,1,1,0,0,0,0,0)
pl <- c(1,1,2,2,3,4,4,5,5,8,8,8,8,11,11,12,12,15,17,22,23)
print(summary(survfit(Surv(mp, me) ~ 1), times = c(6, 7, 10, 23))$surv)
print(survdiff(Surv(c(mp, pl), c(me, rep(1, 21))) ~ rep(1:2, each = 21))$chisq)

cat("# aml: medians and log-rank\n")
print(summary(survfit(Surv(time, status) ~ x, data = aml))$table[, "median"])
print(survdiff(Surv(time, status) ~ x, data = aml)$chisq)

# A unit censored at t was seen at t; bpcp lets it go just before, so its censoring is put half a step later.
limits <- function(time, status, at) {
  fit <- bpcp(ifelse(status == 1, time, time + .5), status)
  t(sapply(at, function(s) { i <- max(which(fit$L <= s)); c(s, fit$surv[i], fit$lower[i], fit$upper[i]) }))
}
cat("# beta product, 6-MP arm: time, survival, lower, upper (method of moments)\n")
print(limits(mp, me, c(1, 6, 7, 9, 10, 16, 22, 23, 32, 35)))
cat("# beta product, discrete sessions with ties and censoring\n")
print(limits(c(1,2,2,2,3,3,4,4,5,6,6,6), c(1,1,0,1,1,0,1,0,0,1,0,0), 1:6))

cat("# cumulative incidence: time, estimate, variance\n")
ti <- c(2,3,3,4,5,6,6,2,3,4); ca <- c(1,1,2,1,2,0,0,0,1,0)
ci <- cuminc(ti, ca)
print(timepoints(ci, c(2, 3, 4, 5)))
