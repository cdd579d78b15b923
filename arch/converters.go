package arch

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/cost"
	"bitline/internal/units"
)

// sliceBits is the resolution of each slice's converters, least significant first:
// the largest of any layer's. Where the resolutions are found by a rule it is that of
// the rate, until they are known.
func (c *Chip) sliceBits() ([]int, error) {
	if c.ADC.Auto != adc.Given {
		return slices.Repeat([]int{c.ADC.RateBits}, c.Slicing().Count), nil
	}
	return c.ADC.Largest(c.Slicing().Count)
}

// adcRows lists the converters of one IMA, a row for each resolution. Fixed
// converter j serves slice class j mod slices where slices are grouped, and any
// column where they are interleaved, at the one resolution. A reconfigurable
// converter has the power and the area of its most costly resolution.
func (c *Chip) adcRows(l *ledger) error {
	bits, err := c.sliceBits()
	if err != nil {
		return err
	}
	if c.ADC.Kind == adc.Reconfigurable {
		return c.reconfigurableRow(l, bits)
	}
	served := map[int][]int{} // slices by resolution
	count := map[int]int{}    // converters by resolution
	for i, b := range bits {
		served[b] = append(served[b], i)
	}
	for j := range c.ADC.PerIMA {
		count[bits[j%len(bits)]]++
	}
	for _, b := range distinct(bits) {
		conv, err := c.ADC.Converter(b)
		if err != nil {
			return err
		}
		spec := converterSpec(c.ADC, conv)
		if len(served[b]) < len(bits) {
			spec += ", " + sliceList(served[b])
		}
		l.add(Row{Level: LevelIMA, Component: "ADC", Count: count[b], Spec: spec, Assumed: c.assumedADC(conv)}, converterCost(conv), 0)
	}
	return nil
}

// reconfigurableRow is the row of converters that serve every slice.
func (c *Chip) reconfigurableRow(l *ledger, bits []int) error {
	var most cost.Cost
	var specs, assumed []string
	for _, b := range distinct(bits) {
		conv, err := c.ADC.Converter(b)
		if err != nil {
			return err
		}
		most.ActivePower = max(most.ActivePower, conv.Power)
		most.Area = max(most.Area, conv.Area)
		specs = append(specs, converterSpec(c.ADC, conv))
		if text := c.assumedADC(conv); text != "" && !slices.Contains(assumed, text) {
			assumed = append(assumed, text)
		}
	}
	l.add(Row{Level: LevelIMA, Component: "ADC", Count: c.ADC.PerIMA,
		Spec: "reconfigurable: " + strings.Join(specs, " or "), Assumed: strings.Join(assumed, "; ")}, most, 0)
	return nil
}

// converterCost charges a converter by its power, of which the energy of a
// conversion is a part.
func converterCost(conv adc.Converter) cost.Cost {
	return cost.Cost{ActivePower: conv.Power, Area: conv.Area}
}

// converterSpec is such as "3 b, 3.413 GS/s".
func converterSpec(s adc.Spec, conv adc.Converter) string {
	rate := units.Frequency(units.MulDiv(int64(s.Rate), conv.Cost.TimeDen, conv.Cost.TimeNum))
	return fmt.Sprintf("%d b, %s", conv.Bits, strings.Replace(rate.String(), "Hz", "S/s", 1))
}

// assumedADC says what of a converter's cost is not in the law's source.
func (c *Chip) assumedADC(conv adc.Converter) string {
	var texts []string
	if c.ADC.Auto != adc.Given {
		texts = append(texts, fmt.Sprintf("resolution is found by the rule %q: listed at rate_bits = %d", c.ADC.Auto, c.ADC.RateBits))
	}
	if text := conv.Assumed(); text != "" {
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

// distinct is the resolutions in the order of their first slices.
func distinct(bits []int) []int {
	var d []int
	for _, b := range bits {
		if !slices.Contains(d, b) {
			d = append(d, b)
		}
	}
	return d
}

// sliceList is such as "slices 0, 1, 2".
func sliceList(indices []int) string {
	if len(indices) == 1 {
		return fmt.Sprintf("slice %d", indices[0])
	}
	return "slices " + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(indices)), ", "), "[]")
}

// together is how many arrays one conversion subtracts: the two of a pair.
func (c *Chip) together() int {
	if c.Encoding.Signed == crossbar.DifferentialAnalog {
		return 2
	}
	return 1
}

// lanes is how many arrays, or pairs, of an IMA are read on their own; one that no
// pair has is not.
func (c *Chip) lanes() int { return c.IMA.Crossbars / c.together() }

// perRead is how many of so many columns of an array one read reaches: those of one
// operation unit.
func (c *Chip) perRead(columns int64) int64 {
	_, unit := c.Crossbar.Unit()
	parts := int64(c.Crossbar.Bitlines+unit-1) / int64(unit)
	return (columns + parts - 1) / parts
}

// scan is the time in which the converters of an IMA take one read of all its
// arrays, full and spread evenly over the slice classes, the multiplexer settled
// once for each: the arrays dealt evenly to the converters that may take them, but
// not one array to several, which it has to itself.
//
// It is worked out for as many IMAs as there are slices, which hold a whole
// number of arrays of each slice: one array in as many where slices are grouped,
// every array where they are interleaved.
func (c *Chip) scan() (units.Time, error) {
	bits, err := c.sliceBits()
	if err != nil {
		return 0, err
	}
	n := int64(len(bits))
	grouped := c.Encoding.Slices == crossbar.Grouped
	arrays := int64(c.lanes())
	if !grouped {
		arrays *= n
	}
	dealt := c.ADC.Kind == adc.Fixed && grouped
	add := func(a, b units.Time) units.Time { return min(a, math.MaxInt64-b) + b } // saturates, as scans do
	var pooled, slowest, array units.Time
	for i, b := range bits {
		conv, err := c.ADC.Converter(b)
		if err != nil {
			return 0, err
		}
		columns := int64(c.WeightsPerRow())
		if i == len(bits)-1 && c.Encoding.HasUnitColumn() && c.Encoding.UnitADC == crossbar.Shared {
			columns++
		}
		columns = c.perRead(columns)
		t, own := conv.Scan(arrays*columns), conv.Scan(columns)
		if grouped || i == 0 { // an interleaved array is scanned once for all slices
			t, own = add(t, c.ADC.Settle*units.Time(arrays)), add(own, c.ADC.Settle)
		}
		if grouped {
			array = max(array, own)
		} else {
			array = add(array, own)
		}
		pooled = add(pooled, t)
		if dealt {
			serving := int64(c.ADC.PerIMA-i+len(bits)-1) / n // converters j < PerIMA with j mod n = i
			if serving == 0 {
				return 0, fmt.Errorf("no converter serves slice %d of %d, as adc.per_ima is %d", i, n, c.ADC.PerIMA)
			}
			slowest = max(slowest, divide(t, n*serving))
		}
	}
	if dealt {
		return max(slowest, array), nil
	}
	return max(divide(pooled, n*int64(c.ADC.PerIMA)), array), nil
}

// codes is the number of codes of one read of all arrays of an IMA, those of a
// unit column's own converter left out: they bypass the shift-and-add units. A shared
// unit column is one of the top slice's arrays.
func (c *Chip) codes() int64 {
	columns, lanes, slices := int64(c.WeightsPerRow()), int64(c.lanes()), int64(c.Slicing().Count)
	unit := int64(0)
	if c.Encoding.HasUnitColumn() && c.Encoding.UnitADC == crossbar.Shared {
		unit = lanes
	}
	if c.Encoding.Slices == crossbar.Interleaved {
		columns *= slices
	} else {
		unit = (unit + slices - 1) / slices
	}
	return c.perRead(columns)*lanes + unit
}

func divide(t units.Time, n int64) units.Time { return units.Time(units.MulDiv(int64(t), 1, n)) }
