package scheduler

import (
	"context"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/workloads"
)

// The table that a search finds keeps its promise, is not above the observed one,
// and no entry of it can be lowered further.
func TestSearchBits(t *testing.T) {
	model, images := smallModel(t, 8)
	chip := replayChip(crossbar.DefaultEncoding())
	chip.ADC.Auto, chip.ADC.Budget = adc.LossBudget, 0.1
	r, err := NewReplayer(chip, model)
	if err != nil {
		t.Fatal(err)
	}
	labelled(t, r, images)
	accuracy := func(bits [][]int) float64 {
		replay, err := r.Run(context.Background(), images, Plan{Bits: bits}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return replay.Accuracy()
	}
	bits, err := r.Bits(context.Background(), images)
	if err != nil {
		t.Fatal(err)
	}
	if got := accuracy(bits); got < 0.9 {
		t.Errorf("accuracy is %g at %v, want at least 0.9", got, bits)
	}
	chip.ADC.Auto = adc.Observed
	observed, err := r.Bits(context.Background(), images)
	if err != nil {
		t.Fatal(err)
	}
	lowered := 0
	for i := range bits {
		for k := range bits[i] {
			lowered += observed[i][k] - bits[i][k]
			if bits[i][k] > observed[i][k] {
				t.Errorf("layer %d, slice %d has %d bits, %d suffice", i, k, bits[i][k], observed[i][k])
			}
			if bits[i][k] == 1 {
				continue
			}
			bits[i][k]--
			if got := accuracy(bits); got >= 0.9 {
				t.Errorf("layer %d, slice %d can still be lowered to %d: accuracy %g", i, k, bits[i][k], got)
			}
			bits[i][k]++
		}
	}
	if lowered == 0 {
		t.Errorf("nothing was lowered from %v", observed)
	}
}

// A search that begins at the layer that changed, and gives up early, finds what
// one finds that replays every table from the images on.
func TestSearchEqualsSlowSearch(t *testing.T) {
	residual := func(t *testing.T, _ int) (*workloads.Model, workloads.Images) { return residualModel(t) }
	for _, c := range []struct {
		name        string
		model       func(*testing.T, int) (*workloads.Model, workloads.Images)
		recalibrate adc.Recalibration
		budget      float64
		scope       adc.Scope
	}{
		{"perceptron", perceptron, adc.NoRecalibration, 0.03, adc.PerLayer},
		{"perceptron, refitted", perceptron, adc.AffineRecalibration, 0.02, adc.PerLayer},
		{"convolutions", residual, adc.NoRecalibration, 0.1, adc.PerLayer},
		{"convolutions, refitted", residual, adc.AffineRecalibration, 0.1, adc.PerLayer},
		{"convolutions of one table", residual, adc.NoRecalibration, 0.1, adc.WholeChip},
		{"convolutions of one table, refitted", residual, adc.AffineRecalibration, 0.1, adc.WholeChip},
	} {
		t.Run(c.name, func(t *testing.T) {
			model, images := c.model(t, 8)
			images = images.Slice(0, 60)
			chip := replayChip(crossbar.DefaultEncoding())
			chip.ADC.Auto, chip.ADC.Budget, chip.ADC.Recalibrate, chip.ADC.Scope = adc.LossBudget, c.budget, c.recalibrate, c.scope
			r, err := NewReplayer(chip, model)
			if err != nil {
				t.Fatal(err)
			}
			labelled(t, r, images)
			want := slowSearch(t, r, images)
			for processors, room := range map[int]int{1: 0, 2: 1 << 16, 3: keepBudget} {
				old := runtime.GOMAXPROCS(processors)
				got, err := r.searchBits(context.Background(), images, room)
				runtime.GOMAXPROCS(old)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("with room for %d bytes on %d processors: %v, want %v", room, processors, got, want)
				}
			}
		})
	}
}

// With one resolution for each slice of a chip, every rule gives all layers the
// largest that any needs.
func TestBitsOfTheWholeChip(t *testing.T) {
	model, images := residualModel(t)
	for _, rule := range []adc.Auto{adc.WorstCase, adc.Observed} {
		chip := replayChip(crossbar.DefaultEncoding())
		chip.ADC.Auto = rule
		bits := func(scope adc.Scope) [][]int {
			chip.ADC.Scope = scope
			r, err := NewReplayer(chip, model)
			if err != nil {
				t.Fatal(err)
			}
			bits, err := r.Bits(t.Context(), images)
			if err != nil {
				t.Fatal(err)
			}
			return bits
		}
		want, got := bits(adc.PerLayer), bits(adc.WholeChip)
		largest, same := slices.Clone(want[0]), true
		for _, layer := range want {
			for k, b := range layer {
				same = same && b == want[0][k]
				largest[k] = max(largest[k], b)
			}
		}
		if same {
			t.Errorf("%s: all layers need %v, so the test shows nothing", rule, want[0])
		}
		for i := range got {
			if !slices.Equal(got[i], largest) {
				t.Errorf("%s: layer %d has %v, want the largest of each slice, %v", rule, i, got[i], largest)
			}
		}
	}
}

// perceptron is smallModel without offsets, so that its classes depend on images.
func perceptron(t *testing.T, bits int) (*workloads.Model, workloads.Images) {
	t.Helper()
	model, images := smallModel(t, bits)
	for _, l := range model.Layers {
		clear(l.Affine.B)
	}
	return model, images
}

// slowSearch is the greedy descent without memory: every table is replayed whole.
func slowSearch(t testing.TB, r *Replayer, images workloads.Images) [][]int {
	t.Helper()
	ctx := context.Background()
	accuracy := func(plan Plan) (*Replay, float64) {
		replay, err := r.Run(ctx, images, plan, nil)
		if err != nil {
			t.Fatal(err)
		}
		return replay, replay.Accuracy()
	}
	worst, err := r.WorstCaseBits()
	if err != nil {
		t.Fatal(err)
	}
	seen, floor := accuracy(Plan{Bits: worst})
	floor -= r.chip.ADC.Budget
	s := search{replayer: r, bits: r.observedBits(seen)}
	var all []int
	for i, l := range seen.Layers {
		all = append(all, i)
		for k, slice := range l.Stats.Slices {
			s.open = append(s.open, entry{layers: []int{i}, slice: k, conversions: slice.Conversions()})
		}
	}
	if r.chip.ADC.Scope == adc.WholeChip { // a slice of all layers is one entry
		s.open = nil
		for k := range seen.Layers[0].Stats.Slices {
			e := entry{layers: all, slice: k}
			for _, l := range seen.Layers {
				e.conversions += l.Stats.Slices[k].Conversions()
			}
			s.open = append(s.open, e)
		}
	}
	tried, kept := 0, 0
	for {
		best, err := s.next()
		if err != nil {
			t.Fatal(err)
		}
		if best < 0 {
			break
		}
		e := s.open[best]
		for _, l := range e.layers {
			s.bits[l][e.slice]--
		}
		plan := Plan{Bits: s.bits, Statistics: crossbar.Clips}
		if r.chip.ADC.Recalibrate == adc.AffineRecalibration {
			if plan.Affines, err = r.Recalibrate(ctx, s.bits, images); err != nil {
				t.Fatal(err)
			}
		}
		tried++
		if _, got := accuracy(plan); got < floor {
			for _, l := range e.layers {
				s.bits[l][e.slice]++
			}
			s.open = slices.Delete(s.open, best, best+1)
			continue
		}
		kept++
	}
	if kept == 0 || kept == tried {
		t.Errorf("%d of %d lower entries were kept, so the test shows little", kept, tried)
	}
	return s.bits
}

// Batches are kept before the first layer and before the last matrices that there
// is room for.
func TestKeepBatches(t *testing.T) {
	model, images := residualModel(t)
	r, err := NewReplayer(replayChip(crossbar.DefaultEncoding(), 4), model)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.newCrew(slices.Repeat([][]int{{4, 4, 4, 4}}, 6), crossbar.Clips)
	if err != nil {
		t.Fatal(err)
	}
	// 10 images, twice: of those that stay and those that may replace them. Before
	// fc (layer 7) an image has 4 codes of 2 bytes; before c3 (4) the 4×3×4 = 48 of
	// c2b, which it takes and adds; images are 7·6·2 = 84.
	const fc, c3, image = 20 * 8, 20 * 96, 20 * 168
	for _, tt := range []struct {
		name string
		room int
		want []int
	}{
		{"none", 0, []int{0}},
		{"one byte short", image + fc - 1, []int{0}},
		{"the last", image + fc, []int{0, 7}},
		{"the last two", image + fc + c3, []int{0, 4, 7}},
		{"all", 1 << 20, []int{0, 1, 2, 3, 4, 7}}, // 5 and 6 are pools
	} {
		f := r.newCourse(c, images.Slice(0, 10), false)
		f.keepBatches(tt.room)
		var got []int
		for layer, keep := range f.keeps {
			if keep {
				got = append(got, layer)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: batches are kept before layers %v, want %v", tt.name, got, tt.want)
		}
	}
}

// labelled gives every image the class that the network sees in it.
func labelled(t testing.TB, r *Replayer, images workloads.Images) {
	t.Helper()
	worst, err := r.WorstCaseBits()
	if err != nil {
		t.Fatal(err)
	}
	replay, err := r.Run(context.Background(), images, Plan{Bits: worst}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, class := range replay.Classes {
		images.Labels[i] = uint8(class)
	}
}
