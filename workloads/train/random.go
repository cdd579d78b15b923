package train

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// The second PCG seed of a stream: its purpose in the top byte, phase and epoch
// below.
const (
	initStream    = 1 << 56
	shuffleStream = 2 << 56
	augmentStream = 3 << 56
	dropoutStream = 4 << 56
)

// initialize draws weights and biases of the layers in order from
// U(−1/√in, 1/√in), as PyTorch's nn.Linear does.
func initialize(layers []*linear, seed uint64) {
	random := rand.NewPCG(seed, initStream)
	for _, l := range layers {
		bound := 1 / math.Sqrt(float64(l.in))
		for _, p := range l.params() {
			for i := range p.value {
				p.value[i] = float32((2*unit01(random) - 1) * bound)
			}
			p.measure()
		}
	}
}

// unit01 draws 0 ≤ u < 1.
func unit01(random *rand.PCG) float64 { return float64(random.Uint64()>>11) / (1 << 53) }

// shuffle sets order to a permutation of 0 … len−1 that depends on the seed, the
// phase and the epoch alone (Fisher and Yates, from the end).
func shuffle(order []int32, seed uint64, at Position) {
	random := rand.NewPCG(seed, shuffleStream|uint64(at.Phase)<<48|uint64(at.Epoch))
	for i := range order {
		order[i] = int32(i)
	}
	for i := len(order) - 1; i > 0; i-- {
		j := below(random, uint64(i)+1)
		order[i], order[j] = order[j], order[i]
	}
}

// below draws an unbiased number from 0 to n−1 (Lemire: arXiv 1805.10941).
func below(random *rand.PCG, n uint64) uint64 {
	high, low := bits.Mul64(random.Uint64(), n)
	if low < n {
		for reject := -n % n; low < reject; {
			high, low = bits.Mul64(random.Uint64(), n)
		}
	}
	return high
}
