package units

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// quantity is what a unit measures, with the words that an error needs.
type quantity struct {
	name    string // with its article
	example string
	largest string
	least   string
}

var (
	timeQuantity      = &quantity{"a time", "100ns", "9223s", "1fs"}
	energyQuantity    = &quantity{"an energy", "1.6pJ", "9.223J", "1aJ"}
	powerQuantity     = &quantity{"a power", "2mW", "9223372W", "1pW"}
	areaQuantity      = &quantity{"an area", "1200um2", "9223372mm2", "1nm2"}
	frequencyQuantity = &quantity{"a frequency", "1.28GHz", "9223372036GHz", "1Hz"}
)

// unitNames are the units that text may carry, in ASCII: "µ" is read as "u"
// and "²" as "2". A unit is 10^exp of its quantity's base unit.
var unitNames = []struct {
	name string
	of   *quantity
	exp  int
}{
	{"fs", timeQuantity, 0}, {"ps", timeQuantity, 3}, {"ns", timeQuantity, 6},
	{"us", timeQuantity, 9}, {"ms", timeQuantity, 12}, {"s", timeQuantity, 15},
	{"aJ", energyQuantity, 0}, {"fJ", energyQuantity, 3}, {"pJ", energyQuantity, 6}, {"nJ", energyQuantity, 9},
	{"uJ", energyQuantity, 12}, {"mJ", energyQuantity, 15}, {"J", energyQuantity, 18},
	{"pW", powerQuantity, 0}, {"nW", powerQuantity, 3}, {"uW", powerQuantity, 6},
	{"mW", powerQuantity, 9}, {"W", powerQuantity, 12},
	{"nm2", areaQuantity, 0}, {"um2", areaQuantity, 6}, {"mm2", areaQuantity, 12},
	{"Hz", frequencyQuantity, 0}, {"kHz", frequencyQuantity, 3},
	{"MHz", frequencyQuantity, 6}, {"GHz", frequencyQuantity, 9},
}

// ParseTime reads a time such as "100ns", "1.6 µs" or "1e-3s": a decimal
// number, at most one blank and one of fs, ps, ns, us, µs, ms, s. The value is
// exact and rounded once, half to even, to a femtosecond. A missing, unknown
// or foreign unit, a negative value, one that does not fit and one that is not
// zero but rounds to zero are errors that say what was wanted.
func ParseTime(s string) (Time, error) {
	v, err := parse(s, timeQuantity)
	return Time(v), err
}

// ParseEnergy reads an energy in aJ, fJ, pJ, nJ, uJ, µJ, mJ or J as ParseTime
// reads a time, rounded to an attojoule.
func ParseEnergy(s string) (Energy, error) {
	v, err := parse(s, energyQuantity)
	return Energy(v), err
}

// ParsePower reads a power in pW, nW, uW, µW, mW or W as ParseTime reads a
// time, rounded to a picowatt.
func ParsePower(s string) (Power, error) {
	v, err := parse(s, powerQuantity)
	return Power(v), err
}

// ParseArea reads an area in nm2, um2, µm2 or mm2 (or with ²) as ParseTime
// reads a time, rounded to a square nanometre.
func ParseArea(s string) (Area, error) {
	v, err := parse(s, areaQuantity)
	return Area(v), err
}

// ParseFrequency reads a frequency in Hz, kHz, MHz or GHz as ParseTime reads a
// time, rounded to a hertz.
func ParseFrequency(s string) (Frequency, error) {
	v, err := parse(s, frequencyQuantity)
	return Frequency(v), err
}

// maxText bounds the text of a quantity, and with it the digits of a number.
const maxText = 64

func parse(s string, want *quantity) (int64, error) {
	fault := func(format string, args ...any) (int64, error) {
		return 0, fmt.Errorf("%s %s, want %s such as %q", quote(s), fmt.Sprintf(format, args...), want.name, want.example)
	}
	switch {
	case s == "":
		return fault("is empty")
	case len(s) > maxText:
		return fault("has more than %d bytes", maxText)
	case s[0] == '-':
		return fault("is negative")
	}
	num, unit, ok := splitNumber(s)
	if !ok {
		return fault("does not start with a number")
	}
	unit = strings.TrimPrefix(unit, " ")
	if unit == "" {
		return fault("has no unit")
	}
	of, exp := lookUp(unit)
	if of == nil {
		return fault("has the unknown unit %q", unit)
	}
	if of != want {
		return fault("is %s", of.name)
	}
	v, ok := num.scaled(exp)
	if !ok {
		return 0, fmt.Errorf("%s is too large, want at most %s", quote(s), want.largest)
	}
	if v == 0 && !num.zero() {
		return 0, fmt.Errorf("%s rounds to 0, want 0 or at least %s", quote(s), want.least)
	}
	return v, nil
}

// quote is s as a Go string, cut short so that an error stays one line.
func quote(s string) string {
	if len(s) > maxText {
		s = s[:maxText/2] + "..."
	}
	return strconv.Quote(s)
}

// lookUp finds a unit by its text; the quantity is nil if there is none.
func lookUp(unit string) (*quantity, int) {
	ascii := unit
	for _, other := range [][2]string{{"µ", "u"}, {"μ", "u"}, {"²", "2"}} { // micro sign and Greek mu
		ascii = strings.ReplaceAll(ascii, other[0], other[1])
	}
	for _, u := range unitNames {
		if u.name == ascii {
			return u.of, u.exp
		}
	}
	return nil, 0
}

// decimal is digits × 10^exp; digits holds at least one ASCII digit.
type decimal struct {
	digits string
	exp    int
}

// maxExponent is where an exponent is clamped. With at most maxText digits a
// larger one overflows and a smaller one rounds to zero all the same.
const maxExponent = 1000

// splitNumber cuts the unsigned decimal number off the front of s.
func splitNumber(s string) (num decimal, rest string, ok bool) {
	rest = strings.TrimPrefix(s, "+")
	whole := countDigits(rest)
	num.digits, rest = rest[:whole], rest[whole:]
	if strings.HasPrefix(rest, ".") {
		n := countDigits(rest[1:])
		if n == 0 {
			return num, s, false
		}
		num.digits += rest[1 : 1+n]
		num.exp = -n
		rest = rest[1+n:]
	}
	if num.digits == "" {
		return num, s, false
	}
	if rest != "" && (rest[0] == 'e' || rest[0] == 'E') {
		sign := 1
		if len(rest) > 1 && (rest[1] == '+' || rest[1] == '-') {
			sign = 2
		}
		n := countDigits(rest[sign:])
		if n == 0 {
			return num, rest, true // the unit starts with an e
		}
		e, err := strconv.Atoi(rest[sign : sign+n])
		if err != nil || e > maxExponent {
			e = maxExponent
		}
		if rest[1] == '-' {
			e = -e
		}
		num.exp += e
		rest = rest[sign+n:]
	}
	return num, rest, true
}

func countDigits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

func (d decimal) zero() bool { return strings.Trim(d.digits, "0") == "" }

// scaled is d × 10^exp rounded half to even; ok reports whether it fits.
func (d decimal) scaled(exp int) (v int64, ok bool) {
	if d.zero() {
		return 0, true
	}
	n, _ := new(big.Int).SetString(d.digits, 10)
	e := d.exp + exp
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(e, -e))), nil)
	if e >= 0 {
		n.Mul(n, power)
		return n.Int64(), n.IsInt64()
	}
	rem := new(big.Int)
	n.QuoRem(n, power, rem)
	half := rem.Lsh(rem, 1).Cmp(power)
	if half > 0 || half == 0 && n.Bit(0) == 1 {
		n.Add(n, big.NewInt(1))
	}
	return n.Int64(), n.IsInt64()
}
