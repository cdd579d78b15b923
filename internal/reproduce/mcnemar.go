package reproduce

import (
	"fmt"

	"gonum.org/v1/gonum/stat/distuv"
)

// differ counts the images that the first model has right and the second wrong, and
// the other way round.
func differ(first, second []bool) (better, worse int) {
	for i := range first {
		switch {
		case first[i] && !second[i]:
			better++
		case !first[i] && second[i]:
			worse++
		}
	}
	return better, worse
}

// mcnemar is the two-sided p-value of McNemar's exact test: how likely two equally
// good models are to differ by as much on the images that just one of them has
// right (Q. McNemar, Psychometrika 12(2), 1947). It is 1 where they differ in none.
func mcnemar(better, worse int) float64 {
	n := better + worse
	if n == 0 {
		return 1
	}
	return min(1, 2*distuv.Binomial{N: float64(n), P: 0.5}.CDF(float64(min(better, worse))))
}

func pValue(p float64) string {
	if p < 0.0001 {
		return "< 0.0001"
	}
	return fmt.Sprintf("%.4f", p)
}
