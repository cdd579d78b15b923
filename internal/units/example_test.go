package units_test

import (
	"fmt"

	"bitline/internal/units"
)

func ExampleParseTime() {
	t, err := units.ParseTime("1.6us")
	fmt.Println(t, int64(t), err)
	_, err = units.ParseTime("100mW")
	fmt.Println(err)
	// Output:
	// 1.6 µs 1600000000 <nil>
	// "100mW" is a power, want a time such as "100ns"
}

func ExampleFrequency_Edge() {
	adc := 1280 * units.Megahertz
	fmt.Println(adc.Edge(1), adc.Edge(128))
	// Output: 781.2 ps 100 ns
}

func ExamplePower_Over() {
	fmt.Println((2 * units.Milliwatt).Over(100 * units.Nanosecond))
	// Output: 200 pJ
}
