# Values for tests/models/test_dropout_oracles.py. Base R and survival; Firth's logit and Boschloo's test are written out
# from their definitions, so that nothing is shared with the packages that evalkit uses.
# Run: Rscript dropout.R > dropout.txt
suppressMessages(library(survival))
options(digits = 10)
cat("#", R.version.string, "; survival", as.character(packageVersion("survival")), "\n")

exact <- function(time, left, group) {
  chi <- function(g) if (length(unique(g)) < 2) 0 else survdiff(Surv(time, left) ~ g)$chisq
  seen <- chi(group)
  all <- combn(length(time), sum(group), function(i) chi(seq_along(time) %in% i))
  c(statistic = seen, p = mean(all >= seen - 1e-9), labellings = length(all))
}
time <- c(3, 3, 3, 4, 4, rep(6, 9)); left <- c(rep(1, 5), rep(0, 9))
cat("# exact log-rank: separation, one counterexample, ties everywhere (all leave after the same session)\n")
print(exact(time, left, rep(c(0, 1), each = 7)))
print(exact(time, left, c(1, rep(0, 7), rep(1, 6))))
print(exact(c(rep(3, 4), rep(6, 6)), c(rep(1, 4), rep(0, 6)), c(1, 0, 0, 0, 1, 1, 1, 1, 0, 0)))

# Firth 1993: maximise log L + log det(I)/2; p and interval by profile of the same.
penalised <- function(b, X, y) {
  p <- plogis(X %*% b); W <- as.vector(p * (1 - p))
  sum(y * log(p) + (1 - y) * log(1 - p)) + determinant(t(X) %*% (W * X))$modulus[1] / 2
}
firth <- function(x, y) {
  X <- cbind(1, x)
  best <- optim(c(0, 0), function(b) -penalised(b, X, y), method = "BFGS", control = list(reltol = 1e-15, maxit = 1000))
  profile <- function(b1) -optimize(function(b0) -penalised(c(b0, b1), X, y), c(-30, 30), tol = 1e-12)$objective
  top <- -best$value; drop <- qchisq(.95, 1) / 2
  ends <- c(uniroot(function(b) top - profile(b) - drop, c(best$par[2] - 20, best$par[2]), tol = 1e-10)$root,
            uniroot(function(b) top - profile(b) - drop, c(best$par[2], best$par[2] + 20), tol = 1e-10)$root)
  c(estimate = best$par[2], low = ends[1], high = ends[2], p = pchisq(2 * (top - profile(0)), 1, lower.tail = FALSE))
}
rows <- function(time, left, group) {  # a row per unit and session after which it could have left, from the first on
  do.call(rbind, lapply(seq_along(time), function(i) {
    k <- 1:(time[i] - 1); if (!left[i]) k <- 1:(time[i] - 1)
    data.frame(x = group[i], y = as.numeric(left[i] & k == time[i] - 1))
  }))
}
cat("# Firth's person-period logit: separation, one counterexample (log odds ratio, profile 95 %, likelihood ratio p)\n")
d <- rows(time, left, rep(c(0, 1), each = 7)); cat(nrow(d), "rows\n"); print(firth(d$x, d$y))
d <- rows(time, left, c(1, rep(0, 7), rep(1, 6))); cat(nrow(d), "rows\n"); print(firth(d$x, d$y))

cat("# Boschloo: twice the smaller one-sided p, each the maximum over the common probability\n")
boschloo <- function(x1, n1, x2, n2) {
  grid <- seq(1e-6, 1 - 1e-6, length.out = 20001)
  one <- function(side) {
    f <- outer(0:n1, 0:n2, Vectorize(function(a, b)
      phyper(if (side > 0) a - 1 else a, n1, n2, a + b, lower.tail = side < 0)))
    inside <- f <= f[x1 + 1, x2 + 1] + 1e-12
    max(sapply(grid, function(p) sum((dbinom(0:n1, n1, p) %o% dbinom(0:n2, n2, p))[inside])))
  }
  min(1, 2 * min(one(1), one(-1)))
}
print(c(boschloo(5, 7, 0, 7), boschloo(4, 7, 1, 7), boschloo(2, 9, 3, 5)))

cat("# Westfall-Young step-down minP over all 5040 permutations of 7 units, three judgements\n")
t7 <- c(2, 2, 3, 4, 6, 6, 6); l7 <- c(1, 1, 1, 1, 0, 0, 0)
v <- cbind(c(0, 0, 0, 0, 1, 1, 1), c(0, 1, 0, 1, 1, 1, 0), c(1, 0, 0, 1, 0, 1, 0))
perms <- function(n) if (n == 1) matrix(1) else { s <- perms(n - 1); do.call(rbind, lapply(1:n, function(i) cbind(i, s + (s >= i)))) }
P <- perms(7)
chi <- function(g) survdiff(Surv(t7, l7) ~ g)$chisq
S <- apply(v, 2, function(col) { keys <- apply(P, 1, function(o) paste(col[o], collapse = "")); u <- unique(keys)
  w <- sapply(u, function(k) chi(as.numeric(strsplit(k, "")[[1]]))); w[keys] })
own <- which(apply(P, 1, function(o) all(o == 1:7)))
raw <- apply(round(S, 9), 2, function(s) { o <- sort(s); (length(s) - findInterval(s, o, left.open = TRUE)) / length(s) })
p <- raw[own, ]; o <- order(p); adjusted <- numeric(3); top <- 0
for (k in seq_along(o)) { m <- apply(raw[, o[k:3], drop = FALSE], 1, min); top <- max(top, mean(m <= p[o[k]] + 1e-12)); adjusted[o[k]] <- top }
print(rbind(p, adjusted))
cat("# 9 of 14 completed: Clopper-Pearson\n"); print(binom.test(9, 14)$conf.int[1:2])
