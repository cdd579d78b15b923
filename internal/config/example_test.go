package config_test

import (
	"fmt"

	"bitline/internal/config"
	"bitline/internal/units"
)

func Example() {
	const text = `
[adc]
bits = 40
rate = 1.28
bitz = 5
`
	root, err := config.Parse("mine.toml", []byte(text), []string{"adc.law=linear"})
	if err != nil {
		fmt.Println(err)
		return
	}
	adc := root.Table("adc")
	adc.Int("bits", 8, 1, 16)
	adc.Frequency("rate", 1280*units.Megahertz)
	fmt.Println(adc.Enum("law", "sar-isaac", "sar-isaac", "linear"))
	fmt.Println(root.Finish())
	// Output:
	// linear
	// mine.toml:3: key adc.bits is 40, want 1 to 16
	// mine.toml:4: key adc.rate is the bare number 1.28, want a frequency with its unit such as "1.28GHz"
	// mine.toml:5: unknown key adc.bitz, did you mean adc.bits?
}

func ExampleTable_Value() {
	root, err := config.Parse("mine.toml", []byte("bits = 'auto'\n"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The resolution is an array of integers or a word.
	if word, _ := root.Value("bits"); word == "auto" {
		fmt.Println("searched for")
	} else {
		fmt.Println(root.Ints("bits", []int{8}, 1, 16))
	}
	// Output: searched for
}
