package units

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// scale is one unit of a quantity for printing: 10^exp base units, used for
// values of 10^from base units and more.
type scale struct {
	name      string
	exp, from int
}

var (
	timeScales = []scale{{"s", 15, 15}, {"ms", 12, 12}, {"µs", 9, 9}, {"ns", 6, 6}, {"ps", 3, 3}, {"fs", 0, 0}}

	energyScales = []scale{{"J", 18, 18}, {"mJ", 15, 15}, {"µJ", 12, 12}, {"nJ", 9, 9}, {"pJ", 6, 6}, {"fJ", 3, 3}, {"aJ", 0, 0}}

	powerScales = []scale{{"W", 12, 12}, {"mW", 9, 9}, {"µW", 6, 6}, {"nW", 3, 3}, {"pW", 0, 0}}

	areaScales = []scale{{"mm²", 12, 10}, {"µm²", 6, 6}, {"nm²", 0, 0}}

	frequencyScales = []scale{{"GHz", 9, 9}, {"MHz", 6, 6}, {"kHz", 3, 3}, {"Hz", 0, 0}}
)

// String is the time for a reader, to four significant digits: "1.6 µs".
func (t Time) String() string { return format(int64(t), timeScales) }

// String is the energy for a reader, to four significant digits: "12.5 pJ".
func (e Energy) String() string { return format(int64(e), energyScales) }

// String is the power for a reader, to four significant digits: "24.08 mW".
func (p Power) String() string { return format(int64(p), powerScales) }

// String is the area for a reader, to four significant digits: in square
// millimetres from 0.01 mm² on ("0.3723 mm²"), else in µm² or nm².
func (a Area) String() string { return format(int64(a), areaScales) }

// String is the frequency for a reader, to four significant digits: "1.28 GHz".
func (f Frequency) String() string { return format(int64(f), frequencyScales) }

// Nanoseconds is the time in ns, for a column of that unit: the float64
// nearest to the exact value (of the time rounded to 53 bits).
func (t Time) Nanoseconds() float64 { return float64(t) / 1e6 }

// Picojoules is the energy in pJ, for a column of that unit.
func (e Energy) Picojoules() float64 { return float64(e) / 1e6 }

// Milliwatts is the power in mW, for a column of that unit.
func (p Power) Milliwatts() float64 { return float64(p) / 1e9 }

// SquareMillimetres is the area in mm², for a column of that unit.
func (a Area) SquareMillimetres() float64 { return float64(a) / 1e12 }

// Joules is an energy in joules as text, as Energy writes it, and beyond what an
// Energy holds in plain joules.
func Joules(j float64) string {
	if j < 1 {
		return Energy(math.RoundToEven(j * 1e18)).String()
	}
	return fmt.Sprintf("%.4g J", j)
}

// format rounds v to four significant digits, half to even, and then chooses
// the unit, so that 999.96 ns is "1 µs" and never "1000 ns".
func format(v int64, scales []scale) string {
	if v == 0 {
		return "0 " + scales[0].name
	}
	sign, u := "", uint64(v)
	if v < 0 {
		sign, u = "-", -u
	}
	u = roundTo4(u)
	for _, s := range scales {
		if u >= pow10(s.from) {
			return sign + point(u, s.exp) + " " + s.name
		}
	}
	panic("units: the last scale must start at one base unit")
}

// roundTo4 keeps the first four digits of u. The largest result, 9223·10^15,
// fits.
func roundTo4(u uint64) uint64 {
	unit := uint64(1)
	for u/unit >= 10000 {
		unit *= 10
	}
	q, r := u/unit, u%unit
	if 2*r > unit || 2*r == unit && q&1 == 1 {
		q++
	}
	return q * unit
}

func pow10(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

// point is u / 10^exp in decimal, without trailing zeros.
func point(u uint64, exp int) string {
	whole, frac := u/pow10(exp), u%pow10(exp)
	text := strconv.FormatUint(whole, 10)
	if frac == 0 {
		return text
	}
	// The leading 1 keeps the zeros after the point: 10^exp + frac.
	digits := strconv.FormatUint(pow10(exp)+frac, 10)[1:]
	return text + "." + strings.TrimRight(digits, "0")
}
