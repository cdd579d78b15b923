package scheduler

import (
	"context"
	"math/big"
	"runtime"

	"bitline/workloads"
)

// Recalibrate refits one affine per output column of every layer, on calibration
// images, so that the accumulators which clipping converters give come as near as
// an affine can bring them to those without converters, in the least squares
// sense, and folds it into the layer's digital output stage. It trains nothing.
//
// Layers are fitted in order: a layer's inputs are those that the layers before
// it, already refitted, give. The fit is computed in exact fractions and rounded
// once, so it is the same on any processor.
func (r *Replayer) Recalibrate(ctx context.Context, bits [][]int, calibration workloads.Images) ([]workloads.Affine, error) {
	matrices, err := r.programAll(bits)
	if err != nil {
		return nil, err
	}
	workers := make([]*worker, runtime.GOMAXPROCS(0))
	for i := range workers {
		if workers[i], err = r.newWorker(matrices, bits); err != nil {
			return nil, err
		}
	}
	c := r.newCalibration(calibration)
	frac := workers[0].fraction()
	affines := make([]workloads.Affine, len(r.model.Layers))
	exact := r.model.Exact()
	for layer, l := range r.model.Layers {
		seen, want := newRows(c.images, l.Columns), newRows(c.images, l.Columns)
		err := eachImage(ctx, c.images, workers, nil, func(w *worker) func(int) {
			return func(i int) {
				w.mul(layer, seen[i], c.seen[i])
				exact(layer, want[i], c.want[i])
			}
		})
		if err != nil {
			return nil, err
		}
		affines[layer] = refit(l.Affine, seen, want, frac)
		c.advance(r.model, layer, calibrated{seen: seen, want: want, affine: affines[layer], frac: frac})
	}
	return affines, nil
}

// calibration is the current layer's inputs of every calibration image: as the
// refitted replay gives them, and without converters.
type calibration struct {
	images     int
	seen, want [][]int32
}

func (r *Replayer) newCalibration(images workloads.Images) *calibration {
	c := &calibration{images: images.Len()}
	for i := range c.images {
		x := make([]int32, r.model.Layers[0].Rows)
		workloads.EnterImage(x, images.Image(i))
		c.seen, c.want = append(c.seen, x), append(c.want, x)
	}
	return c
}

// calibrated is one layer's accumulators and its new output stage.
type calibrated struct {
	seen, want [][]int64
	affine     workloads.Affine
	frac       int
}

// advance turns a layer's accumulators into the next layer's inputs.
func (c *calibration) advance(m *workloads.Model, layer int, a calibrated) {
	columns := m.Layers[layer].Columns
	for i := range c.images {
		c.seen[i], c.want[i] = make([]int32, columns), make([]int32, columns)
		m.Activate(layer, c.seen[i], a.seen[i], workloads.Stage{Affine: a.affine, Fraction: a.frac, Wide: true})
		m.Activate(layer, c.want[i], a.want[i], workloads.Stage{Affine: m.Layers[layer].Affine})
	}
}

func newRows(n, width int) [][]int64 {
	rows := make([][]int64, n)
	for i := range rows {
		rows[i] = make([]int64, width)
	}
	return rows
}

// refit folds the least-squares line from seen (in units of 2^-frac) to want
// into an output stage.
func refit(a workloads.Affine, seen, want [][]int64, frac int) workloads.Affine {
	m, b := make([]*big.Rat, len(a.M)), make([]*big.Rat, len(a.M))
	for n := range a.M {
		slope, intercept := line(n, seen, want, frac)
		factor := new(big.Rat).SetInt64(a.M[n])
		m[n] = slope.Mul(slope, factor)
		b[n] = intercept.Mul(intercept, factor)
		b[n].Add(b[n], new(big.Rat).SetInt64(a.B[n]))
	}
	return a.Refit(m, b)
}

// line is the least-squares line want ≈ slope·seen + intercept of column n, with
// seen and want both in counts. Where seen does not vary the slope is 1.
func line(n int, seen, want [][]int64, frac int) (slope, intercept *big.Rat) {
	var sx, st, sxx, sxt, x, t, product big.Int
	for i := range seen {
		x.SetInt64(seen[i][n])
		t.SetInt64(want[i][n])
		t.Lsh(&t, uint(frac))
		sx.Add(&sx, &x)
		st.Add(&st, &t)
		sxx.Add(&sxx, product.Mul(&x, &x))
		sxt.Add(&sxt, product.Mul(&x, &t))
	}
	count := big.NewInt(int64(len(seen)))
	over := new(big.Int).Sub(new(big.Int).Mul(count, &sxt), new(big.Int).Mul(&sx, &st))
	under := new(big.Int).Sub(new(big.Int).Mul(count, &sxx), new(big.Int).Mul(&sx, &sx))
	slope = big.NewRat(1, 1)
	if under.Sign() != 0 {
		slope.SetFrac(over, under)
	}
	// intercept = (Σt − slope·Σx)/(count·2^frac)
	intercept = new(big.Rat).SetInt(&sx)
	intercept.Sub(new(big.Rat).SetInt(&st), intercept.Mul(intercept, slope))
	intercept.Quo(intercept, new(big.Rat).SetInt(count.Lsh(count, uint(frac))))
	return slope, intercept
}
