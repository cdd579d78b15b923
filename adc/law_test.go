package adc

import (
	"fmt"
	"math"
	"testing"

	"bitline/internal/units"
)

// rate is ISAAC's sample rate in the pipeline's text.
const rate = 1280 * units.Megahertz

// near says whether got rounds to what was printed, half a unit of its last digit.
func near(got, want, lastDigit float64) bool { return math.Abs(got-want) <= lastDigit/2+1e-9 }

// TestLawRatios closes on the ratios that follow from the laws' published forms:
// power, time, energy and area at 8 bits over those at 1 and 3 bits. 0 leaves a
// column out.
func TestLawRatios(t *testing.T) {
	cases := []struct {
		law                       Law
		bits                      int
		power, time, energy, area float64
		lastDigit                 float64
	}{
		{PowerLaw, 1, 28.4, 8, 227.6, 2, 0.1},
		{PowerLaw, 3, 14.2, 2.67, 37.9, 2, 0.1},
		{PowerLaw, 8, 1, 1, 1, 1, 0},
		{SARISAAC, 1, 0, 1, 8.5, 14, 0.1},
		{SARISAAC, 3, 0, 1, 2.83, 4.58, 0.01},
		{SARISAAC, 8, 1, 1, 1, 1, 0},
		{Linear, 1, 8, 8, 64, 1, 0},
		{Linear, 3, 2.67, 2.67, 64.0 / 9, 1, 0.01},
		{Survey, 8, 1, 1, 1, 1, 0},
		// 1.929/0.9237 and 6469/5190 of the survey's own table.
		{Survey, 4, 0, 1, 2.09, 1.25, 0.01},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s/%d", c.law, c.bits), func(t *testing.T) {
			cost, err := c.law.Cost(c.bits, 8, rate)
			if err != nil {
				t.Fatal(err)
			}
			for _, column := range []struct {
				name      string
				got, want float64
			}{
				{"power", 1 / cost.Power, c.power}, {"time", 1 / cost.Time(), c.time},
				{"energy", 1 / cost.Energy, c.energy}, {"area", 1 / cost.Area, c.area},
			} {
				if column.want != 0 && !near(column.got, column.want, c.lastDigit) {
					t.Errorf("%s falls %g×, want %g×", column.name, column.got, column.want)
				}
			}
		})
	}
}

// TestPowerLawArea steps between 6 and 7 bits.
func TestPowerLawArea(t *testing.T) {
	for _, c := range []struct {
		bits, rateBits int
		want           float64
	}{{1, 8, 0.5}, {6, 8, 0.5}, {7, 8, 1}, {16, 8, 1}, {8, 6, 2}, {3, 6, 1}} {
		cost, err := PowerLaw.Cost(c.bits, c.rateBits, rate)
		if err != nil || cost.Area != c.want {
			t.Errorf("area of %d bits relative to %d is %g (error %v), want %g", c.bits, c.rateBits, cost.Area, err, c.want)
		}
	}
}

// TestSARTable closes on the table that the law was fitted to, 4 to 10 bits at
// 1.2 GS/s and 32 nm, within half a unit of the last printed digit.
func TestSARTable(t *testing.T) {
	table := []struct {
		bits              int
		energy, lastDigit float64 // pJ
		area              float64 // µm²
	}{
		{4, 0.79, 0.01, 361}, {5, 0.99, 0.01, 477}, {6, 1.20, 0.01, 627}, {7, 1.42, 0.01, 845},
		{8, 1.67, 0.01, 1200}, {9, 1.969, 0.001, 1828}, {10, 2.379, 0.001, 3002},
	}
	for _, row := range table {
		if got := sarEnergy(row.bits); !near(got, row.energy, row.lastDigit) {
			t.Errorf("%d bits take %g pJ, want %g", row.bits, got, row.energy)
		}
		if got := sarArea(row.bits); !near(got, row.area, 1) {
			t.Errorf("%d bits take %g µm², want %g", row.bits, got, row.area)
		}
		cost, err := SARISAAC.Cost(row.bits, 8, rate)
		if err != nil || cost.Extrapolated {
			t.Errorf("%d bits: error %v, extrapolated %t, want a row of the table", row.bits, err, cost.Extrapolated)
		}
	}
	for _, bits := range []int{1, 3, 11, 16} {
		if cost, err := SARISAAC.Cost(bits, 8, rate); err != nil || !cost.Extrapolated {
			t.Errorf("%d bits: error %v, extrapolated %t, want extrapolated", bits, err, cost.Extrapolated)
		}
	}
}

// TestSurveyTable closes on the regression's values at 32 nm and 1.28 GS/s, printed
// to four digits, within a unit of the last one: 5 bits come to 0.93625 pJ.
func TestSurveyTable(t *testing.T) {
	table := []struct {
		bits         int
		energy, area float64 // pJ, µm²
	}{
		{4, 0.9237, 5190}, {5, 0.9363, 5211}, {6, 1.065, 5416}, {7, 1.312, 5765},
		{8, 1.929, 6469}, {9, 5.530, 8865}, {10, 16.42, 12275},
	}
	for _, row := range table {
		digit := math.Pow(10, math.Floor(math.Log10(row.energy))-3)
		if got := surveyEnergy(row.bits, float64(rate)); !near(got, row.energy, 2*digit) {
			t.Errorf("%d bits take %g pJ, want %g", row.bits, got, row.energy)
		}
		if got := surveyArea(row.bits, float64(rate)); !near(got, row.area, 1) {
			t.Errorf("%d bits take %g µm², want %g", row.bits, got, row.area)
		}
	}
}

// TestLawFaults states where a law is not defined.
func TestLawFaults(t *testing.T) {
	cases := []struct {
		law            Law
		bits, rateBits int
		want           string // empty: defined
	}{
		{Survey, 3, 8, "the survey is not defined at 3 bits, want 4 or more or another law"},
		{Survey, 8, 3, "the survey is not defined at 3 bits, want 4 or more or another law"},
		{Survey, 4, 4, ""},
		{PowerLaw, 0, 8, "adc law power-law at 0 bits relative to 8, want 1 to 16"},
		{PowerLaw, 1, 16, ""},
		{Linear, 17, 8, "adc law linear at 17 bits relative to 8, want 1 to 16"},
		{SARISAAC, 8, 0, "adc law sar-isaac at 8 bits relative to 0, want 1 to 16"},
		{"flash", 8, 8, `adc law is "flash", want one of [power-law sar-isaac linear survey]`},
	}
	for _, c := range cases {
		_, err := c.law.Cost(c.bits, c.rateBits, rate)
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("%s at %d bits relative to %d: error %v, want %q", c.law, c.bits, c.rateBits, err, c.want)
		}
	}
}

// TestLawsRise says that no law gives back power, time or area for bits.
func TestLawsRise(t *testing.T) {
	for _, name := range Laws() {
		law := Law(name)
		for bits := 5; bits <= MaxBits; bits++ {
			less, err := law.Cost(bits-1, 8, rate)
			if err != nil {
				t.Fatal(err)
			}
			more, err := law.Cost(bits, 8, rate)
			if err != nil {
				t.Fatal(err)
			}
			if more.Power <= less.Power || more.Time() < less.Time() || more.Energy <= less.Energy || more.Area < less.Area {
				t.Errorf("%s: %d bits cost %+v, %d bits %+v", law, bits-1, less, bits, more)
			}
		}
	}
}
