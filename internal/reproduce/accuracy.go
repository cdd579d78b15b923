package reproduce

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/config"
)

// Accuracy is a study of models and of the converters that they can do with: at
// given resolutions, and at those that each rule finds.
type Accuracy struct {
	Resolutions [][]int              // of each slice, least significant first
	InputSigns  []crossbar.InputSign // none: that of the variant's chip
	Rules       []adc.Auto
	Budget      float64  // accuracy, 0 to 1, that adc.LossBudget may cost
	Search      int      // training images on which the rules look for resolutions; 0 for the job's calibration
	Plotted     []string // variants that the chart shows
	// The variants that stand for the paper's two methods; "" where there are none.
	l1, bitSlice string
}

// readAccuracy reads a study of models.
func (s *Study) readAccuracy(t *config.Table) {
	t.Require("job", "variant", "resolutions")
	wantSome(t, "variant", "input_signs")
	s.job = t.String("job", "")
	s.folder = config.Stem(s.job)
	s.job = config.Beside(s.source, s.job, ".toml")
	s.Accuracy = &Accuracy{
		Resolutions: readResolutions(t, "resolutions"),
		InputSigns:  readInputSigns(t),
		Rules:       readRules(t),
		Budget:      t.Float("budget", 0.5, 0, 100) / 100,
		Search:      t.Int("search", 0, 0, 1<<30),
	}
	s.readVariants(t)
	s.Accuracy.Plotted = t.Strings("plot", nil)
	for _, name := range s.Accuracy.Plotted {
		s.checkVariant(t, "plot", name)
	}
	if t.Has("paper") {
		p := t.Table("paper")
		p.Require("l1", "bitslice_l1")
		s.Accuracy.l1, s.Accuracy.bitSlice = p.String("l1", ""), p.String("bitslice_l1", "")
		s.checkVariant(p, "l1", s.Accuracy.l1)
		s.checkVariant(p, "bitslice_l1", s.Accuracy.bitSlice)
	}
}

func (s *Study) checkVariant(t *config.Table, key, name string) {
	if !t.Has(key) {
		return // which Require tells
	}
	if !slices.ContainsFunc(s.Variants, func(v Variant) bool { return v.Name == name }) {
		t.Faultf(key, "holds %q, want the names of variants", name)
	}
}

func readInputSigns(t *config.Table) []crossbar.InputSign {
	var signs []crossbar.InputSign
	for _, word := range t.Strings("input_signs", nil) {
		switch sign := crossbar.InputSign(word); sign {
		case crossbar.Unsigned, crossbar.SignSplit, crossbar.TwosComplement:
			signs = append(signs, sign)
		default:
			t.Faultf("input_signs", "holds %q, want %s, %s or %s%s", word, crossbar.Unsigned, crossbar.SignSplit, crossbar.TwosComplement,
				config.DidYouMean(word, []string{string(crossbar.Unsigned), string(crossbar.SignSplit), string(crossbar.TwosComplement)}))
		}
	}
	return signs
}

func readRules(t *config.Table) []adc.Auto {
	var rules []adc.Auto
	for _, word := range t.Strings("rules", nil) {
		switch rule := adc.Auto(word); rule {
		case adc.WorstCase, adc.Observed, adc.LossBudget:
			rules = append(rules, rule)
		default:
			t.Faultf("rules", "holds %q, want %s, %s or %s%s", word, adc.WorstCase, adc.Observed, adc.LossBudget,
				config.DidYouMean(word, []string{string(adc.WorstCase), string(adc.Observed), string(adc.LossBudget)}))
		}
	}
	return rules
}

// readVariants reads the variants. Their names are parts of the names of files.
func (s *Study) readVariants(t *config.Table) {
	var names []string
	for i, vt := range t.Tables("variant") {
		v := Variant{
			Name: vt.String("name", fmt.Sprintf("variant%d", i+1)), sets: vt.Strings("set", nil),
			job: s.job, checkpoint: vt.String("checkpoint", ""),
		}
		if vt.Has("job") {
			v.job = config.Beside(s.source, vt.String("job", ""), ".toml")
		}
		switch {
		case v.Name == "" || strings.ContainsAny(v.Name, `/\`):
			vt.Faultf("name", "is %q, want a part of a file's name", v.Name)
		case slices.Contains(names, v.Name):
			vt.Faultf("name", "is %q a second time, want a name of its own for each variant", v.Name)
		}
		names = append(names, v.Name)
		s.Variants = append(s.Variants, v)
	}
}

// readResolutions reads lists of resolutions such as [[4, 4, 4, 2], [3, 3, 3, 1]].
func readResolutions(t *config.Table, key string) [][]int {
	value, ok := t.Value(key)
	if !ok {
		return nil // Require says so where it is wanted
	}
	rows, _ := value.([]any)
	var all [][]int
	for _, row := range rows {
		numbers, ok := row.([]any)
		var bits []int
		for _, x := range numbers {
			b, isInt := x.(int64)
			ok = ok && isInt && b >= 1 && b <= adc.MaxBits
			bits = append(bits, int(b))
		}
		if !ok || len(bits) == 0 {
			t.Faultf(key, "holds %v, want lists of resolutions from 1 to %d, one per slice", row, adc.MaxBits)
			return nil
		}
		all = append(all, bits)
	}
	if len(rows) == 0 {
		given := fmt.Sprint(value)
		if text, ok := value.(string); ok {
			given = strconv.Quote(text)
		}
		t.Faultf(key, "is %.80s, want lists such as [[4, 4, 4, 2], [3, 3, 3, 1]]", given)
	}
	return all
}
