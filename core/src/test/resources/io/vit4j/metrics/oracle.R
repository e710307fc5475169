# Writes delong.json: what pROC makes of delong.csv. Run in this folder: Rscript oracle.R
suppressMessages(library(pROC))
data <- read.csv("delong.csv")
number <- function(x) sprintf("%.17g", as.numeric(x))
rows <- c()
for (label in unique(data$label)) {
  d <- data[data$label == label, ]
  a <- roc(d$truth, d$first, levels = c(0, 1), direction = "<", quiet = TRUE)
  b <- roc(d$truth, d$second, levels = c(0, 1), direction = "<", quiet = TRUE)
  ci <- ci.auc(a, method = "delong")
  test <- roc.test(a, b, method = "delong", paired = TRUE)
  rows <- c(rows, sprintf(
    '{"label": "%s", "auc": %s, "variance": %s, "low": %s, "high": %s, "second": %s, "z": %s, "p": %s, "difference_low": %s, "difference_high": %s}',
    label, number(auc(a)), number(var(a, method = "delong")), number(ci[1]), number(ci[3]), number(auc(b)),
    number(test$statistic), number(test$p.value), number(test$conf.int[1]), number(test$conf.int[2])))
}
writeLines(sprintf('{"made_by": "%s, pROC %s", "rows": [\n%s\n]}', R.version.string, packageVersion("pROC"),
                   paste(rows, collapse = ",\n")), "delong.json")
