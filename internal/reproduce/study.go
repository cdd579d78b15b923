// Package reproduce repeats published experiments: it trains a study's models, or
// takes their shipped checkpoints, and tabulates what was measured.
package reproduce

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bitline/configs"
	"bitline/internal/config"
	"bitline/internal/pipeline"
	"bitline/internal/plot"
	"bitline/internal/report"
)

// Study is an experiment: models and what is measured of them. One of Accuracy,
// Curves, Fewest, Chips and Parts says which.
type Study struct {
	Name     string
	Variants []Variant // the models
	job      string    // of the variants
	source   string    // what it was read from, a name or a file
	folder   string    // of names of checkpoints: the job, or the study where it has seeds

	Accuracy *Accuracy
	Curves   *Curves
	Fewest   *Fewest
	Chips    *Chips   // no models
	Parts    []*Study // other studies, one after the other
}

// Variant is one model of a study.
type Variant struct {
	Name       string
	Job        *pipeline.Job
	job        string // its name
	checkpoint string // its name where it is not made of the study's and the variant's
	sets       []string
	at         place // in a study of curves
}

// Checkpoint is the name of the variant's shipped checkpoint.
func (s *Study) Checkpoint(v Variant) string {
	if v.checkpoint != "" {
		return v.checkpoint
	}
	return s.folder + "-" + v.Name
}

// NeedsModels says whether there is anything to train or to take from checkpoints.
func (s *Study) NeedsModels() bool {
	for _, p := range s.Parts {
		if p.NeedsModels() {
			return true
		}
	}
	return len(s.Variants) > 0
}

// Draws says whether there will be anything to draw.
func (s *Study) Draws() bool {
	return s.Curves != nil || s.Accuracy != nil && len(s.Accuracy.Plotted) > 0 || slices.ContainsFunc(s.Parts, (*Study).Draws)
}

// Load reads a study by name or file.
func Load(name string) (*Study, error) { return load(name, false) }

// LoadComparison reads a study that should be one of curves. A faulty file that gives
// no kind, or another, is asked for the kind before anything else.
func LoadComparison(name string) (*Study, error) {
	s, err := Load(name)
	if err == nil {
		return s, nil
	}
	t, faults := config.Load(config.Source{Embedded: configs.Files(), Kind: "studies"}, name, nil)
	if faults != nil {
		return nil, faults
	}
	kind, given := t.Value("kind")
	if !given {
		return nil, fmt.Errorf("%s: key kind is missing, want kind = \"curves\"", t.Where("kind"))
	}
	if word, ok := kind.(string); ok && word != "curves" {
		return nil, fmt.Errorf("%s: key kind is %q, want \"curves\"", t.Where("kind"), config.Shorten(word))
	}
	return nil, err
}

// load reads a study, or one that is part of another and has no parts itself.
func load(name string, part bool) (*Study, error) {
	t, err := config.Load(config.Source{Embedded: configs.Files(), Kind: "studies"}, name, nil)
	if err != nil {
		return nil, err
	}
	s := &Study{Name: t.String("name", config.Stem(name)), source: name}
	if strings.ContainsAny(s.Name, `/\`) || strings.Trim(s.Name, ".") == "" { // it names a folder
		t.Faultf("name", "is %q, want a part of a file's name", s.Name)
	}
	var parts []string
	switch t.Enum("kind", "accuracy", "accuracy", "curves", "fewest-bits", "chip", "all") {
	case "chip":
		s.Chips = readChips(t, name)
	case "all":
		t.Require("studies")
		if parts = t.Strings("studies", nil); part {
			t.Faultf("kind", "is \"all\" in a study that is part of one, want any other kind")
		}
		wantSome(t, "studies")
	case "curves":
		s.readCurves(t)
	case "fewest-bits":
		s.readFewest(t)
	default:
		s.readAccuracy(t)
	}
	if err := t.Finish(); err != nil {
		return nil, err
	}
	if err := s.checkNames(t); err != nil {
		return nil, err
	}
	for _, name := range parts {
		part, err := load(config.Beside(s.source, name, ".toml"), true)
		if err != nil {
			return nil, err
		}
		s.Parts = append(s.Parts, part)
	}
	return s, s.loadVariants()
}

// wantSome finds lists that are there and empty.
func wantSome(t *config.Table, keys ...string) {
	for _, key := range keys {
		value, _ := t.Value(key)
		if list, ok := value.([]any); ok && len(list) == 0 {
			t.Faultf(key, "holds nothing, want at least one")
		}
	}
}

// loadVariants reads the variants' jobs.
func (s *Study) loadVariants() (err error) {
	for i := range s.Variants {
		v := &s.Variants[i]
		if v.Job, err = pipeline.LoadJob(v.job, v.sets); err == nil {
			err = v.Job.CheckValues()
		}
		if err == nil {
			err = s.checkJob(v)
		}
		if err != nil {
			return fmt.Errorf("study %s, variant %s: %w", s.source, v.Name, err)
		}
	}
	return nil
}

// checkJob is an error unless a variant's job is one that the study's tables can hold.
func (s *Study) checkJob(v *Variant) error {
	if n := v.Job.Images; n != 0 {
		return fmt.Errorf("replay.images is %d, want 0: a study replays all test images", n)
	}
	if n, first := v.Job.Chip.Slicing().Count, s.Variants[0].Job.Chip.Slicing().Count; n != first && s.Fewest == nil {
		return fmt.Errorf("the chip cuts weights into %d slices, want the %d of variant %s, beside which it is tabulated", n, first, s.Variants[0].Name)
	}
	return s.checkResolutions(v)
}

// checkResolutions is an error unless the resolutions at which models are replayed are
// the study's and suit the variant's chip.
func (s *Study) checkResolutions(v *Variant) error {
	if own := v.Job.Chip.ADC.Layers; len(own) > 0 {
		return fmt.Errorf("adc.layers gives layer %s resolutions of its own, want none: models are replayed at one for each slice of the chip", own[0].Layer)
	}
	var given [][]int
	switch {
	case s.Accuracy != nil:
		given = s.Accuracy.Resolutions
	case s.Fewest != nil:
		for i, m := range s.Fewest.models {
			if v == &s.Variants[i] && len(m.bits) > 0 {
				given = append(given, m.bits)
			}
		}
	}
	for _, bits := range given {
		if n := v.Job.Chip.Slicing().Count; len(bits) != n {
			return fmt.Errorf("resolutions hold %v, want one for each of the %d slices of the variant's chip", bits, n)
		}
	}
	return nil
}

// Findings is what was measured of a study.
type Findings struct {
	Study  string
	Tables []report.Table
	// Charts are, of a study of models, the accuracy of the replayed test images over
	// the resolutions, for its plotted variants and its first way of driving inputs,
	// dashed with refitted affines; of a study of curves, the curves over each
	// quantity that methods are compared in.
	Charts []report.Lines
}

// SVG draws the first chart; nil where there is none.
func (f *Findings) SVG() ([]byte, error) {
	if len(f.Charts) == 0 {
		return nil, nil
	}
	return plot.Lines(f.Charts[0]).SVG()
}

// Measure measures a study, one after the other those of its parts. folder holds
// the checkpoints; "" takes the shipped ones.
func (s *Study) Measure(ctx context.Context, host pipeline.Host, folder string) ([]*Findings, error) {
	var all []*Findings
	for _, p := range s.Parts {
		found, err := p.Measure(ctx, host, folder)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	var found *Findings
	var err error
	switch {
	case s.Accuracy != nil:
		found, err = s.measureAccuracy(ctx, host, folder)
	case s.Curves != nil:
		found, err = s.measureCurves(ctx, host, folder)
	case s.Fewest != nil:
		found, err = s.measureFewest(ctx, host, folder)
	case s.Chips != nil:
		found, err = s.Chips.measureAll(ctx)
	default:
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("study %s: %w", s.source, err)
	}
	found.Study = s.Name
	return append(all, found), nil
}
