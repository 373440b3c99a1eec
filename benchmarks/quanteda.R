# tokens() and tokens_lookup() on one segment a line, with a dictionary of "key<TAB>pattern"; prints one JSON line.
suppressPackageStartupMessages(library(quanteda))
quanteda_options(threads = 1)
arguments <- commandArgs(trailingOnly = TRUE)
segments <- readLines(arguments[1], encoding = "UTF-8")
entries <- read.delim(arguments[2], header = FALSE, quote = "", encoding = "UTF-8", col.names = c("key", "pattern"))
rules <- dictionary(split(entries$pattern, entries$key), tolower = TRUE)
warm <- tokens_lookup(tokens("Vi tog st\u00e4llning."), rules, valuetype = "glob")
used <- system.time({
    words <- tokens(segments)
    found <- tokens_lookup(words, rules, valuetype = "glob", case_insensitive = TRUE)
})
seconds <- unname(used["user.self"] + used["sys.self"])
cat(sprintf('{"case": "quanteda", "seconds": %.3f, "matches": %d}\n', seconds, sum(ntoken(found))))
