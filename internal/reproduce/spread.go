package reproduce

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// precision is how exactly a number is printed: in significant digits or, where that
// is 0, in decimals.
type precision struct{ digits, decimals int }

// of is a number alone.
func (p precision) of(x float64) string { return strconv.FormatFloat(x, 'f', p.decimalsOf(x), 64) }

// decimalsOf is how many decimals a number has, at least.
func (p precision) decimalsOf(x float64) int {
	if p.digits == 0 {
		return p.decimals
	}
	return max(0, significant(x, p.digits))
}

// significant is how many decimals show so many significant digits of a number, less
// than 0 where some of these stand before the point; 0 of a number that has none.
func significant(x float64, digits int) int {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return 0
	}
	_, exponent, _ := strings.Cut(strconv.FormatFloat(x, 'e', digits-1, 64), "e") // rounded: 9.96 has one digit more than 9.94
	n, err := strconv.Atoi(exponent)
	if err != nil {
		panic("reproduce: " + err.Error())
	}
	return digits - 1 - n
}

// mostMore bounds the decimals that a deviation adds: a smaller one is of no
// consequence, in the end that of sums in another order.
const mostMore = 3

// spread is the mean and the deviation of what is known, both with as many decimals:
// those of the mean's own precision, and as many more as show two significant digits of
// the deviation.
func (q quantity) spread(x []float64) string {
	switch len(x) {
	case 0:
		return "–"
	case 1:
		return q.form.of(q.times*x[0]) + q.unit
	}
	mean, deviation := stat.MeanStdDev(x, nil)
	mean, deviation = q.times*mean, q.times*deviation
	decimals := q.form.decimalsOf(mean)
	if more := significant(deviation, 2); more <= decimals+mostMore {
		decimals = max(decimals, more)
	}
	return fmt.Sprintf("%.*f%s ± %.*f", decimals, mean, q.unit, decimals, deviation)
}
