package units

import (
	"fmt"
	"math"
	"testing"
)

func TestString(t *testing.T) {
	for _, c := range []struct {
		value fmt.Stringer
		want  string
	}{
		{Time(0), "0 s"},
		{1 * Femtosecond, "1 fs"},
		{999 * Femtosecond, "999 fs"},
		{1000 * Femtosecond, "1 ps"},
		{Time(781250), "781.2 ps"}, // a tie, to even
		{Time(781350), "781.4 ps"}, // a tie, to even
		{Time(781251), "781.3 ps"},
		{100 * Nanosecond, "100 ns"},
		{1600 * Nanosecond, "1.6 µs"},
		{Time(999949999), "999.9 ns"},
		{Time(999950000), "1 µs"}, // 9999.5 rounds to even 10000
		{-100 * Nanosecond, "-100 ns"},
		{3 * Second, "3 s"},
		{Time(math.MaxInt64), "9223 s"},
		{Time(math.MinInt64), "-9223 s"},
		{12500 * Femtojoule, "12.5 pJ"},
		{Energy(math.MaxInt64), "9.223 J"},
		{Power(24080) * Microwatt, "24.08 mW"},
		{Power(18300) * Picowatt, "18.3 nW"},
		{Power(math.MaxInt64), "9223000 W"},
		{Area(372300) * SquareMicrometre, "0.3723 mm²"},
		{Area(0), "0 mm²"},
		{Area(1500), "1500 nm²"},
		{Area(999949999), "999.9 µm²"},
		{1200 * SquareMicrometre, "1200 µm²"},
		{9999 * SquareMicrometre, "9999 µm²"},
		{9999*SquareMicrometre + 500000, "0.01 mm²"}, // 9999.5 rounds to even 10000
		{10000 * SquareMicrometre, "0.01 mm²"},
		{85 * SquareMillimetre, "85 mm²"},
		{1280 * Megahertz, "1.28 GHz"},
		{Hertz, "1 Hz"},
		{10 * Megahertz, "10 MHz"},
	} {
		if got := c.value.String(); got != c.want {
			t.Errorf("%T %d prints as %q, want %q", c.value, c.value, got, c.want)
		}
	}
}

// TestStringRoundTrip prints every number of at most four digits at every
// decimal place and reads it back.
func TestStringRoundTrip(t *testing.T) {
	for digits := int64(1); digits < 10000; digits += 7 {
		for v := digits; v <= math.MaxInt64/10; v *= 10 {
			if got, err := ParseTime(Time(v).String()); err != nil || got != Time(v) {
				t.Fatalf("time %d prints as %s and is read as %d, %v", v, Time(v), got, err)
			}
			if got, err := ParseEnergy(Energy(v).String()); err != nil || got != Energy(v) {
				t.Fatalf("energy %d prints as %s and is read as %d, %v", v, Energy(v), got, err)
			}
			if got, err := ParsePower(Power(v).String()); err != nil || got != Power(v) {
				t.Fatalf("power %d prints as %s and is read as %d, %v", v, Power(v), got, err)
			}
			if got, err := ParseArea(Area(v).String()); err != nil || got != Area(v) {
				t.Fatalf("area %d prints as %s and is read as %d, %v", v, Area(v), got, err)
			}
			if got, err := ParseFrequency(Frequency(v).String()); err != nil || got != Frequency(v) {
				t.Fatalf("frequency %d prints as %s and is read as %d, %v", v, Frequency(v), got, err)
			}
		}
	}
}

func TestMachineUnits(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"1.6 µs in ns", (1600 * Nanosecond).Nanoseconds(), 1600},
		{"781250 fs in ns", Time(781250).Nanoseconds(), 0.78125},
		{"12.5 pJ", (12500 * Femtojoule).Picojoules(), 12.5},
		{"24.08 mW", (24080 * Microwatt).Milliwatts(), 24.08},
		{"0.3723 mm²", (372300 * SquareMicrometre).SquareMillimetres(), 0.3723},
	} {
		if c.got != c.want {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestJoules(t *testing.T) {
	for j, want := range map[float64]string{1.5e-3: "1.5 mJ", 2.5e-12: "2.5 pJ", 12.3456: "12.35 J", 1e9: "1e+09 J"} {
		if got := Joules(j); got != want {
			t.Errorf("Joules(%g) = %q, want %q", j, got, want)
		}
	}
}
