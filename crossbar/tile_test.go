package crossbar_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/gemm"
)

// TestTilePositions keeps the two packages that share tiles in step.
func TestTilePositions(t *testing.T) {
	if crossbar.TilePositions != gemm.TilePositions {
		t.Errorf("a tile has %d positions, in gemm %d", crossbar.TilePositions, gemm.TilePositions)
	}
}

// tile fills positions of a tile with the generator's inputs and with copies of
// them that differ in one row, and the rest with numbers that must not matter. It
// returns the vectors as well.
func (g generator) tile(w *twin, positions int) (x []int16, vectors [][]int32) {
	x = make([]int16, w.weights.Rows*crossbar.TilePositions)
	for i := range x {
		x[i] = int16(g.pick(1 << 16))
	}
	kinds := g.inputs(w)
	for p := range positions {
		v := slices.Clone(kinds[g.pick(len(kinds))])
		if p < len(kinds) {
			v = slices.Clone(kinds[p])
		} else {
			v[g.pick(len(v))] = kinds[4][g.pick(len(v))] // a dense input's
			if w.weights.Zero != nil {
				v = kinds[g.pick(len(kinds))] // rows differ in what they may hold
			}
		}
		for k := range v {
			v[k] = min(max(v[k], math.MinInt16), math.MaxInt16)
			x[k*crossbar.TilePositions+p] = int16(v[k])
		}
		vectors = append(vectors, v)
	}
	return x, vectors
}

// lowBits gives some of a twin's converters so few bits that they clip.
func (g generator) lowBits(w *twin) *twin {
	for i := range w.bits {
		if g.pick(3) > 0 {
			w.bits[i] = 2 + g.pick(6) - g.pick(2)
			if w.analog() {
				w.bits[i] = max(w.bits[i], 2)
			}
		}
	}
	return newTwin(w.design, w.weights, w.spec, w.bits)
}

// tileCase is a way to compute tiles.
type tileCase struct {
	kernel string
	level  crossbar.Level
	*crossbar.TileRunner
}

// compareTile runs tiles of the given positions through every kernel at every
// level of statistics and through a Runner, and the first vectors through the twin.
func compareTile(tb testing.TB, g generator, w *twin, positions ...int) {
	tb.Helper()
	m, r := program(tb, w.design, w.weights, w.spec, w.bits)
	var tiles []tileCase
	for _, kernel := range crossbar.KernelNames() {
		for _, level := range []crossbar.Level{crossbar.Clips, crossbar.Sums} {
			tr, err := m.NewTileRunnerOn(kernel, w.spec, w.bits, level)
			if err != nil {
				tb.Fatal(err)
			}
			if tr.IsFast() != (w.spec.Range == adc.Unit) {
				tb.Fatalf("%v\nlevel %s: fast is %t", w, level, tr.IsFast())
			}
			tiles = append(tiles, tileCase{kernel, level, tr})
		}
	}
	want, got := make([]int64, m.Columns()), make([]int64, m.Columns())
	for _, n := range positions {
		x, vectors := g.tile(w, n)
		y := make([][]int64, len(tiles))
		for i, tr := range tiles {
			y[i] = make([]int64, m.Columns()*crossbar.TilePositions)
			tr.MVM(y[i], x, n)
		}
		for p, v := range vectors {
			r.MVM(want, v)
			if p < 7 {
				if twin := w.mvm(v); !slices.Equal(want, twin) {
					tb.Fatalf("%v\nrunner %d, want %d", w, want, twin)
				}
			}
			for i, tile := range tiles {
				for c := range got {
					got[c] = y[i][c*crossbar.TilePositions+p]
				}
				if !slices.Equal(got, want) {
					tb.Fatalf("%v\n%s, %s: position %d of %d, input %v\ngot  %d\nwant %d", w, tile.kernel, tile.level, p, n, v, got, want)
				}
			}
		}
	}
	compareTileStats(tb, w, r, tiles)
}

// compareTileStats compares what tile runners counted with what a Runner did.
func compareTileStats(tb testing.TB, w *twin, r *crossbar.Runner, tiles []tileCase) {
	tb.Helper()
	certificate, conversions := r.Certificate(r.Stats()), int64(0)
	for _, s := range r.Stats().Slices {
		for _, n := range s.Histogram {
			conversions += n
		}
	}
	if certificate.Conversions != conversions {
		tb.Fatalf("%v\n%d conversions, want %d: the histograms' sum", w, certificate.Conversions, conversions)
	}
	for _, tile := range tiles {
		want := r.Stats()
		for i := range want.Slices {
			if tile.level == crossbar.Clips {
				want.Slices[i].Histogram = nil
			}
		}
		got := tile.Stats()
		if !reflect.DeepEqual(got, want) {
			tb.Fatalf("%v\n%s, %s: statistics\n%+v\nwant\n%+v", w, tile.kernel, tile.level, got, want)
		}
		if got := tile.Certificate(got); got != certificate {
			tb.Fatalf("%v\n%s, %s: certificate %+v, want %+v", w, tile.kernel, tile.level, got, certificate)
		}
	}
}

// TestTileAgainstRunner visits every encoding, input sign and range.
func TestTileAgainstRunner(t *testing.T) {
	cases := 10
	if testing.Short() {
		cases = 2
	}
	for _, signed := range encodings() {
		for _, sign := range inputSigns() {
			for _, rangeOf := range []adc.Range{adc.Unit, adc.Full, adc.Calibrated} {
				t.Run(fmt.Sprintf("%s/%s/%s", signed, sign, rangeOf), func(t *testing.T) {
					n := cases
					if rangeOf != adc.Unit {
						n = 1
					}
					for seed := range n {
						g := seeded(uint64(seed))
						s := g.anyShape()
						s.encoding, s.inputSign, s.rangeOf = signed, sign, rangeOf
						compareTile(t, g, g.lowBits(g.twin(s)), 1+g.pick(crossbar.TilePositions), 1+g.pick(70), crossbar.TilePositions)
					}
				})
			}
		}
	}
}

// TestTileEdges visits sizes of tiles and blocks on both sides of a word.
func TestTileEdges(t *testing.T) {
	for _, positions := range []int{1, 2, 63, 64, 65, 511, 512} {
		for i, signed := range encodings() {
			g := seeded(uint64(positions))
			s := shape{wordlines: []int{1, 3, 128}, blocks: 2, columns: 3, weightBits: 8, inputBits: 8,
				encoding: signed, inputSign: inputSigns()[i%3], rangeOf: adc.Unit, zeroAllowed: true}
			compareTile(t, g, g.lowBits(g.twin(s)), positions)
		}
	}
}

// TestTileRectified promises that nothing is negative, with zero points in none, one or
// two of three blocks, or without any.
func TestTileRectified(t *testing.T) {
	for _, signed := range encodings() {
		for zeroed := -1; zeroed < 3; zeroed++ {
			g := seeded(uint64(zeroed))
			g.rectified = true
			s := shape{wordlines: []int{20}, blocks: 1, columns: 4, weightBits: 8, inputBits: 8,
				encoding: signed, inputSign: crossbar.SignSplit, rangeOf: adc.Unit}
			w := g.twin(s)
			w.weights.Rows = 50
			w.weights.Codes = g.codes(w.design.Encoding, 50*w.weights.Columns)
			w.weights.Rectified = true
			if zeroed >= 0 {
				w.weights.Zero = make([]int32, 50)
			}
			for k := range 20 * max(zeroed, 0) {
				w.weights.Zero[k] = int32(1 + g.pick(100))
			}
			compareTile(t, g, g.lowBits(w), 1, 100, crossbar.TilePositions)
		}
	}
}

// TestTileWideBlocks visits cells of 4 bits under digits of 2 in tall blocks: sums
// of 17 bits, against converters of 1 to 16.
func TestTileWideBlocks(t *testing.T) {
	for bits := 2; bits <= 16; bits += 7 {
		for _, signed := range encodings() {
			g := seeded(uint64(bits))
			d := crossbar.Design{Wordlines: 2000, CellBits: 4, DACBits: 2, Encoding: crossbar.Encoding{
				WeightBits: 7, InputBits: 5, InputSign: crossbar.Unsigned, Signed: signed, UnitLevel: 1, UnitADC: crossbar.Shared,
			}}
			if signed == crossbar.OffsetFlip {
				d.FlipBits = []int{14, bits}
			}
			w := crossbar.Weights{Rows: 2100, Columns: 2, Codes: g.codes(d.Encoding, 4200)}
			compareTile(t, g, newTwin(d, w, adc.Spec{Range: adc.Unit}, []int{bits, min(bits+1, 16)}), 9)
		}
	}
}

// FuzzTileMVM compares a case that the knobs choose, the seed where they end.
func FuzzTileMVM(f *testing.F) {
	for i := range byte(15) { // every encoding and input sign
		f.Add(uint64(i), []byte{i % 5, i / 5, 0})
	}
	f.Add(uint64(1), []byte{0, 0, 0, 7, 1, 0, 6, 6}) // 128 wordlines of 2-bit cells, 1-bit digits
	f.Add(uint64(2), []byte{4, 2, 0, 4, 2, 1, 5, 0}) // two's complement of 2 bits with 2-bit drivers
	f.Fuzz(func(t *testing.T, seed uint64, knobs []byte) {
		g := seeded(seed)
		random := g.pick
		g.pick = func(n int) int {
			if len(knobs) == 0 {
				return random(n)
			}
			k := int(knobs[0])
			knobs = knobs[1:]
			return k % n
		}
		w := g.lowBits(g.twin(g.anyShape()))
		compareTile(t, g, w, 1+g.pick(30), 1+g.pick(crossbar.TilePositions))
	})
}

// TestTileAllocatesNothing keeps garbage out of replays.
func TestTileAllocatesNothing(t *testing.T) {
	for _, signed := range encodings() {
		g := seeded(3)
		s := g.anyShape()
		s.encoding, s.rangeOf = signed, adc.Unit
		w := g.lowBits(g.twin(s))
		m, _ := program(t, w.design, w.weights, w.spec, w.bits)
		x, _ := g.tile(w, 100)
		y := make([]int64, m.Columns()*crossbar.TilePositions)
		for _, kernel := range crossbar.KernelNames() {
			for _, level := range []crossbar.Level{crossbar.Clips, crossbar.Sums} {
				r, err := m.NewTileRunnerOn(kernel, w.spec, w.bits, level)
				if err != nil {
					t.Fatal(err)
				}
				if n := testing.AllocsPerRun(5, func() { r.MVM(y, x, 100) }); n != 0 {
					t.Errorf("%s, %s, %s: a tile allocates %g times, want 0", signed, kernel, level, n)
				}
			}
		}
	}
}

// TestClipsWithoutSums says honestly that sums are not known.
func TestClipsWithoutSums(t *testing.T) {
	_, w := smallTwin(1, crossbar.Differential, adc.Unit)
	m, r := program(t, w.design, w.weights, w.spec, w.bits)
	tr, err := m.NewTileRunner(w.spec, w.bits, crossbar.TileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	clips, sums := tr.Stats(), r.Stats()
	if clips.Slices[0].HasSums() || !sums.Slices[0].HasSums() {
		t.Errorf("sums are known: %t of clips, %t of sums, want only the latter", clips.Slices[0].HasSums(), sums.Slices[0].HasSums())
	}
	if sums.Add(clips); sums.Slices[0].HasSums() {
		t.Error("sums are known of a total of which part counted none")
	}
	defer func() {
		if got, want := recover(), "crossbar: largest sum of statistics that counted clips alone"; got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
	}()
	clips.Slices[0].MaxSum()
}

// TestTileLevel refuses a level that does not exist.
func TestTileLevel(t *testing.T) {
	_, w := smallTwin(1, crossbar.Differential, adc.Unit)
	m, _ := program(t, w.design, w.weights, w.spec, w.bits)
	_, err := m.NewTileRunner(w.spec, w.bits, crossbar.TileOptions{Statistics: "all"})
	want := `statistics level is "all", want "clips" or "sums"`
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestTilePanics treats wrong lengths and positions as the caller's bug.
func TestTilePanics(t *testing.T) {
	_, w := smallTwin(1, crossbar.Differential, adc.Unit)
	m, _ := program(t, w.design, w.weights, w.spec, w.bits)
	r, err := m.NewTileRunner(w.spec, w.bits, crossbar.TileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, y := make([]int16, m.Rows()*crossbar.TilePositions), make([]int64, m.Columns()*crossbar.TilePositions)
	const lengths = "crossbar: MVM of a tile wants a full tile of inputs and of outputs"
	const range512 = "crossbar: MVM of a tile wants 1 to 512 positions"
	cases := []struct {
		name string
		call func()
		want string
	}{
		{"short input", func() { r.MVM(y, x[1:], 1) }, lengths},
		{"short output", func() { r.MVM(y[1:], x, 1) }, lengths},
		{"no position", func() { r.MVM(y, x, 0) }, range512},
		{"513 positions", func() { r.MVM(y, x, 513) }, range512},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				if got := recover(); got != c.want {
					t.Errorf("panic %v, want %q", got, c.want)
				}
			}()
			c.call()
		})
	}
}

// TestTileUnitColumn clips unit columns of both levels, read by the top slice's
// converter.
func TestTileUnitColumn(t *testing.T) {
	for _, signed := range []crossbar.Signed{crossbar.OffsetUnitColumn, crossbar.OffsetFlip} {
		for level := 1; level <= 2; level++ {
			if signed == crossbar.OffsetFlip && level == 2 {
				continue // its unit column counts the inputs
			}
			for _, sign := range inputSigns() {
				for dac := 1; dac <= 2; dac++ {
					g := seeded(uint64(dac))
					d := crossbar.Design{Wordlines: 20, CellBits: 2, DACBits: dac, Encoding: crossbar.Encoding{
						WeightBits: 5, InputBits: 5, InputSign: sign, Signed: signed, UnitLevel: level, UnitADC: crossbar.Shared,
					}}
					if signed == crossbar.OffsetFlip {
						d.FlipBits = []int{4, 4, 4}
					}
					w := newTwin(d, crossbar.Weights{Rows: 50, Columns: 3, Codes: g.codes(d.Encoding, 150)},
						adc.Spec{Range: adc.Unit}, []int{4, 4, 3})
					compareTile(t, g, w, 100)
					if w.seen.unitClipped == 0 {
						t.Errorf("%s, level %d, %s: no unit column clipped", signed, level, sign)
					}
				}
			}
		}
	}
}

// TestTileFork holds two forks, one made after products, to runners of their own
// while both work at once.
func TestTileFork(t *testing.T) {
	for _, signed := range encodings() {
		for _, rangeOf := range []adc.Range{adc.Unit, adc.Full} {
			t.Run(fmt.Sprintf("%s/%s", signed, rangeOf), func(t *testing.T) {
				g, w := smallTwin(5, signed, rangeOf)
				m, _ := program(t, w.design, w.weights, w.spec, w.bits)
				newRunner := func() *crossbar.TileRunner {
					r, err := m.NewTileRunner(w.spec, w.bits, crossbar.TileOptions{})
					if err != nil {
						t.Fatal(err)
					}
					return r
				}
				first := newRunner()
				forks := []*crossbar.TileRunner{first.Fork(), nil, first}
				x, _ := g.tile(w, 60)
				first.MVM(make([]int64, m.Columns()*crossbar.TilePositions), x, 60)
				forks[1] = first.Fork()
				before := first.Stats()

				var wait sync.WaitGroup
				seen := make([][]int64, len(forks))
				tiles := make([][]int16, len(forks))
				for i, f := range forks {
					tiles[i], _ = g.tile(w, 40+i)
					seen[i] = make([]int64, m.Columns()*crossbar.TilePositions)
					wait.Go(func() {
						for range 3 {
							f.MVM(seen[i], tiles[i], 40+i)
						}
					})
				}
				wait.Wait()
				for i, f := range forks {
					own, want := newRunner(), make([]int64, m.Columns()*crossbar.TilePositions)
					for range 3 {
						own.MVM(want, tiles[i], 40+i)
					}
					for n := range m.Columns() {
						if at := n * crossbar.TilePositions; !slices.Equal(seen[i][at:at+40+i], want[at:at+40+i]) {
							t.Errorf("fork %d: column %d differs from that of a runner of its own", i, n)
						}
					}
					stats := own.Stats()
					if f == first {
						stats.Add(before)
					}
					if got := f.Stats(); !reflect.DeepEqual(got, stats) {
						t.Errorf("fork %d: statistics\n%+v\nwant\n%+v", i, got, stats)
					}
					if got, want := f.Certificate(f.Stats()), own.Certificate(stats); got != want {
						t.Errorf("fork %d: certificate %+v, want %+v", i, got, want)
					}
				}
			})
		}
	}
}

// TestForkKeepsLevel keeps the statistics of a fork those that were asked for.
func TestForkKeepsLevel(t *testing.T) {
	_, w := smallTwin(1, crossbar.Differential, adc.Unit)
	m, _ := program(t, w.design, w.weights, w.spec, w.bits)
	for _, level := range []crossbar.Level{crossbar.Clips, crossbar.Sums} {
		r, err := m.NewTileRunner(w.spec, w.bits, crossbar.TileOptions{Statistics: level})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := r.Fork().Stats().Slices[0].HasSums(), level == crossbar.Sums; got != want {
			t.Errorf("%s: sums are known of a fork: %t, want %t", level, got, want)
		}
	}
}
