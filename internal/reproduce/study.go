// Package reproduce repeats published experiments: it trains a study's models, or
// takes their shipped checkpoints, and tabulates what was measured.
package reproduce

import (
	"fmt"
	"slices"
	"strings"

	"bitline/adc"
	"bitline/configs"
	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/internal/pipeline"
)

// Study is one job in several variants, each replayed at several resolutions.
type Study struct {
	Name        string
	Variants    []Variant
	Resolutions [][]int // of each slice, least significant first
	InputSigns  []crossbar.InputSign
	Plotted     []string // variants that the chart shows
	job         string
	folder      string // of names of checkpoints: the job, or the study where it has seeds
	// Curves is nil unless the study is one of methods along their strengths.
	Curves *Curves
	// Chips is nil unless the study is one of whole chips; then it is all there is.
	Chips *Chips
}

// Variant is one model of a study.
type Variant struct {
	Name string
	Job  *pipeline.Job
	sets []string
	at   place // in a study of curves
}

// Checkpoint is the name of the variant's shipped checkpoint.
func (s *Study) Checkpoint(v Variant) string { return s.folder + "-" + v.Name }

// Load reads a study by name or file.
func Load(name string) (*Study, error) {
	t, err := config.Load(config.Source{Embedded: configs.Files(), Kind: "studies"}, name, nil)
	if err != nil {
		return nil, err
	}
	s := &Study{Name: t.String("name", name)}
	switch t.Enum("kind", "accuracy", "accuracy", "curves", "chip") {
	case "chip":
		s.Chips = readChips(t)
		return s, t.Finish()
	case "curves":
		s.readCurves(t)
	default:
		s.readAccuracy(t)
	}
	if err := t.Finish(); err != nil {
		return nil, err
	}
	for i, v := range s.Variants {
		if s.Variants[i].Job, err = pipeline.LoadJob(s.job, v.sets); err != nil {
			return nil, fmt.Errorf("study %s, variant %s: %w", s.Name, v.Name, err)
		}
		if err := s.Variants[i].Job.CheckValues(); err != nil {
			return nil, fmt.Errorf("study %s, variant %s: %w", s.Name, v.Name, err)
		}
		for _, bits := range s.Resolutions {
			if n := s.Variants[i].Job.Chip.Slicing().Count; len(bits) != n {
				return nil, fmt.Errorf("study %s, variant %s: resolutions hold %v, want one for each of the %d slices of the variant's chip", s.Name, v.Name, bits, n)
			}
		}
	}
	return s, nil
}

// readAccuracy reads a study of models replayed at several resolutions.
func (s *Study) readAccuracy(t *config.Table) {
	t.Require("job", "variant", "resolutions")
	s.job = t.String("job", "")
	s.folder = s.job
	s.readResolutions(t)
	s.readInputSigns(t)
	s.readVariants(t)
}

func (s *Study) readInputSigns(t *config.Table) {
	for _, word := range t.Strings("input_signs", []string{string(crossbar.Unsigned)}) {
		switch sign := crossbar.InputSign(word); sign {
		case crossbar.Unsigned, crossbar.SignSplit, crossbar.TwosComplement:
			s.InputSigns = append(s.InputSigns, sign)
		default:
			t.Faultf("input_signs", "holds %q, want %s, %s or %s", word, crossbar.Unsigned, crossbar.SignSplit, crossbar.TwosComplement)
		}
	}
}

// readVariants reads the variants and which of them are plotted. Their names are
// parts of the names of files.
func (s *Study) readVariants(t *config.Table) {
	var names []string
	for i, vt := range t.Tables("variant") {
		v := Variant{Name: vt.String("name", fmt.Sprintf("variant%d", i+1)), sets: vt.Strings("set", nil)}
		switch {
		case v.Name == "" || strings.ContainsAny(v.Name, `/\`):
			vt.Faultf("name", "is %q, want a part of a file's name", v.Name)
		case slices.Contains(names, v.Name):
			vt.Faultf("name", "is %q a second time, want a name of its own for each variant", v.Name)
		}
		names = append(names, v.Name)
		s.Variants = append(s.Variants, v)
	}
	s.Plotted = t.Strings("plot", nil)
	for _, name := range s.Plotted {
		if !slices.Contains(names, name) {
			t.Faultf("plot", "holds %q, want the names of variants", name)
		}
	}
}

func (s *Study) readResolutions(t *config.Table) {
	value, ok := t.Value("resolutions")
	if !ok {
		return // Require says so
	}
	rows, _ := value.([]any)
	for _, row := range rows {
		numbers, ok := row.([]any)
		var bits []int
		for _, x := range numbers {
			b, isInt := x.(int64)
			ok = ok && isInt && b >= 1 && b <= adc.MaxBits
			bits = append(bits, int(b))
		}
		if !ok || len(bits) == 0 {
			t.Faultf("resolutions", "holds %v, want lists of resolutions from 1 to %d, one per slice", row, adc.MaxBits)
			return
		}
		s.Resolutions = append(s.Resolutions, bits)
	}
	if len(rows) == 0 {
		t.Faultf("resolutions", "is %v, want lists such as [[4, 4, 4, 2], [3, 3, 3, 1]]", value)
	}
}
