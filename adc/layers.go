package adc

import (
	"fmt"
	"slices"
	"strings"

	"bitline/internal/config"
)

// LayerBits are the resolutions of one layer's conversions, as Spec.Bits are those of
// all others'.
type LayerBits struct {
	Layer string
	Bits  []int // one for all slices, or one per slice, least significant first
}

// readLayers reads the table [adc.layers] of layers' names: conv1 = 8, fc = [5, 5, 5, 3].
func readLayers(t *config.Table) []LayerBits {
	var layers []LayerBits
	for _, name := range t.Keys() {
		if bits := readResolutions(t, name); len(bits) > 0 {
			layers = append(layers, LayerBits{name, bits})
		}
	}
	return layers
}

// readResolutions reads one resolution or a list of one per slice; none after a fault.
func readResolutions(t *config.Table, key string) []int {
	value, _ := t.Value(key)
	list, isList := value.([]any)
	if !isList {
		if b := t.Int(key, 0, 1, MaxBits); b > 0 {
			return []int{b}
		}
		return nil
	}
	if len(list) == 0 {
		t.Faultf(key, "is empty, want one resolution per slice")
	}
	return t.Ints(key, nil, 1, MaxBits)
}

// PerSlice is the resolution of each of n slices, least significant first, in layers
// that have none of their own. It is an error if the configuration lists another
// number of them.
func (s Spec) PerSlice(n int) ([]int, error) { return perSlice("adc.bits", s.Bits, n) }

func perSlice(key string, given []int, n int) ([]int, error) {
	switch len(given) {
	case 1:
		return slices.Repeat(given, n), nil
	case n:
		return slices.Clone(given), nil
	}
	return nil, fmt.Errorf("%s lists %d resolutions, want 1 or one per slice (%d)", key, len(given), n)
}

// PerLayer is the resolution of each of n slices in each of a network's layers. It is
// an error if the configuration names a layer that is none of them.
func (s Spec) PerLayer(layers []string, n int) ([][]int, error) {
	given, err := s.PerSlice(n)
	if err != nil {
		return nil, err
	}
	all := make([][]int, len(layers))
	for i := range all {
		all[i] = given
	}
	for _, own := range s.Layers {
		i := slices.Index(layers, own.Layer)
		if i < 0 {
			return nil, fmt.Errorf("adc.layers has a resolution of %q, want layers of the network that have weights: %s", own.Layer, strings.Join(layers, ", "))
		}
		if all[i], err = perSlice("adc.layers."+own.Layer, own.Bits, n); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// WithBits is the configuration with these resolutions for all layers.
func (s Spec) WithBits(bits []int) Spec {
	s.Auto, s.Bits, s.Layers = Given, bits, nil
	return s
}

// ByRule is the configuration with resolutions that a rule finds.
func (s Spec) ByRule(rule Auto, scope Scope) Spec {
	s.Auto, s.Scope, s.Bits, s.Layers = rule, scope, nil, nil
	return s
}

// Largest is the resolution that the converters of each of n slices must have: the
// largest of any layer.
func (s Spec) Largest(n int) ([]int, error) {
	most, err := s.PerSlice(n)
	if err != nil {
		return nil, err
	}
	for _, own := range s.Layers {
		bits, err := perSlice("adc.layers."+own.Layer, own.Bits, n)
		if err != nil {
			return nil, err
		}
		for i, b := range bits {
			most[i] = max(most[i], b)
		}
	}
	return most, nil
}
