package train

import (
	"math"
	"testing"
)

// everyCode is a parameter that holds each code of the given bits with both
// signs, and the corner ±2^S, at S = −2.
func everyCode(bits int) *param {
	step := math.Ldexp(1, -2-bits)
	var values []float32
	for code := 0; code <= 1<<bits; code++ {
		values = append(values, float32(float64(code)*step), float32(-float64(code)*step))
	}
	p := newParam("p", len(values), bits, 1)
	copy(p.value, values)
	p.measure()
	p.quantize()
	return p
}

func TestBitSliceL1(t *testing.T) {
	tests := []struct {
		name           string
		bits, cellBits int
		weights        []int // of the slices, least significant first
		tops           []int // levels of the slices
	}{
		{"8 bits on cells of 2", 8, 2, []int{1, 4, 16, 64}, []int{4, 4, 4, 4}},
		{"7 bits on cells of 3, the top slice narrower", 7, 3, []int{1, 8, 64}, []int{8, 8, 2}},
		{"8 bits on cells of 8", 8, 8, []int{1}, []int{256}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := everyCode(tt.bits)
			if p.scale != -2 {
				t.Fatalf("S is %d, want -2", p.scale)
			}
			const alpha = 3.0 // already divided by P
			b := newBitSliceL1(alpha, tt.bits, tt.cellBits)
			b.addGradient(p, 0, len(p.value))
			sum := 0
			for i, got := range p.gradient {
				// Values come in pairs of one code; the last is the corner.
				code := min(i/2, 1<<tt.bits-1)
				gates := 0.0
				for k, weight := range tt.weights {
					digit := code / weight % tt.tops[k]
					sum += digit
					if digit != 0 {
						gates += 1 / float64(weight)
					}
				}
				want := alpha / float64(len(tt.weights)) * math.Pow(2, float64(tt.bits+2)) * gates
				if i%2 == 1 {
					want = -want
				}
				if math.Abs(float64(got)-want) > 1e-6*math.Abs(want) {
					t.Errorf("code %d, value %g: gradient is %g, want %g", code, p.value[i], got, want)
				}
			}
			want := alpha * float64(sum) / float64(len(tt.weights))
			if got := b.value(p); math.Abs(got-want) > 1e-9*want {
				t.Errorf("value is %g, want %g", got, want)
			}
		})
	}
}

// TestBitSliceL1Adds checks that the gradient is added to what is there, within
// the bounds only.
func TestBitSliceL1Adds(t *testing.T) {
	p := everyCode(8)
	for i := range p.gradient {
		p.gradient[i] = 1
	}
	// Code 1 (elements 2 and 3) alone: slice 0 pulls with 4/4·2^(8+2)·1 = 1024.
	newBitSliceL1(4, 8, 2).addGradient(p, 2, 4)
	for i, want := range []float32{1, 1, 1025, -1023, 1} {
		if p.gradient[i] != want {
			t.Errorf("element %d: gradient is %g, want %g", i, p.gradient[i], want)
		}
	}
}

func TestL1(t *testing.T) {
	p := newParam("p", 5, 8, 1)
	copy(p.value, []float32{-0.5, 0.25, 0, float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32})
	l := l1{strength: 0.5}
	l.addGradient(p, 0, 5)
	for i, want := range []float32{-0.5, 0.5, 0, 0, 0.5} {
		if p.gradient[i] != want {
			t.Errorf("value %g: gradient is %g, want %g", p.value[i], p.gradient[i], want)
		}
	}
	if got := l.value(p); math.Abs(got-0.375) > 1e-9 { // 0.5·(0.5 + 0.25)
		t.Errorf("value is %g, want 0.375", got)
	}
}

// TestDescent works out two steps of rate 0.1 and momentum 0.5:
// v = 0.5·0.5 + 2 = 2.25, w = 1 − 0.225 = 0.775;
// v = 0.5·2.25 − 1 = 0.125, w = 0.775 − 0.0125 = 0.7625.
func TestDescent(t *testing.T) {
	p := newParam("p", 1, 8, 1)
	p.value[0], p.velocity[0] = 1, 0.5
	for i, step := range []struct{ gradient, velocity, value float32 }{{2, 2.25, 0.775}, {-1, 0.125, 0.7625}} {
		p.gradient[0] = step.gradient
		p.update(descent{rate: 0.1, momentum: 0.5})
		if math.Abs(float64(p.value[0]-step.value)) > 1e-6 || p.velocity[0] != step.velocity {
			t.Errorf("step %d: value %g, velocity %g, want %g and %g", i+1, p.value[0], p.velocity[0], step.value, step.velocity)
		}
		if got := math.Float32frombits(p.largest); got != p.value[0] {
			t.Errorf("step %d: largest is %g, want %g", i+1, got, p.value[0])
		}
	}
}

func TestUpdateFindsLargest(t *testing.T) {
	// The first and last element of two chunks, and values that are not finite.
	n := chunk + 1
	tests := []struct {
		name   string
		at     int
		value  float32
		finite bool
	}{
		{"first", 0, -3, true},
		{"last of a chunk", chunk - 1, 3, true},
		{"first of the last chunk", chunk, -3, true},
		{"infinite", 5, float32(math.Inf(-1)), false},
		{"not a number", 5, float32(math.NaN()), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newParam("p", n, 8, 3)
			for i := range p.value {
				p.value[i] = 1
			}
			p.value[tt.at] = tt.value
			p.update(descent{rate: 0.1, momentum: 0.5})
			if p.finite() != tt.finite {
				t.Errorf("finite is %t, want %t", p.finite(), tt.finite)
			}
			if got := math.Float32frombits(p.largest); tt.finite && got != 3 {
				t.Errorf("largest is %g, want 3", got)
			}
		})
	}
}

func TestPrune(t *testing.T) {
	const threshold = 0.25
	p := newParam("p", 5, 8, 1)
	copy(p.value, []float32{0.25, -0.25, 0.2499, -0.2499, 0})
	p.prune(threshold)
	for i := range p.gradient {
		p.gradient[i] = 1
	}
	p.update(descent{rate: 0.5, momentum: 0.5})
	for i, want := range []float32{-0.25, -0.75, 0, 0, 0} {
		if p.value[i] != want {
			t.Errorf("value %d after a step: got %g, want %g", i, p.value[i], want)
		}
	}
}

// TestShuffle draws the order of three images in 6,000 epochs: each of the 6
// orders is expected 1,000 times with a standard deviation of 29.
func TestShuffle(t *testing.T) {
	counts := map[[3]int32]int{}
	for epoch := range 6000 {
		var order [3]int32
		shuffle(order[:], 1, Position{Phase: phaseFinetune, Epoch: epoch})
		counts[order]++
	}
	if len(counts) != 6 {
		t.Errorf("got %d different orders, want 6", len(counts))
	}
	for order, n := range counts {
		if n < 850 || n > 1150 {
			t.Errorf("order %v came %d times, want 850 to 1150", order, n)
		}
	}
}

func TestShuffleDependsOnItsArguments(t *testing.T) {
	draw := func(seed uint64, at Position) [64]int32 {
		var order [64]int32
		shuffle(order[:], seed, at)
		return order
	}
	base := draw(1, Position{})
	if base != draw(1, Position{Step: 5}) {
		t.Error("the order depends on the step, want it to be that of the epoch")
	}
	for name, other := range map[string][64]int32{
		"seed":  draw(2, Position{}),
		"phase": draw(1, Position{Phase: 1}),
		"epoch": draw(1, Position{Epoch: 1}),
	} {
		if other == base {
			t.Errorf("another %s gives the same order, want another", name)
		}
	}
}
