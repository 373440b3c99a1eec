# Values for tests/inference/test_resampling.py. Needs the R package exactRankTests (0.8-35).
# Run: Rscript resampling.R > resampling.txt
suppressMessages(library(exactRankTests))
options(digits = 10)
cat("# two groups of whole numbers: permutation test of the difference\n")
a <- c(12, 15, 9, 20, 17, 14); b <- c(8, 11, 10, 7, 13)
print(perm.test(a, b, alternative = "greater", exact = TRUE)$p.value)
cat("# Darwin's maize (Fisher 1935, section 21): sign flip, one and two sides\n")
d <- c(49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48)
print(perm.test(d, rep(0, 15), paired = TRUE, alternative = "greater", exact = TRUE)$p.value)
print(perm.test(d, rep(0, 15), paired = TRUE, exact = TRUE)$p.value)
cat("# two proportions' intervals\n")
print(binom.test(9, 14)$conf.int); print(prop.test(9, 14, correct = FALSE)$conf.int)
