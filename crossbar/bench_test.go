package crossbar_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/internal/gemm"
)

// benchCase is a layer as networks have them, 8-bit differential in blocks of 128.
type benchCase struct {
	name   string
	bits   []int
	sparse bool
}

func benchCases() []benchCase {
	return []benchCase{
		{"dense/9b", []int{9, 9, 9, 9}, false},
		{"dense/5b", []int{5, 5, 5, 5}, false},
		{"sparse/3331b", []int{3, 3, 3, 1}, true},
	}
}

// benchCodes are dense weights, or ones with 10, 6, 2 and 0.5 % non-zero slices.
func benchCodes(r *rand.Rand, n int, sparse bool) []int32 {
	codes := make([]int32, n)
	for i := range codes {
		if !sparse {
			codes[i] = r.Int32N(511) - 255
			continue
		}
		for slice, share := range []float64{0.10, 0.06, 0.02, 0.005} {
			if r.Float64() < share {
				codes[i] |= (1 + r.Int32N(3)) << (2 * slice)
			}
		}
		if r.IntN(2) == 0 {
			codes[i] = -codes[i]
		}
	}
	return codes
}

// benchTile is a tile after a ReLU: half zeros, the rest exponential with mean 20.
func benchTile(r *rand.Rand, rows int) []int16 {
	x := make([]int16, rows*crossbar.TilePositions)
	for i := range x {
		if r.IntN(2) == 0 {
			x[i] = int16(math.Min(r.ExpFloat64()*20, 255))
		}
	}
	return x
}

// BenchmarkTile reports nanoseconds a position of a tile through the crossbars,
// beside the exact integer product and float32 products of the same shape.
func BenchmarkTile(b *testing.B) {
	for _, size := range [][2]int{{576, 64}, {144, 16}} {
		rows, columns := size[0], size[1]
		r := rand.New(rand.NewPCG(1, 0))
		x, y := benchTile(r, rows), make([]int64, columns*crossbar.TilePositions)
		shape := fmt.Sprintf("%dx%d", rows, columns)
		b.Run(shape+"/float32", func(b *testing.B) { benchFloat(b, rows, columns) })
		b.Run(shape+"/int", func(b *testing.B) {
			codes := make([]int16, rows*columns)
			for i, c := range benchCodes(r, rows*columns, false) {
				codes[i] = int16(c)
			}
			packed, scratch := gemm.PackInt(codes, rows, columns), new(gemm.IntScratch)
			for b.Loop() {
				packed.Mul(y, x, scratch)
			}
			perPosition(b)
		})
		for _, c := range benchCases() {
			m, _ := program(b, crossbar.Design{Wordlines: 128, CellBits: 2, DACBits: 1, Encoding: crossbar.DefaultEncoding()},
				crossbar.Weights{Rows: rows, Columns: columns, Codes: benchCodes(r, rows*columns, c.sparse)}, adc.DefaultSpec(), c.bits)
			for _, kernel := range crossbar.KernelNames() {
				b.Run(shape+"/"+c.name+"/"+kernel, func(b *testing.B) {
					t, err := m.NewTileRunnerOn(kernel, adc.DefaultSpec(), c.bits, crossbar.Clips)
					if err != nil {
						b.Fatal(err)
					}
					for b.Loop() {
						t.MVM(y, x, crossbar.TilePositions)
					}
					perPosition(b)
				})
			}
		}
	}
}

// BenchmarkSums reports nanoseconds a position of layers as ResNet-20 has them at
// both levels of statistics, and of a Runner, which takes one position at a time.
func BenchmarkSums(b *testing.B) {
	for _, size := range [][2]int{{144, 16}, {288, 32}, {576, 64}} {
		rows, columns := size[0], size[1]
		r := rand.New(rand.NewPCG(1, 0))
		x, y := benchTile(r, rows), make([]int64, columns*crossbar.TilePositions)
		for _, c := range benchCases() {
			m, slow := program(b, crossbar.Design{Wordlines: 128, CellBits: 2, DACBits: 1, Encoding: crossbar.DefaultEncoding()},
				crossbar.Weights{Rows: rows, Columns: columns, Codes: benchCodes(r, rows*columns, c.sparse)}, adc.DefaultSpec(), c.bits)
			name := fmt.Sprintf("%dx%d/%s", rows, columns, c.name)
			for _, kernel := range crossbar.KernelNames() {
				for _, level := range []crossbar.Level{crossbar.Clips, crossbar.Sums} {
					b.Run(fmt.Sprintf("%s/%s/%s", name, level, kernel), func(b *testing.B) {
						t, err := m.NewTileRunnerOn(kernel, adc.DefaultSpec(), c.bits, level)
						if err != nil {
							b.Fatal(err)
						}
						for b.Loop() {
							t.MVM(y, x, crossbar.TilePositions)
						}
						perPosition(b)
					})
				}
			}
			b.Run(name+"/sums/runner", func(b *testing.B) {
				in := make([]int32, rows)
				for b.Loop() {
					for p := range crossbar.TilePositions {
						for k := range in {
							in[k] = int32(x[k*crossbar.TilePositions+p])
						}
						slow.MVM(y[:columns], in)
					}
				}
				perPosition(b)
			})
		}
	}
}

// benchFloat multiplies weights (columns × rows) by a planar tile.
func benchFloat(b *testing.B, rows, columns int) {
	w := gemm.Dense(make([]float32, rows*columns), columns, rows)
	x := gemm.Dense(make([]float32, rows*crossbar.TilePositions), rows, crossbar.TilePositions)
	y := gemm.Dense(make([]float32, columns*crossbar.TilePositions), columns, crossbar.TilePositions)
	g := gemm.New(1)
	for b.Loop() {
		g.Mul(y, w, x)
	}
	perPosition(b)
}

func perPosition(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/crossbar.TilePositions, "ns/position")
}

// BenchmarkSetup is the time to program a layer as VGG-11 has them, and to
// prepare tiles for it and a second goroutine's.
func BenchmarkSetup(b *testing.B) {
	const rows, columns = 4608, 512
	d := crossbar.Design{Wordlines: 128, CellBits: 2, DACBits: 1, Encoding: crossbar.DefaultEncoding()}
	for _, c := range benchCases() {
		w := crossbar.Weights{Rows: rows, Columns: columns, Codes: benchCodes(rand.New(rand.NewPCG(1, 0)), rows*columns, c.sparse)}
		b.Run(c.name+"/program", func(b *testing.B) {
			for b.Loop() {
				program(b, d, w, adc.DefaultSpec(), c.bits)
			}
		})
		m, _ := program(b, d, w, adc.DefaultSpec(), c.bits)
		r, err := m.NewTileRunner(adc.DefaultSpec(), c.bits, crossbar.TileOptions{}) // lays out the exact product as well
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name+"/runner", func(b *testing.B) {
			for b.Loop() {
				if _, err := m.NewTileRunner(adc.DefaultSpec(), c.bits, crossbar.TileOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/fork", func(b *testing.B) {
			for b.Loop() {
				r.Fork()
			}
		})
	}
}
