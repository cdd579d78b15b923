package adc_test

import (
	"fmt"

	"bitline/adc"
)

// A converter of 3 bits whose code is a count passes sums up to 7.
func ExampleTransfer() {
	t, err := adc.NewTransfer(adc.Spec{Range: adc.Unit}, 3, 384, false)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, sum := range []int64{0, 7, 8} {
		code, clipped := t.Code(sum)
		fmt.Println(sum, code, clipped)
	}
	// Output:
	// 0 0 false
	// 7 7 false
	// 8 7 true
}

// What a bit saved is worth depends on the law.
func ExampleLaw_Cost() {
	s := adc.DefaultSpec()
	for _, law := range []adc.Law{adc.PowerLaw, adc.SARISAAC, adc.Linear} {
		c, err := law.Cost(3, 8, s.Rate)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-9s power ÷%.2f, time ÷%.2f, energy ÷%.2f, area ÷%.2f\n", law, 1/c.Power, 1/c.Time(), 1/c.Energy, 1/c.Area)
	}
	// Output:
	// power-law power ÷14.22, time ÷2.67, energy ÷37.93, area ÷2.00
	// sar-isaac power ÷2.83, time ÷1.00, energy ÷2.83, area ÷4.58
	// linear    power ÷2.67, time ÷2.67, energy ÷7.11, area ÷1.00
}

// A scan is timed as a whole: 128 periods of 781.25 ps.
func ExampleConverter_Scan() {
	c, err := adc.DefaultSpec().Converter(8)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Scan(128), int64(c.Energy), "aJ a conversion")
	// Output: 100 ns 1562500 aJ a conversion
}

// The fewest bits that hold a sum without clipping.
func ExampleBitsFor() {
	fmt.Println(adc.BitsFor(255, false), adc.BitsFor(256, false), adc.BitsFor(255, true))
	// Output: 8 9 9
}
