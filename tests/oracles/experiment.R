# Values for tests/models/test_experiment_oracles.py. Base R only.
# Run: Rscript experiment.R > experiment.txt
options(digits = 10)
cat("#", R.version.string, "\n")
d <- c(.5, .25, 0, 1, .75, .5, -.25, .5, .75); control <- c(1, .5, 1.25, .75)
limits <- function(tau, k) mean(d) + c(-1, 1) * qt(.95, 8) * sqrt(var(d) / 9 + tau^2 * (1 + 1 / k))
cat("# one-sided 95 % limits of the mean difference; tau = 0, .15, .25; 3 sessions after\n")
print(rbind(limits(0, 3), limits(.15, 3), limits(.25, 3)))
cat("# with four controls: Welch, 90 % two-sided, and its df\n")
w <- t.test(d, control, conf.level = .90); print(c(w$conf.int[1:2], df = unname(w$parameter)))
cat("# smallest detectable harm, 80 % power: power.t.test, one sample, one-sided\n")
print(power.t.test(n = 9, sd = sd(d), power = .8, type = "one.sample", alternative = "one.sided", tol = 1e-10)$delta)
cat("# differential harm of 7 units: carried minus other, one-sided 95 % limits of minus the mean\n")
carried <- c(.5, 0, 1, .25, .75, 0, .5); other <- c(1, .5, 1, 1, .75, .5, .25); x <- carried - other
print(-mean(x) + c(-1, 1) * qt(.95, 6) * sd(x) / sqrt(7))
cat("# permutation of 2 carried among 6 tools, one-sided (carried lower)\n")
tools <- c(.2, .35, .9, .6, .75, .5)
all <- combn(6, 2, function(i) mean(tools[i]) - mean(tools[-i])); print(mean(all <= mean(tools[1:2]) - mean(tools[3:6]) + 1e-12))
cat("# three supervisors of nine units: limits over the groups' means\n")
g <- tapply(d, rep(1:3, each = 3), mean); print(mean(g) + c(-1, 1) * qt(.95, 2) * sd(g) / sqrt(3))
cat("# tipping points at margin .5, gain at most .6, tau 0, 12 units enrolled of which 3 unseen: delta = (m + limit - G) / share\n")
l <- limits(0, 3); share <- 3 / 12
print(c((.5 + l[1] - .6) / share, (.5 + l[2]) / share))
cat("# three supervised units against six others: one-sided 95 % limits of harm by inversion of the permutation test\n")
a <- c(-.5, -.25, -.6); b <- c(0, .1, .5, .25, -.1, .4)
p <- function(theta) {  # one-sided p of "the shift is above theta", over all 84 labellings
  x <- c(a - theta, b); seen <- mean(x[1:3]) - mean(x[4:9])
  mean(combn(9, 3, function(i) mean(x[i]) - mean(x[-i])) >= seen - 1e-12)
}
thetas <- round(seq(-1.5, 0.5, by = .001), 7)
above <- thetas[min(which(sapply(thetas, p) > .05))]  # the lower limit of the shift, to the grid
q <- function(theta) { x <- c(a - theta, b); seen <- mean(x[1:3]) - mean(x[4:9])
  mean(combn(9, 3, function(i) mean(x[i]) - mean(x[-i])) <= seen + 1e-12) }
below <- thetas[max(which(sapply(thetas, q) > .05))]
print(c(-below, -above)); print(q(0))
cat("# a tenth of a unit at the end of the scale -1 to 1: one-sided 95 % limits of a mean of nine\n")
y <- c(0, 0, -1, 0, 1/3, 0, -1/3, 0, 0)
end <- function(bound, side) {
  w <- c(rep(1, 9), .1); z <- c(y, bound); m <- weighted.mean(z, w)
  m + side * qt(.95, 8) * sqrt(sum(w * (z - m)^2) / (sum(w) - 1) / sum(w))
}
print(c(end(-1, -1), end(1, 1)))
