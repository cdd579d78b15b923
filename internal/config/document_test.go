package config_test

import (
	"testing"

	"bitline/internal/config"
)

func TestTOML(t *testing.T) {
	const text = `
# A comment is not kept.
name = "a \"b\""
bits = 8
share = 2.0
[adc]
rate = "1GHz"
steps = [[1, 2], [3]]
[[part]]
name = "x"
[[part]]
name = "y"
area = "1um2"
`
	table, err := config.Parse("file", []byte(text), []string{"bits=5", "adc.law=linear", "new.key=[1,2]"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `bits = 5
name = "a \"b\""
share = 2.0

[adc]
law = "linear"
rate = "1GHz"
steps = [[1, 2], [3]]

[new]
key = [1, 2]

[[part]]
name = "x"

[[part]]
area = "1um2"
name = "y"
`
	got, err := table.TOML()
	if err != nil || got != want {
		t.Errorf("error %v, got\n%s\nwant\n%s", err, got, want)
	}
	again, err := config.Parse("again", []byte(got), nil)
	if err != nil {
		t.Fatal(err)
	}
	if twice, err := again.TOML(); err != nil || twice != want {
		t.Errorf("read again: error %v, got\n%s\nwant the same", err, twice)
	}
}
