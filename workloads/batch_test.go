package workloads

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// finishes computes what is left of a batch, one layer after the other.
func finishes(e *Executor, b *Batch, layer int) []int {
	for ; layer < e.Steps(); layer++ {
		e.Step(b, layer)
	}
	return e.Classes(b)
}

// A batch that branches at any layer, in two by different output stages, ends on
// each branch as it does on its own, whatever is computed in between in the memory
// that branches have given back; so does the batch itself afterwards.
func TestBranch(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	parted := 0
	for range 12 {
		n := randomNetwork(r)
		m := randomWeights(r, n)
		exact := m.Exact()
		for _, frac := range []int{0, 16} {
			mul := func(layer int, y []int64, x []int16, positions int) {
				exact(layer, y, x, positions)
				for i := range y {
					y[i] <<= frac
				}
			}
			images, others := randomImages(r, n.Input, 6), randomImages(r, n.Input, 8)
			e := m.NewExecutor(mul, Options{Fraction: frac, Batch: 8})
			want := slices.Clone(e.Classify(images))
			for layer := range e.Steps() {
				matrix, ok := e.Matrix(layer)
				if !ok {
					continue
				}
				changed := m.Affines()
				changed[matrix].M = slices.Clone(changed[matrix].M)
				for i := range changed[matrix].M {
					changed[matrix].M[i] *= -1
				}
				wantChanged := m.NewExecutor(mul, Options{Fraction: frac, Affines: changed, Batch: 8}).Classify(images)
				if !slices.Equal(want, wantChanged) {
					parted++
				}
				b := e.Begin(images)
				for l := range layer {
					e.Step(b, l)
				}
				one, two := b.Branch(), b.Branch()
				e.StepAll(layer, []Stage{{one, m.Layers[matrix].Affine}, {two, changed[matrix]}})
				if got := finishes(e, one, layer+1); !slices.Equal(got, want) {
					t.Fatalf("%v, branch at layer %d: classes %v, want %v", n, layer, got, want)
				}
				e.Release(one)
				e.Classify(others)
				if got := finishes(e, two, layer+1); !slices.Equal(got, wantChanged) {
					t.Fatalf("%v, branch at layer %d with another stage: classes %v, want %v", n, layer, got, wantChanged)
				}
				e.Release(two)
				e.Classify(others)
				if got := finishes(e, b, layer); !slices.Equal(got, want) {
					t.Fatalf("%v, after branches at layer %d: classes %v, want %v", n, layer, got, want)
				}
				e.Release(b)
			}
		}
	}
	if parted < 20 {
		t.Errorf("other stages gave other classes %d times, so the test shows little", parted)
	}
}

// A batch that ended gives its memory to the next: nothing grows, and what it
// branched from keeps its own.
func TestReleaseReuses(t *testing.T) {
	m := randomModel(rand.New(rand.NewPCG(33, 34)), 9, 7, 5, 3)
	e := m.NewExecutor(m.Exact(), Options{Batch: 4})
	images := randomImages(rand.New(rand.NewPCG(35, 36)), m.Network.Input, 4)
	free := func() [2]int { return [2]int{len(e.memory.codes.free), len(e.memory.sums.free)} }
	round := func() {
		b := e.Begin(images)
		e.Step(b, 0)
		c := b.Branch()
		finishes(e, c, 1)
		e.Release(c)
		if b.codes[1] == nil || c.codes[1] != nil {
			t.Error("releasing a branch takes what it branched from, or leaves its own")
		}
		e.Release(b)
	}
	round()
	// The images' memory, in which the second layer's outputs were later, that of
	// the first layer's, and the last sums.
	want := [2]int{2, 1}
	if got := free(); got != want {
		t.Errorf("%d codes and sums are free, want %d", got, want)
	}
	round()
	if got := free(); got != want {
		t.Errorf("%d codes and sums are free after a second round, want %d", got, want)
	}
}

// A perceptron of 6 inputs, and of 4, 3 and 2 outputs: codes of 2 bytes of the
// layer's input alone. In the residual network, layer 2 (3×3×2 codes of layer 0,
// which both take) has the shortcut's 18 outputs besides, of 16 bytes before
// rounding.
func TestLiveBytes(t *testing.T) {
	chain := randomModel(rand.New(rand.NewPCG(37, 38)), 6, 4, 3, 2)
	if got, want := chain.LiveBytes(), []int{12, 8, 6}; !slices.Equal(got, want) {
		t.Errorf("a chain has %v bytes an image, want %v", got, want)
	}
	residual := &Model{Network: &Network{Input: Shape{3, 3, 2}, Layers: []Layer{
		{Name: "a", Kind: Conv, Outputs: 2, Kernel: 1, Stride: 1},
		{Name: "s", Kind: Conv, Outputs: 2, Kernel: 1, Stride: 1, Residual: true},
		{Name: "b", Kind: Conv, Outputs: 2, Kernel: 1, Stride: 1, Input: "a", Add: "s"},
		{Name: "fc", Kind: Linear, Outputs: 2},
	}}}
	if got, want := residual.LiveBytes(), []int{36, 36, 36 + 18*16, 36}; !slices.Equal(got, want) {
		t.Errorf("a residual network has %v bytes an image, want %v", got, want)
	}
}
