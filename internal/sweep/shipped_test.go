package sweep

import (
	"testing"

	"bitline/configs"
	"bitline/internal/config"
	"bitline/internal/pipeline"
)

// Every shipped sweep is read, has the points that its comments promise, and loads
// at the first, the last and some points between.
func TestShippedSweeps(t *testing.T) {
	want := map[string]int{
		"adc-sharing":     3 * 9 * 6,
		"wordlines-cells": 5 * 4 * 10,
		"isaac-space":     1058, // counted in four plain loops by TestISAACSpace
	}
	for _, name := range (config.Source{Embedded: configs.Files(), Kind: "sweeps"}).Names() {
		p, err := Read(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if p.Name != name || len(p.Pareto) == 0 || p.Len() != want[name] {
			t.Errorf("%s: name %s, %d points, pareto %v, want %d points and sets of figures", name, p.Name, p.Len(), p.Pareto, want[name])
		}
		loaded := 0
		for i := 0; i < p.Len(); i += max(1, (p.Len()-1)/8) {
			point := p.Point(i)
			if _, err := pipeline.LoadJob(p.Job, point.Sets); err != nil {
				t.Errorf("%s, point %d, %v: %v", name, i, point.Settings, err)
				continue
			}
			loaded++
		}
		if loaded < 8 {
			t.Errorf("%s: %d points load, want at least 8", name, loaded)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("no shipped sweeps %v", want)
	}
}

// The constraints of the shipped design space against loops.
func TestISAACSpace(t *testing.T) {
	p, err := Read("isaac-space")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, size := range []int{32, 64, 128, 256} {
		for _, crossbars := range []int{4, 6, 8, 12, 16, 24, 32} {
			for _, converters := range []int{1, 2, 4, 8, 16, 32} {
				for imas := 4; imas <= 24; imas++ {
					cells := size * size * crossbars * imas
					if converters <= crossbars && cells >= 600000 && cells <= 6291456 {
						count++
					}
				}
			}
		}
	}
	if p.Len() != count {
		t.Errorf("%d points, want %d", p.Len(), count)
	}
}
