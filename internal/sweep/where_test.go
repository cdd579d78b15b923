package sweep_test

import (
	"fmt"
	"testing"

	"bitline/internal/sweep"
)

// mixed are results whose settings are numbers beside lists and words, quantities,
// lists alone, and names of variants.
func mixed(t *testing.T) *sweep.Results {
	t.Helper()
	dir := t.TempDir()
	s := mustOpen(t, dir, identityOf(5), sweep.Whole)
	for p, r := range [][4]string{
		{"8", "50ns", "[4, 4]", "1"}, {"5", "0.1us", "[4, 4]", "dense"}, {"[3, 3, 3, 1]", "2us", "[2, 4]", "1"},
		{"auto", "50ns", "[2, 4]", "dense"}, {"2.5", "100ns", `["a", 1.5]`, "true"},
	} {
		settings := []sweep.Setting{{Key: "adc.bits", Value: r[0]}, {Key: "read", Value: r[1]}, {Key: "list", Value: r[2]}, {Key: "variant", Value: r[3]}}
		text := sweep.Value{Name: "adc_bits", Kind: sweep.Text, Text: "[5]"}
		if err := s.Put(sweep.Record{Point: p, Settings: settings, Figures: []sweep.Value{text, {Name: "accuracy", Kind: sweep.Number, Number: 0.5}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return mustCollect(t, dir)
}

// Settings compare as they do in constraints, and with texts as the sweep has them.
func TestWhereOfSettings(t *testing.T) {
	r := mixed(t)
	for _, tt := range []struct {
		condition string
		want      []int
	}{
		{"adc.bits == 5", []int{1}},
		{"adc.bits == 2.5", []int{4}},
		{"adc.bits != 5", []int{0, 2, 3, 4}},
		{"adc.bits == [3,3,3,1]", []int{2}},
		{"[3, 3, 3, 1] == adc.bits", []int{2}},
		{"adc.bits == '[3, 3, 3, 1]'", []int{2}},
		{"adc.bits == '[3,3,3,1]'", []int{2}},
		{"adc.bits == [3, 3, 3]", []int{}},
		{"adc.bits == 'auto' || adc.bits == '5'", []int{1, 3}},
		{"adc.bits in [5, [3, 3, 3, 1], 'auto']", []int{1, 2, 3}},
		{"adc.bits in ['5', '[3, 3, 3, 1]']", []int{1, 2}},
		{"type(adc.bits) == 'int' && adc.bits <= 5", []int{1}},
		{"type(adc.bits) == 'array' && adc.bits[0] == 3", []int{2}},
		{"read <= 100e-9", []int{0, 1, 3, 4}},
		{"read < '100ns'", []int{0, 3}},
		{"'100ns' <= read", []int{1, 2, 4}},
		{"read == '100ns'", []int{1, 4}}, // 0.1 µs
		{"read in ['2us', '50ns']", []int{0, 2, 3}},
		{"list[0] == 2", []int{2, 3}},
		{"list == ['a', 1.5]", []int{4}},
		{"len(list) == 2", []int{0, 1, 2, 3, 4}},
		{"variant == '1'", []int{0, 2}},
		{"variant == 'dense' || variant == 'true'", []int{1, 3, 4}},
		{"let b = adc.bits; b == 8", []int{0}},
		{"adc_bits == '[5]'", []int{0, 1, 2, 3, 4}},
	} {
		checkSelected(t, r, tt.condition, tt.want)
	}
}

// Faults of conditions name columns and kinds of values, and no type of Go.
func TestFaultsOfConditions(t *testing.T) {
	r := mixed(t)
	for _, tt := range []struct{ condition, want string }{
		{"adc.bits <= 5", `at point 2: <= between adc.bits, which is a list, and a number, want two of a kind at character 10`},
		{"5 > adc.bits", `at point 2: > between a number and adc.bits, which is a list, want two of a kind at character 3`},
		{"adc.bits", "at point 0: is a number, want a condition that is true or false at character 1"},
		{"adc.bits[0] == 3", "at point 0: a number has no element 0 at character 9"},
		{"adc_bits == [5]", ": == between adc_bits, which is a text, and a list, want two of a kind (a text stands in quotation marks) at character 10"},
		{"read == 'fast'", ": == between read, which is a number, and a text, want two of a kind (a text stands in quotation marks) at character 6"},
		{"list == 4", ": == between list, which is a list, and a number, want two of a kind at character 6"},
		{"accuracy and 3", ": and between accuracy, which is a number, and a number, want conditions that are true or false at character 10"},
		{"list < list", ": < between list, which is a list, and list, which is a list, want values that it takes at character 6"},
		{"accuracy = 5", ": unexpected =, want == to compare at character 10"},
		{"accuracy & pareto", ": unexpected &, want && for and at character 10"},
		{"accuracy > 0.5)", `: unexpected ) at character 15`},
		{"accuracy > > 3", ": unexpected > at character 12"},
		{"accuracy 3", ": unexpected 3 at character 10"},
		{"accuracy", ": is a number, want a condition that is true or false"},
		{"version", ": is a text, want a condition that is true or false"},
		{"list", ": is a list, want a condition that is true or false"},
		{"not accuracy", ": not before a number at character 1"},
	} {
		_, err := r.Select(sweep.Query{Where: tt.condition})
		gap := ""
		if tt.want[0] != ':' {
			gap = " "
		}
		wantError(t, tt.condition, err, fmt.Sprintf("condition %q%s%s", tt.condition, gap, tt.want))
	}
}
