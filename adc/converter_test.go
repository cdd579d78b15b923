package adc_test

import (
	"testing"

	"bitline/adc"
	"bitline/internal/units"
)

func converter(t *testing.T, law adc.Law, rate units.Frequency, bits int) adc.Converter {
	t.Helper()
	s := adc.DefaultSpec()
	s.Law, s.Rate = law, rate
	c, err := s.Converter(bits)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestConverterScan times whole scans. A period of 1.28 GS/s is 781.25 ps, so that
// 128 times a period in whole picoseconds would not make 100 ns.
func TestConverterScan(t *testing.T) {
	const isaac, nameplate = 1280 * units.Megahertz, 1200 * units.Megahertz
	cases := []struct {
		name    string
		law     adc.Law
		rate    units.Frequency
		bits    int
		columns int64
		want    units.Time
	}{
		{"no column", adc.SARISAAC, isaac, 8, 0, 0},
		{"one column", adc.SARISAAC, isaac, 8, 1, 781250 * units.Femtosecond},
		{"an array", adc.SARISAAC, isaac, 8, 128, 100 * units.Nanosecond},
		{"an array and its unit column", adc.SARISAAC, isaac, 8, 129, 100781250 * units.Femtosecond},
		{"nameplate rate", adc.SARISAAC, nameplate, 8, 120, 100 * units.Nanosecond},
		{"nameplate rate, a period", adc.SARISAAC, nameplate, 8, 1, 833333 * units.Femtosecond},
		{"no time is saved at a constant rate", adc.SARISAAC, isaac, 3, 128, 100 * units.Nanosecond},
		{"survey, too", adc.Survey, isaac, 4, 128, 100 * units.Nanosecond},
		// 100 ns · 3/8
		{"power law, 3 bits", adc.PowerLaw, isaac, 3, 128, 37500 * units.Picosecond},
		{"power law, 1 bit", adc.PowerLaw, isaac, 1, 128, 12500 * units.Picosecond},
		// PUMA's simulator: 12.5 ns · bits for 128 columns
		{"linear, 5 bits", adc.Linear, isaac, 5, 128, 62500 * units.Picosecond},
		{"linear, 16 bits", adc.Linear, isaac, 16, 128, 200 * units.Nanosecond},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := converter(t, c.law, c.rate, c.bits).Scan(c.columns); got != c.want {
				t.Errorf("%d columns take %v, want %v", c.columns, got, c.want)
			}
		})
	}
}

// TestConverterCost works powers, energies and areas out from 2 mW and 1200 µm² at
// 8 bits.
func TestConverterCost(t *testing.T) {
	const isaac, nameplate = 1280 * units.Megahertz, 1200 * units.Megahertz
	cases := []struct {
		name   string
		law    adc.Law
		rate   units.Frequency
		bits   int
		power  units.Power
		energy units.Energy
		area   units.Area
	}{
		// 2 mW / 1.28 GS/s = 1.5625 pJ
		{"isaac", adc.SARISAAC, isaac, 8, 2 * units.Milliwatt, 1562500 * units.Attojoule, 1200 * units.SquareMicrometre},
		// 2 mW / 1.2 GS/s = 1.6667 pJ
		{"nameplate rate", adc.SARISAAC, nameplate, 8, 2 * units.Milliwatt, 1666667 * units.Attojoule, 1200 * units.SquareMicrometre},
		// 2 mW · (2^6/7)/(2^8/9) = 9/14 mW = 0.6429 mW, where the Sparse ReRAM Engine
		// has 0.6425; · (6/8) / 1.28 GS/s = 0.37667… pJ
		{"power law, 6 bits", adc.PowerLaw, isaac, 6, 642857143 * units.Picowatt, 376674 * units.Attojoule, 600 * units.SquareMicrometre},
		// 2 mW · 3/8; · (3/8) / 1.28 GS/s
		{"linear, 3 bits", adc.Linear, isaac, 3, 750 * units.Microwatt, 219727 * units.Attojoule, 1200 * units.SquareMicrometre},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := converter(t, c.law, c.rate, c.bits)
			if got.Bits != c.bits || got.Power != c.power || got.Energy != c.energy || got.Area != c.area {
				t.Errorf("%d bits, %v, %v, %v, want %d bits, %v, %v, %v",
					got.Bits, got.Power, got.Energy, got.Area, c.bits, c.power, c.energy, c.area)
			}
		})
	}
}

// TestConverterFaults passes a law's refusal on.
func TestConverterFaults(t *testing.T) {
	s := adc.DefaultSpec()
	s.Law = adc.Survey
	want := "the survey is not defined at 3 bits, want 4 or more or another law"
	if _, err := s.Converter(3); err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}
