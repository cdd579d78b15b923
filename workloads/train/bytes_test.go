package train

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"bitline/internal/gemm"
)

// TestPerceptronBytes holds the training of chains of linear layers to the bytes
// by which the shipped checkpoints came about.
func TestPerceptronBytes(t *testing.T) {
	if gemm.KernelClass() != gemm.ClassFMA {
		t.Skip("the bytes are those of the kernels with fused multiply-adds")
	}
	data := digits(t)
	trainer := newTestTrainer(t, quick(), chain(data.Train.Shape, 32, 10), data)
	run(t, trainer)
	m, err := trainer.Model()
	if err != nil {
		t.Fatal(err)
	}
	const want = "9b786c72fb0402cbd4d9d8b1f86ca13cfa7214a232cf1baa865e12902f9664b5"
	if got := fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%v", m.Layers))); got != want {
		t.Errorf("the integers' sum is %s, want %s", got, want)
	}
}
